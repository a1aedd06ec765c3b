"""Opens plain text in any common encoding as one UTF-8 view."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.formats.text_encoding import encoding_of
from forensics.formats.text_parts import limited_view
from forensics.model import Artifact, Part

_TYPES = frozenset(("text/plain", "image/svg+xml", "application/postscript"))


class PlainText(Decoder):
    """Text without a structure of its own."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so; other text types have decoders of their own."""
        return not artifact.is_view and artifact.media_type in _TYPES

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the text as body."""
        encoding = encoding_of(artifact.content.head(1 << 16)) or "utf-8"
        yield from limited_view("body", _pieces(artifact, encoding), "body", budget.limits.text_mib << 20)


def _pieces(artifact: Artifact, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in artifact.content.chunks():
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)
