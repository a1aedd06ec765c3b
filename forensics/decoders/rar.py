"""Opens RAR 4 and RAR 5 archives, through libarchive."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.formats.archive_entries import read_entries
from forensics.formats.archive_parts import archive_parts
from forensics.formats.archive_unlocking import refusal_of, unlocked_entries
from forensics.formats.rar_lock import FORMATS, unlocked_rar
from forensics.formats.rar_members import what_lacks, with_checksums
from forensics.model import Artifact, Part


class Rar(Decoder):
    """RAR archives; encrypted members are named, single volumes of sets end in what they hold."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type in ("application/vnd.rar",)

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the files in archive order."""
        content = artifact.content
        unlocked = unlocked_rar(content, budget.passwords, budget.check_time)
        if unlocked is not None:
            entries = unlocked_entries(content, unlocked, FORMATS, with_checksums)
        else:
            entries = with_checksums(read_entries(content, FORMATS), content)
        yield from archive_parts(
            entries,
            budget.spool,
            budget.check_time,
            refusal=refusal_of(content, budget.passwords),
            problem=what_lacks(content),
        )
