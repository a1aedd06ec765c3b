"""Candidates: registered clips whose codes are near the recording's along one line of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.codes import STEP, Codes
from forensics.fingerprints.audio.index import AudioIndex

RADIUS = 18
"""Bits of 64 by which a code may differ and still vote; one unrelated code in a thousand does."""
STRIDE = 4
"""Frames between the codes of the recording that look for votes: 40 ms."""
BLOCK = 3000
"""Frames searched at a time: 30 s."""
BIN = 20
"""Frames of offset that vote together, with the next bin: 5 % of speed drift over 4 s stays inside."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A clip that may be in the recording: frame `clip_frame` of it near frame `frame` of the recording."""

    clip: int
    frame: float
    clip_frame: float
    votes: float

    @property
    def offset(self) -> float:
        """Where the clip would begin in the recording, in frames."""
        return self.frame - self.clip_frame


def candidates(index: AudioIndex, codes: Codes, *, most: int) -> list[Candidate]:
    """Up to `most` candidates for each half minute of the recording, strongest first, each place of a clip once.

    `codes` are those of every frame of the recording.
    """
    found: list[Candidate] = []
    for first in range(0, len(codes), BLOCK):
        block = np.arange(first, min(first + BLOCK, len(codes)), STRIDE)
        found += _of_block(index, codes, block[codes.is_usable[block]], most)
    return _distinct(found)


def _of_block(index: AudioIndex, codes: Codes, frames: NDArray[np.int64], most: int) -> list[Candidate]:
    queries, numbers, distances = index.near(codes.values[frames], radius=RADIUS)
    if not len(queries):
        return []
    at = frames[queries].astype(np.float64)
    clips, positions = index.locate(numbers)
    weights = RADIUS + 1.0 - distances
    bins = ((at - positions * STEP) // BIN).astype(np.int64)
    lowest, width = int(bins.min()), int(bins.max() - bins.min()) + 2
    keys, where = np.unique(clips * width + (bins - lowest), return_inverse=True)
    sums = np.stack([np.bincount(where, weights * each) for each in (1.0, at, positions * STEP)])
    has_next = np.flatnonzero(np.diff(keys) == 1)
    joined = sums.copy()
    joined[:, has_next] += sums[:, has_next + 1]
    order = np.argsort(-joined[0], kind="stable")[: 4 * most]
    chosen = [
        Candidate(int(keys[i] // width), joined[1, i] / joined[0, i], joined[2, i] / joined[0, i], float(joined[0, i]))
        for i in order
    ]
    return _distinct(chosen)[:most]


def _distinct(found: list[Candidate]) -> list[Candidate]:
    """Leave out weaker candidates for the same place of the same clip."""
    kept: list[Candidate] = []
    for candidate in sorted(found, key=lambda each: -each.votes):
        if all(candidate.clip != one.clip or abs(candidate.offset - one.offset) > 2 * BIN for one in kept):
            kept.append(candidate)
    return kept
