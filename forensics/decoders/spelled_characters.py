"""Opens string tables and other plain text in which letters are spelled by their numbers: what a reader would see."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.formats.spelled_characters import is_spelled, unspelled
from forensics.formats.text_encoding import decode_text
from forensics.formats.text_parts import limited_view
from forensics.model import Artifact, Part

HEAD_BYTES = 1 << 16


class SpelledCharacters(Decoder):
    """Beside the text as it stands, which is read as any other: properties of Java, strings of Apple, source code."""

    def accepts(self, artifact: Artifact) -> bool:
        """Plain text with several such characters among its first."""
        if artifact.is_view or artifact.media_type != "text/plain":
            return False
        head = artifact.content.head(HEAD_BYTES)
        has_marks = any(mark in head for mark in (b"\\", b"&#"))
        return has_marks and is_spelled(decode_text(head) or "", artifact.name)

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the text as it is meant."""
        limit = budget.limits.text_mib << 20
        text = decode_text(artifact.content.pread(limit, 0)) or ""
        yield from limited_view("body", iter((unspelled(text),)), "body", limit)
