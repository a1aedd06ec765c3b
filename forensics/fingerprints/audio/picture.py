"""A spectrogram for people: the bands of the telephone range over a stretch of time, in sixteen steps of loudness.

It shows what the engine hears (see `features.py`), drawn from the waveform itself; nothing is compared here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio import features

ROWS = 20
"""Rows of a picture: two of the engine's bands each."""
STEPS = 16
DEPTH_DB = 48.0
"""What lies so far below the loudest of the picture is blank."""
MOST_COLUMNS = 400
LONGEST_S = 86_400.0
"""Later or longer no stretch is: somebody wrote such a figure into a store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """`levels` are rows, the highest band first, of one hexadecimal digit a column: 0 silent to f loudest.

    `peaks` is the height of the waveform in each column, in the same digits, f being the highest of the stretch.
    `start_s` and `seconds` say which stretch of the recording it is.
    """

    start_s: float
    seconds: float
    levels: tuple[str, ...]
    peaks: str


def picture(samples: NDArray[np.int16], *, start_s: float, seconds: float, columns: int) -> Picture:
    """Draw a stretch of samples, mono at 8,000 Hz; what lies behind the recording is silent."""
    columns = max(1, min(MOST_COLUMNS, columns))
    start_s, seconds = (max(0.0, min(LONGEST_S, figure)) for figure in (start_s, seconds))
    edges = np.linspace(start_s, start_s + seconds, columns + 1)
    first, last = (max(0, round((at + side) * features.RATE_HZ)) for at, side in ((start_s, -0.1), (edges[-1], 0.1)))
    piece = samples[first:last]
    bands = features.band_powers(features.spectrum(piece))
    times = (np.arange(len(bands)) + features.CENTRE) * features.HOP_S + first / features.RATE_HZ
    powers = _columns(times, bands.reshape(len(bands), ROWS, features.BANDS // ROWS).mean(axis=2), edges)
    heights = np.abs(samples.astype(np.float32))
    peaks = np.array([_highest(heights, begin, end) for begin, end in pairwise(edges)])
    return Picture(
        start_s=start_s,
        seconds=seconds,
        levels=tuple(_digits(row) for row in reversed(_steps(powers).T)),
        peaks=_digits(np.rint(peaks / max(1.0, float(peaks.max())) * (STEPS - 1)).astype(np.int64)),
    )


def _columns(times: NDArray[np.float64], values: features.Values, edges: NDArray[np.float64]) -> features.Values:
    """The mean of the frames in each column, the nearest frame where a column is narrower than one: (columns, ROWS)."""
    found = np.zeros((len(edges) - 1, values.shape[1]), np.float32)
    for column, (begin, end) in enumerate(pairwise(edges)):
        low, high = np.searchsorted(times, (begin, end))
        if low == high and 0 < low < len(times):
            high = low + 1
        if low < high:
            found[column] = values[low:high].mean(axis=0)
    return found


def _steps(powers: features.Values) -> NDArray[np.int64]:
    loudest = float(powers.max(initial=0.0))
    if loudest < features.LEAST_POWER:
        return np.zeros(powers.shape, np.int64)
    decibels = 10 * np.log10(np.maximum(powers, 1e-9) / loudest)
    return np.clip(np.rint((1 + decibels / DEPTH_DB) * (STEPS - 1)), 0, STEPS - 1).astype(np.int64)


def _highest(heights: features.Values, begin_s: float, end_s: float) -> float:
    part = heights[max(0, int(begin_s * features.RATE_HZ)) : max(0, int(end_s * features.RATE_HZ))]
    return float(part.max(initial=0.0))


def _digits(values: NDArray[np.int64]) -> str:
    return "".join(f"{int(value):x}" for value in values)
