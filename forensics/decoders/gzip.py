"""Opens gzip files (RFC 1952): many streams in a row, damaged ones as far as they go, bytes after the end."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from forensics.decoders.base import Budget, Decoder
from forensics.formats.packed_streams import GZIP, Inflate, Unpacking, packed_parts, unpacked_name
from forensics.model import Artifact, Part

_ENDINGS = {".tgz": ".tar", ".taz": ".tar", ".svgz": ".svg", ".gz": "", ".gzip": "", ".z": ""}


class Gzip(Decoder):
    """One compressed file; an archive inside is opened by its own decoder."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type == "application/gzip"

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the unpacked file."""
        unpacking = Unpacking(artifact.content, b"\x1f\x8b", partial(Inflate, GZIP))
        name = unpacked_name(artifact.name, _ENDINGS)
        yield from packed_parts(unpacking, artifact.content, name, budget.spool)
