"""Verification: lay a clip along the recording at every speed and shift near a candidate, and find the best run.

The similarity of two codes counts standard deviations above what each has with unrelated sounds (a cohort shipped
with the projection), so that hums, steady vowels and music, which are like everything, gain nothing. The best line
is the one with the largest sum of similarity minus TOLL over any run of its codes: unrelated audio drifts down by
the toll, the same recording climbs as long as it lasts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.codes import BITS, STEP, Codes, model
from forensics.fingerprints.audio.features import PATCH_FRAMES
from forensics.fingerprints.audio.votes import Candidate

TOLL = 1.7
"""Standard deviations a code must be similar to gain."""
COARSE_SPEEDS = 1 + np.arange(-12, 13, 2) / 100
COARSE_SHIFTS = np.arange(-24.0, 25.0, 3.0)
FINE_SPEEDS = np.arange(-2.0, 2.01, 0.25) / 100
FINE_SHIFTS = np.arange(-4.0, 4.01, 1.0)
WANDER_SHIFTS = np.arange(-12, 13)
WANDER_CODES = 13
"""Codes (half a second) over which the local shift is measured."""
PROMISING = 15.0
"""Climb of the coarse line below which a fine one is not looked for."""
_LEAST_SPREAD = 3.5


@dataclass(frozen=True, slots=True)
class Normalised:
    """Codes with the mean and spread of their agreement with unrelated sounds."""

    codes: Codes
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Alignment:
    """A run of a clip along the recording; frames are of 10 ms.

    `positions` are the clip's code numbers in the run, `at` the recording's frames they fall on, `similarity` how
    similar they are there (0 where the recording is silent or over); `climb` is the run's sum of similarity minus
    TOLL. `line` is the similarity of the whole clip, run or not.
    """

    clip: int
    climb: float
    frame: float
    clip_frame: float
    frames: float
    speed: float
    positions: NDArray[np.int64]
    at: NDArray[np.int64]
    similarity: NDArray[np.float32]
    line: NDArray[np.float32]


def normalise(codes: Codes) -> Normalised:
    """Measure codes against the background."""
    background = model().background
    mean = np.zeros(len(codes), dtype=np.float32)
    spread = np.ones(len(codes), dtype=np.float32)
    for first in range(0, len(codes), 256):
        block = slice(first, first + 256)
        agreement = (BITS - np.bitwise_count(codes.values[block, None] ^ background)).astype(np.uint16)
        mean[block] = agreement.sum(axis=1, dtype=np.uint32) / len(background)
        squares = (agreement * agreement).sum(axis=1, dtype=np.uint32) / len(background)
        spread[block] = np.sqrt(np.maximum(squares - mean[block] ** 2, 0))
    return Normalised(codes, mean, np.maximum(spread, _LEAST_SPREAD))


def similarity(
    recording: Normalised, clip: Normalised, at: NDArray[np.int64], positions: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Similarity of the recording's frames `at` (any shape ending like `positions`) and the clip's codes; 0 outside."""
    if not len(recording.codes):
        return np.zeros(at.shape, dtype=np.float32)
    inside = np.clip(at, 0, len(recording.codes) - 1)
    is_comparable = (inside == at) & recording.codes.is_usable[inside]
    agreement = BITS - np.bitwise_count(recording.codes.values[inside] ^ clip.codes.values[positions])
    own = (agreement - clip.mean[positions]) / clip.spread[positions]
    other = (agreement - recording.mean[inside]) / recording.spread[inside]
    return np.where(is_comparable, (own + other) / 2, 0.0).astype(np.float32)


def align(recording: Normalised, clip: Normalised, candidate: Candidate) -> Alignment | None:
    """The best run near a candidate: over the whole range of speeds first, then finely around the best."""
    coarse = _Lines(recording, clip, candidate.clip_frame, candidate.frame + COARSE_SHIFTS, COARSE_SPEEDS)
    line = coarse.best_line()
    if line is None or coarse.tops[line] < PROMISING:
        return coarse.alignment(candidate.clip)
    frames, speeds = coarse.frames[line] + FINE_SHIFTS, coarse.speeds[line] + FINE_SPEEDS
    return _Lines(recording, clip, candidate.clip_frame, frames, speeds).alignment(candidate.clip)


def wander(recording: Normalised, clip: Normalised, run: Alignment) -> float:
    """How far the best local shift strays from the line, root mean square in frames of 10 ms.

    The same recording stays on the line even in noise; another take of the same words strays with every syllable.
    """
    shifted = similarity(recording, clip, run.at + WANDER_SHIFTS[:, None], run.positions)
    sums = np.cumsum(np.pad(shifted, ((0, 0), (1, 0))), axis=1)
    width = min(WANDER_CODES, shifted.shape[1])
    local = sums[:, width:] - sums[:, :-width]
    return float(np.sqrt(np.mean(WANDER_SHIFTS[np.argmax(local, axis=0)] ** 2.0)))


class _Lines:
    """Every line through a set of frames and speeds: arrays have shape (lines, usable codes of the clip)."""

    def __init__(
        self,
        recording: Normalised,
        clip: Normalised,
        centre: float,
        frames: NDArray[np.float64],
        speeds: NDArray[np.float64],
    ) -> None:
        self.speeds = np.repeat(speeds, len(frames))
        self.frames = np.tile(frames, len(speeds))
        self._positions = np.flatnonzero(clip.codes.is_usable)
        there = self.frames[:, None] + (self._positions * STEP - centre) / self.speeds[:, None]
        self._at = np.rint(there).astype(np.int64)
        self._similarity = similarity(recording, clip, self._at, self._positions)
        gain = np.where(self._similarity == 0, 0, self._similarity - np.float32(TOLL))
        self._heights = np.pad(np.cumsum(gain, axis=1), ((0, 0), (1, 0)))
        self._rise = self._heights - np.minimum.accumulate(self._heights, axis=1)
        self.tops = self._rise.max(axis=1)

    def best_line(self) -> int | None:
        """The line with the highest climb; on a plateau the one in its middle. None when none climbs."""
        highest = float(self.tops.max())
        if highest <= 0:
            return None
        near = np.flatnonzero(self.tops >= highest * 0.995)
        frames, speeds = self.frames[near], self.speeds[near]
        distance = np.abs(frames - frames.mean()) + np.abs(speeds - speeds.mean()) * 400
        return int(near[np.argmin(distance)])

    def alignment(self, clip: int) -> Alignment | None:
        """The best line's best run."""
        line = self.best_line()
        if line is None:
            return None
        end = int(np.argmax(self._rise[line]))
        heights = self._heights[line, : end + 1]
        start = int(np.flatnonzero(heights == heights.min())[-1])
        positions, at, speed = self._positions[start:end], self._at[line, start:end], float(self.speeds[line])
        half = PATCH_FRAMES / 2
        return Alignment(
            clip=clip,
            climb=float(self.tops[line]),
            frame=float(at[0]) + half - half / speed,
            clip_frame=float(positions[0] * STEP),
            frames=float(positions[-1] - positions[0]) * STEP + PATCH_FRAMES,
            speed=speed,
            positions=positions,
            at=at,
            similarity=self._similarity[line, start:end],
            line=self._similarity[line],
        )
