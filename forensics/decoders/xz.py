"""Opens xz files: many streams in a row, damaged ones as far as they go, bytes after the end."""

from __future__ import annotations

import lzma
from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.formats.packed_streams import LZMA_MEMORY_BYTES, Unpacking, Unwrap, packed_parts, unpacked_name
from forensics.model import Artifact, Part

_ENDINGS = {".txz": ".tar", ".xz": ""}


class Xz(Decoder):
    """One compressed file; an archive inside is opened by its own decoder."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type == "application/x-xz"

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the unpacked file."""
        unpacking = Unpacking(artifact.content, b"\xfd7zXZ\x00", _engine)
        name = unpacked_name(artifact.name, _ENDINGS)
        yield from packed_parts(unpacking, artifact.content, name, budget.spool)


def _engine() -> Unwrap:
    return Unwrap(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY_BYTES))
