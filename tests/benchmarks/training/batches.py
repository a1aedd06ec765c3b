"""Stretches cut from pairs, side by side, and the moments in them that are learnt from.

A *moment* is a place on the grid of registered codes. The encoder sees it in the clean stretch, whose signs are the
code, and in the changed one, whose values say which code is likely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from forensics.fingerprints.audio.codes import STEP
from forensics.fingerprints.audio.features import BANDS, CENTRE
from forensics.fingerprints.audio.network import STRIDE
from tests.benchmarks.training.pairs import Pair

Logs = NDArray[np.float32]
Places = NDArray[np.int64]

CLEAN_FRAMES, CHANGED_FRAMES, MOMENTS = 130, 144, 10
NOTHING = -6.9
"""Log power of no sound."""
FAINT = 7.0
"""Nepers of power below the stretch's loudest frame from which a moment is not learnt from."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Frames of a pair: `clean` from its frame `first` on, `changed` from its frame `begin` on (it may be empty)."""

    pair: Pair
    clean: Logs
    changed: Logs
    first: int
    begin: int

    def outputs(self, moments: Places) -> NDArray[np.float64]:
        """Where moments, in frames of `clean`, lie in `changed`, in outputs."""
        places: NDArray[np.float64] = ((moments + self.first + CENTRE) / self.pair.tempo - CENTRE - self.begin) / STRIDE
        return places


def cut(random: Generator, pair: Pair, first: int) -> Cut:
    """The clean stretch from a frame on, and about as much of the changed one, with edges of its own."""
    begin = round((first + CENTRE) / pair.tempo - CENTRE) + int(random.integers(-8, 9))
    end = min(len(pair.changed), begin + int(random.integers(90, CHANGED_FRAMES + 1)))
    begin = max(0, begin)
    changed = pair.changed[begin : min(end, begin + CHANGED_FRAMES)].astype(np.float32)
    clean = pair.clean[first : first + CLEAN_FRAMES].astype(np.float32)
    return Cut(pair, clean, changed if len(changed) >= 40 else changed[:0], first, begin)


def moments(random: Generator, frames: int) -> Places:
    """Some moments of a stretch, in frames, but its ends."""
    drawn: Places = random.permutation(np.arange(1, frames // STEP - 1))[:MOMENTS] * STEP
    return drawn


def coloured(random: Generator, logs: Logs) -> Logs:
    """As if played by another loudspeaker: a smooth change of colour over the bands."""
    x = np.linspace(0, 1, BANDS)
    tilt = random.normal(0, 1.2) * (x - 0.5) * 2
    wave = random.normal(0, 1) * np.cos(2 * np.pi * x + random.uniform(0, 6))
    ripple = random.normal(0, 0.6) * np.cos(4 * np.pi * x + random.uniform(0, 6))
    return (logs + tilt + wave + ripple).astype(np.float32)


class Batch:
    """Stretches side by side, padded with their faintest, and the moments in each; `others` are further clean rows."""

    def __init__(self, rows: int, others: int = 0) -> None:
        self.clean = np.full((rows + others, CLEAN_FRAMES, BANDS), NOTHING, np.float32)
        self.changed = np.full((rows, CHANGED_FRAMES, BANDS), NOTHING, np.float32)
        self.clean_at = np.zeros((rows, MOMENTS), np.int64)
        self.changed_at = np.zeros((rows, MOMENTS), np.int64)
        self.weight = np.zeros((rows, MOMENTS), np.float32)

    def put(self, row: int, logs: Logs) -> None:
        """Fill a clean row."""
        self.clean[row, : len(logs)] = logs
        self.clean[row, len(logs) :] = logs.min(axis=0)

    def take(self, random: Generator, row: int, piece: Cut, changed: Logs, at: Places) -> None:
        """Fill a row with a cut and its moments; those that lie outside or are faint get no weight."""
        self.put(row, piece.clean)
        if not len(changed):
            return
        self.changed[row, : len(changed)] = changed
        self.changed[row, len(changed) :] = changed.min(axis=0)
        outputs = np.rint(piece.outputs(at) + random.uniform(-0.3, 0.3, len(at))).astype(np.int64)
        level = piece.clean.max(axis=1)
        is_there = (outputs >= 1) & (outputs * STRIDE < len(changed) - STRIDE)
        self.clean_at[row, : len(at)] = at // STRIDE
        self.changed_at[row, : len(at)] = np.clip(outputs, 0, CHANGED_FRAMES // STRIDE - 1)
        self.weight[row, : len(at)] = is_there & (level[at] > level.max() - FAINT)
