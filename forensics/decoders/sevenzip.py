"""Opens 7z archives, through libarchive."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.formats.archive_entries import read_entries
from forensics.formats.archive_parts import archive_parts
from forensics.formats.sevenzip_checksums import with_checksums
from forensics.model import Artifact, Part


class SevenZip(Decoder):
    """7z archives; encrypted members are named."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type in ("application/x-7z-compressed",)

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the files in archive order."""
        entries = with_checksums(read_entries(artifact.content, ("7zip",)), artifact.content)
        yield from archive_parts(entries, budget.spool, budget.check_time)
