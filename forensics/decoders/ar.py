"""Opens ar archives, Debian packages among them, through libarchive."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.formats.archive_entries import read_entries
from forensics.formats.archive_parts import archive_parts
from forensics.model import Artifact, Part


class Ar(Decoder):
    """ar archives, of BSD, GNU and System V."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type in (
            "application/x-archive",
            "application/x-unix-archive",
            "application/vnd.debian.binary-package",
        )

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the files in archive order."""
        yield from archive_parts(read_entries(artifact.content, ("ar",)), budget.spool, budget.check_time)
