"""A stretch of speech and what became of it, and files of many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Logs = NDArray[np.float16]

LEAST_CLEAN, LEAST_CHANGED = 70, 64
"""Frames below which a pair is not learnt from."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Log band powers, shape (frames, BANDS), before and after; `tempo` is that of `changed` over that of `clean`.

    `clean` begins at frame `first` of source number `source`, unless that was played at another speed first.
    """

    clean: Logs
    changed: Logs
    tempo: float
    source: int
    first: int
    is_revoiced: bool


def save(path: Path, pairs: Iterable[Pair]) -> int:
    """Write pairs to a file; returns how many."""
    kept = list(pairs)
    said = [(len(p.clean), len(p.changed), p.source, p.first, p.is_revoiced) for p in kept]
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        clean=np.concatenate([pair.clean for pair in kept]),
        changed=np.concatenate([pair.changed for pair in kept]),
        tempos=np.array([pair.tempo for pair in kept]),
        said=np.array(said, np.int64),
    )
    return len(kept)


def load(paths: Iterable[Path]) -> list[Pair]:
    """The pairs of some files that are long enough to learn from."""
    kept = [pair for path in paths for pair in _load(path)]
    return [pair for pair in kept if len(pair.clean) >= LEAST_CLEAN and len(pair.changed) >= LEAST_CHANGED]


def _load(path: Path) -> list[Pair]:
    with np.load(path, allow_pickle=False) as file:
        clean, changed, tempos, said = (file[name] for name in ("clean", "changed", "tempos", "said"))
    cleans = np.split(clean, np.cumsum(said[:-1, 0]))
    others = np.split(changed, np.cumsum(said[:-1, 1]))
    return [
        Pair(one, other, tempo, source, first, bool(is_revoiced))
        for one, other, tempo, (_, _, source, first, is_revoiced) in zip(
            cleans, others, tempos.tolist(), said.tolist(), strict=True
        )
    ]
