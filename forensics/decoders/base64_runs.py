"""Finds audio, archives and documents wrapped as base64, hex or uuencode in text, JSON, forms, XML and HTML."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import LimitReached
from forensics.formats.dense_runs import find_dense
from forensics.formats.spelled_bytes import find_spelled
from forensics.formats.text_encoding import encoding_of
from forensics.formats.wrapped_runs import find_wrapped
from forensics.model import Artifact, Part

SEARCHED_BYTES = 256 << 20
_APPLICATION_TEXT = ("json", "ndjson", "xml", "x-subrip", "javascript", "postscript")


class Base64Runs(Decoder):
    """Any text; mail has its own decoder, which looks into the bodies."""

    def accepts(self, artifact: Artifact) -> bool:
        """Every textual type of some size."""
        kind = artifact.media_type
        is_text = kind.startswith("text/") or kind.endswith(_APPLICATION_TEXT)
        return is_text and not artifact.is_view and artifact.content.size >= 350

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield what was wrapped; what decodes to nothing known is passed over."""
        data = artifact.content.pread(SEARCHED_BYTES, 0)
        encoding = encoding_of(data[: 1 << 16]) or ""
        if encoding.startswith(("utf-16", "utf-32")):
            data = data.decode(encoding, "replace").encode("ascii", "replace")
        for wrapped in chain(find_wrapped(data), find_spelled(data), find_dense(data)):
            budget.check_time()
            budget.take_bytes(len(wrapped.data))
            yield Part(name=wrapped.name, content=Content.of(wrapped.data))
        if artifact.content.size > SEARCHED_BYTES:
            raise LimitReached(f"only the first {SEARCHED_BYTES >> 20} MiB were searched for wrapped content")
