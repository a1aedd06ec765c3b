"""Opens LZMA files of the time before xz, which have no magic number: damaged ones as far as they go."""

from __future__ import annotations

import lzma
from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.formats.packed_streams import LZMA_MEMORY_BYTES, Unpacking, Unwrap, packed_parts, unpacked_name
from forensics.model import Artifact, Part

_ENDINGS = {".tlz": ".tar", ".lzma": ""}
_NO_OTHER = b"none follows"


class LzmaAlone(Decoder):
    """One compressed file; libarchive knows only the usual properties."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type == "application/x-lzma"

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the unpacked file."""
        unpacking = Unpacking(artifact.content, _NO_OTHER, _engine)
        name = unpacked_name(artifact.name, _ENDINGS)
        yield from packed_parts(unpacking, artifact.content, name, budget.spool)


def _engine() -> Unwrap:
    return Unwrap(lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=LZMA_MEMORY_BYTES))
