"""Opens bare zlib and Deflate streams (RFC 1950, 1951): objects of git, app caches, what was carved of other files."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from forensics.decoders.base import Budget, Decoder
from forensics.formats.deflate_streams import BARE, WRAPPED, is_stream
from forensics.formats.packed_streams import Inflate, Unpacking, packed_parts, unpacked_name
from forensics.model import Artifact, Part

_TYPE, _UNKNOWN = "application/zlib", "application/octet-stream"
_PROBE_BYTES = 1 << 14
_ENDINGS = {".zlib": "", ".zz": "", ".z": ""}


class ZlibStream(Decoder):
    """One stream; unknown bytes that unpack as bare Deflate for a while are taken for one."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so, or the beginning unpacks."""
        if artifact.is_view:
            return False
        is_unknown = artifact.media_type == _UNKNOWN
        return artifact.media_type == _TYPE or (is_unknown and is_stream(artifact.content.head(_PROBE_BYTES), BARE))

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield what was packed."""
        form = WRAPPED if artifact.media_type == _TYPE else BARE
        unpacking = Unpacking(artifact.content, artifact.content.head(2), partial(Inflate, form))
        yield from packed_parts(unpacking, artifact.content, unpacked_name(artifact.name, _ENDINGS), budget.spool)
