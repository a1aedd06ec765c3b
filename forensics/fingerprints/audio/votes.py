"""Candidates: registered clips whose codes are near the recording's along one line of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.codes import STEP
from forensics.fingerprints.audio.hearing import Hearing
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.network import STRIDE, Values, pack

RADIUS = 20
"""Bits of 64 by which a code may differ and still vote."""
EVERY = 2
"""Outputs between those that look for votes: 40 ms."""
BIN = 10
"""Outputs of offset that vote together, with the next bin: 5 % of speed drift over 4 s stays inside."""
FLIPS = 4
"""Bits of a key that are tried both ways: those the encoder is least sure of."""
OUTPUTS_PER_CODE = STEP // STRIDE


@dataclass(frozen=True, slots=True)
class Candidate:
    """A clip that may be in the recording: its output `clip_at` near output `at` of the hearing."""

    segment: int
    ordinal: int
    at: float
    clip_at: float
    votes: float

    @property
    def offset(self) -> float:
        """Where the clip would begin in the hearing, in outputs."""
        return self.at - self.clip_at


def candidates(index: AudioIndex, hearing: Hearing, *, most: int) -> list[Candidate]:
    """Up to `most` candidates, strongest first, each place of a clip once."""
    at = np.flatnonzero(hearing.is_usable[::EVERY]) * EVERY
    if not len(at):
        return []
    soft = hearing.soft[at]
    found = [
        candidate for number in range(len(index.segments)) for candidate in _of_segment(index, number, (soft, at), most)
    ]
    return sorted(found, key=lambda each: -each.votes)[:most]


def _of_segment(index: AudioIndex, number: int, heard: tuple[Values, NDArray[np.int64]], most: int) -> list[Candidate]:
    segment, (soft, at) = index.segments[number], heard
    keys = probes(soft, segment.key_bits)
    width = keys.shape[1]
    rows, numbers, distances = segment.near(keys.ravel(), np.repeat(pack(soft), width), radius=RADIUS)
    ordinals, positions = segment.locate(numbers)
    kept = index.is_live(number, ordinals)
    if not kept.any():
        return []
    ordinals, places = ordinals[kept], positions[kept] * OUTPUTS_PER_CODE
    here, weights = at[rows[kept] // width], RADIUS + 1.0 - distances[kept]
    bins = ((here - places) // BIN).astype(np.int64)
    lowest, span = int(bins.min()), int(bins.max() - bins.min()) + 2
    keys, where = np.unique(ordinals * span + (bins - lowest), return_inverse=True)
    sums = np.stack([np.bincount(where, weights * each) for each in (1.0, here, places)])
    has_next = np.flatnonzero(np.diff(keys) == 1)
    joined = sums.copy()
    joined[:, has_next] += sums[:, has_next + 1]
    chosen: list[Candidate] = []
    for i in np.argsort(-joined[0], kind="stable")[: 4 * most].tolist():
        votes, clip_at = float(joined[0, i]), joined[2, i] / joined[0, i]
        new = Candidate(number, int(keys[i] // span), joined[1, i] / joined[0, i], clip_at, votes)
        if all(new.ordinal != one.ordinal or abs(new.offset - one.offset) > 2 * BIN for one in chosen):
            chosen.append(new)
        if len(chosen) == most:
            break
    return chosen


def probes(soft: Values, key_bits: int) -> NDArray[np.uint64]:
    """Keys worth looking up for each output: its own, and those with unsure bits turned. Shape (outputs, keys)."""
    unsure = np.argpartition(np.abs(soft[:, :key_bits]), FLIPS, axis=1)[:, :FLIPS].astype(np.uint64)
    masks = np.uint64(1) << unsure
    keys = pack(soft)[:, None]
    for flip in range(FLIPS):
        keys = np.concatenate([keys, keys ^ masks[:, flip : flip + 1]], axis=1)
    return keys
