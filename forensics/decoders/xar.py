"""Opens xar archives, macOS packages among them, through libarchive."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.formats.archive_entries import read_entries
from forensics.formats.archive_parts import archive_parts
from forensics.model import Artifact, Part


class Xar(Decoder):
    """xar archives."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type in ("application/x-xar",)

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the files in archive order."""
        yield from archive_parts(read_entries(artifact.content, ("xar",)), budget.spool, budget.check_time)
