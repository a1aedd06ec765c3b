"""Finds audio, archives and documents spelled as base64, hex or otherwise in text, JSON, forms, XML and HTML."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import LimitReached
from forensics.formats.spelled_content import LEAST_TEXT, find_content
from forensics.model import Artifact, Part

SEARCHED_BYTES = 256 << 20
_APPLICATION_TEXT = ("json", "ndjson", "xml", "x-subrip", "javascript", "postscript")


class Base64Runs(Decoder):
    """Any text; mail has its own decoder, which looks into the bodies."""

    def accepts(self, artifact: Artifact) -> bool:
        """Every textual type of some size."""
        kind = artifact.media_type
        is_text = kind.startswith("text/") or kind.endswith(_APPLICATION_TEXT)
        return is_text and not artifact.is_view and artifact.content.size >= LEAST_TEXT

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield what was wrapped; what decodes to nothing known is passed over."""
        data = artifact.content.pread(SEARCHED_BYTES, 0)
        for wrapped in find_content(data):
            budget.check_time()
            budget.take_bytes(len(wrapped.data))
            yield Part(name=wrapped.name, content=Content.of(wrapped.data))
        if artifact.content.size > SEARCHED_BYTES:
            raise LimitReached(f"only the first {SEARCHED_BYTES >> 20} MiB were searched for wrapped content")
