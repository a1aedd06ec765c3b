"""What a reader of evidence wants opened beside it; nothing is opened here, so that plain reading begins soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What may be opened: files, what still lies where it was seen, unsealed content, kept waveforms."""

    files: Sequence[Path] = ()
    is_drawn: bool = False
    unsealed: Sequence[tuple[Path, Path, Path]] = ()
    reference_key: Path | None = None

    @property
    def is_any(self) -> bool:
        """Say whether anything is to be opened at all."""
        return bool(self.files or self.is_drawn or self.unsealed or self.reference_key)

    @property
    def words(self) -> str:
        """What is to be opened, for the log: at most a few names."""
        named = [
            *(["what left where it still lies"] if self.is_drawn else []),
            *(str(path) for path in self.files[:MOST_NAMED]),
            *([f"{len(self.files) - MOST_NAMED} more"] if len(self.files) > MOST_NAMED else []),
            *(f"unsealed by {request.name}" for request, *_ in self.unsealed[:MOST_NAMED]),
            *(["kept waveforms"] if self.reference_key else []),
        ]
        return ", ".join(named)
