"""Opens the rarer single-file compressions (zstd, lz4, lzip, compress), through libarchive."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.errors import Malformed
from forensics.formats.archive_entries import read_entries
from forensics.formats.packed_streams import unpacked_name
from forensics.formats.zstd_frames import zstd_end
from forensics.model import Artifact, Part

_FILTERS = {
    "application/zstd": "zstd",
    "application/x-lz4": "lz4",
    "application/x-lzip": "lzip",
    "application/x-compress": "compress",
}
_ENDINGS = {".tzst": ".tar", ".tlz": ".tar", ".zst": "", ".lz4": "", ".lz": "", ".z": ""}


class Compressed(Decoder):
    """One compressed file in a format the standard library does not read."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type in _FILTERS

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the unpacked file, then what follows the last zstd frame."""
        content = artifact.content
        spool = budget.spool()
        problem = ""
        is_zstd = artifact.media_type == "application/zstd"
        end = zstd_end(content) if is_zstd else content.size
        try:
            for entry in read_entries(content, ("raw",), compression=_FILTERS[artifact.media_type], end=end):
                for chunk in entry.chunks:
                    spool.write(chunk)
        except Malformed as error:
            problem = str(error)
        if spool.size or not problem:
            yield Part(name=unpacked_name(artifact.name, _ENDINGS), content=spool.close())
        if 0 < end < content.size:
            rest = budget.collect(content.pread(1 << 20, at) for at in range(end, content.size, 1 << 20))
            yield Part(name=f"trailing@{end}", content=rest)
        if problem:
            raise Malformed(problem)
