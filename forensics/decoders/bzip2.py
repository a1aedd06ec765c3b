"""Opens bzip2 files: many streams in a row, damaged ones as far as they go, bytes after the end."""

from __future__ import annotations

import bz2
from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.formats.packed_streams import Unpacking, Unwrap, packed_parts, unpacked_name
from forensics.model import Artifact, Part

_ENDINGS = {".tbz2": ".tar", ".tbz": ".tar", ".bz2": "", ".bz": ""}


class Bzip2(Decoder):
    """One compressed file; an archive inside is opened by its own decoder."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type == "application/x-bzip2"

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the unpacked file."""
        unpacking = Unpacking(artifact.content, b"BZh", lambda: Unwrap(bz2.BZ2Decompressor()))
        name = unpacked_name(artifact.name, _ENDINGS)
        yield from packed_parts(unpacking, artifact.content, name, budget.spool)
