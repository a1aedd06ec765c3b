"""Speech as log bands of the telephone range, free of level and of the colour of the channel.

40 logarithmic bands from 280 to 3,500 Hz, the range every leak path passes, every 10 ms. The logarithm has a floor
relative to the mean power around it, and each band's running mean is taken away, which cancels gain, loudspeakers,
codecs and equalisers. What a frame looks like depends on the half second around it only, so that an excerpt looks
like the whole. Pitch and tempo can be undone on the way: bands move, frames are interpolated.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

RATE_HZ = 8000
HOP = 80
"""Samples between frames: 10 ms."""
HOP_S = HOP / RATE_HZ
WINDOW = 512
CENTRE = WINDOW / HOP / 2
"""Frames from where a frame begins to its middle."""
BANDS = 40
LOWEST_HZ, HIGHEST_HZ = 280.0, 3500.0
REACH = 30
"""Frames to either side of the running means: 0.3 s."""
FLOOR = 10**-2.5
"""Power below this share of the running mean is not looked at."""
LEAST_MODULATION = 0.45
"""Root mean square of the normalised bands, in nepers of power, below which it is a hum, a tone or silence."""
LEAST_POWER = 1.0
"""Mean power in the bands, in squared 16-bit steps, below which it is digital silence."""

Values = NDArray[np.float32]


def spectrum(samples: NDArray[np.int16]) -> Values:
    """Powers by frame and frequency: shape (frames, WINDOW // 2 + 1); frame `n` is WINDOW samples from `n * HOP`.

    `samples` are mono at RATE_HZ. Fewer than WINDOW of them give no frame.
    """
    if len(samples) < WINDOW:
        return np.zeros((0, WINDOW // 2 + 1), dtype=np.float32)
    frames = sliding_window_view(samples, WINDOW)[::HOP] * _window()
    spectra = np.fft.rfft(frames, axis=1)
    return (spectra.real**2 + spectra.imag**2).astype(np.float32, copy=False)


def band_powers(powers: Values, *, pitch: float = 1.0, at: NDArray[np.floating] | None = None) -> Values:
    """Power in each band: shape (frames, BANDS), with a change of pitch undone.

    `pitch` is the recording's over the original's. `at` are the frames wanted, fractions allowed, in any time (see
    `stretched`); what lies outside the recording is its nearest frame.
    """
    bands: Values = powers @ _bank(round(pitch, 4))
    if at is None or len(bands) < 2:
        return bands
    inside = np.clip(at, 0, len(bands) - 1)
    before = np.minimum(inside.astype(np.int64), len(bands) - 2)
    share = (inside - before).astype(np.float32)[:, None]
    between: Values = bands[before] * (1 - share) + bands[before + 1] * share
    return between


def stretched(count: int, tempo: float) -> NDArray[np.float64]:
    """Where the frames of the original stand in a recording of `count` frames that plays at `tempo`."""
    return in_recording(np.arange(stretched_count(count, tempo)), tempo)


def stretched_count(count: int, tempo: float) -> int:
    """How many frames of the original stand in a recording of `count` frames that plays at `tempo`."""
    return max(1, int((count - 1 + CENTRE) * tempo - CENTRE) + 1)


def in_recording(frames: NDArray[np.integer], tempo: float) -> NDArray[np.float64]:
    """Where these frames of the original stand in a recording that plays at `tempo`.

    The middles of frames map onto one another; frame 0 onto frame 0 but for the change of half a window.
    """
    return (frames.astype(np.float64) + CENTRE) / tempo - CENTRE


def normalise(powers: Values) -> tuple[Values, NDArray[np.bool_]]:
    """Log bands without level and colour, same shape, and which frames hold sound that changes."""
    level = powers.mean(axis=1)
    floor = _running_mean(level)
    logs = np.log(powers + floor[:, None] * np.float32(FLOOR) + np.float32(1e-3))
    logs -= _running_mean(logs)
    modulation = np.sqrt(_running_mean((logs * logs).mean(axis=1)))
    return logs, (modulation >= LEAST_MODULATION) & (floor >= LEAST_POWER)


def _running_mean(values: Values) -> Values:
    """The mean over REACH frames to either side, fewer at the ends."""
    count = len(values)
    sums = np.zeros((count + 1, *values.shape[1:]))
    np.cumsum(values, axis=0, out=sums[1:])
    first = np.maximum(0, np.arange(count) - REACH)
    last = np.minimum(count, np.arange(count) + REACH + 1)
    widths = (last - first).reshape(-1, *(1,) * (values.ndim - 1))
    means: Values = ((sums[last] - sums[first]) / widths).astype(np.float32)
    return means


@lru_cache(maxsize=1)
def _window() -> Values:
    """A Hann window scaled so that band power reads in squared sample steps."""
    window = np.hanning(WINDOW + 1)[:-1]
    scaled: Values = (window / np.sqrt(np.sum(window**2) * WINDOW / 2)).astype(np.float32)
    return scaled


@lru_cache(maxsize=64)
def _bank(pitch: float) -> Values:
    """Triangular filters on a logarithmic axis, moved up by `pitch`: shape (WINDOW // 2 + 1, BANDS)."""
    edges = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BANDS + 2) * pitch
    bins = np.arange(WINDOW // 2 + 1) * RATE_HZ / WINDOW
    widest = RATE_HZ / WINDOW
    lower = np.minimum(edges[:-2], edges[1:-1] - widest)
    upper = np.maximum(edges[2:], edges[1:-1] + widest)
    rise = (bins[:, None] - lower) / (edges[1:-1] - lower)
    fall = (upper - bins[:, None]) / (upper - edges[1:-1])
    return np.maximum(0.0, np.minimum(rise, fall)).astype(np.float32)
