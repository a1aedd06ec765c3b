"""Speech as patches of a log spectrogram in the telephone band, free of level and of the colour of the channel.

A patch is 0.63 s long: 20 spectra, 30 ms apart, of 40 logarithmic bands from 280 to 3,500 Hz, the band every
leak path passes. Its logarithm has a floor relative to the patch's own mean power, and each band's mean over
the patch is taken away, which cancels gain, loudspeakers, codecs and equalisers. A patch depends on its own
samples only, so that an excerpt has the same patches as the whole.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
HOP = 80
"""Samples between frames: 10 ms."""
HOP_S = HOP / RATE_HZ
WINDOW = 512
BANDS = 40
LOWEST_HZ, HIGHEST_HZ = 280.0, 3500.0
PATCH_SPECTRA = 20
SPECTRUM_FRAMES = 3
"""Frames averaged into one spectrum, and the distance between the spectra of a patch."""
PATCH_FRAMES = PATCH_SPECTRA * SPECTRUM_FRAMES
PATCH_SAMPLES = (PATCH_FRAMES - 1) * HOP + WINDOW
PATCH_S = PATCH_SAMPLES / RATE_HZ
FLOOR = 10**-2.5
"""Power below this share of the patch's mean is not looked at."""
LEAST_MODULATION = 0.45
"""Root mean square of a patch, in nepers of power, below which it is a hum, a tone or silence."""
LEAST_POWER = 1.0
"""Mean power in the band, in squared 16-bit steps, below which a patch is digital silence."""


def band_powers(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """Power in each band: shape (frames, BANDS); frame `n` covers WINDOW samples from `n * HOP`.

    `samples` are mono at RATE_HZ. Fewer than WINDOW of them give no frame.
    """
    if len(samples) < WINDOW:
        return np.zeros((0, BANDS), dtype=np.float32)
    window, bank = _window(), _bank()
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    spectra = np.fft.rfft(frames * window, axis=1)
    powers: NDArray[np.float32] = (spectra.real**2 + spectra.imag**2).astype(np.float32, copy=False) @ bank
    return powers


def spectra_of(powers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average SPECTRUM_FRAMES successive frames: row `n` begins at frame `n`."""
    count = len(powers) - SPECTRUM_FRAMES + 1
    if count <= 0:
        return np.zeros((0, BANDS), dtype=np.float32)
    return (powers[:count] + powers[1 : count + 1] + powers[2 : count + 2]) / np.float32(SPECTRUM_FRAMES)


def patches(samples: NDArray[np.int16], *, step: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Cut patches every `step` frames: shape (patches, PATCH_SPECTRA * BANDS), and which of them hold modulation.

    Patch `n` begins at `n * step * HOP_S` seconds.
    """
    spectra = spectra_of(band_powers(samples))
    if len(spectra) < PATCH_FRAMES - SPECTRUM_FRAMES + 1:
        return np.zeros((0, PATCH_SPECTRA * BANDS), dtype=np.float32), np.zeros(0, dtype=np.bool_)
    span = PATCH_FRAMES - SPECTRUM_FRAMES + 1
    views = np.lib.stride_tricks.sliding_window_view(spectra, span, axis=0)[::step, :, ::SPECTRUM_FRAMES]
    power = views.mean(axis=(1, 2), keepdims=True)
    logs = np.log(views + np.maximum(power * FLOOR, np.float32(1e-6)))
    logs -= logs.mean(axis=2, keepdims=True)
    flat: NDArray[np.float32] = logs.reshape(len(logs), -1)
    modulation = np.sqrt(np.mean(flat * flat, axis=1))
    return flat, (modulation >= LEAST_MODULATION) & (power.ravel() >= LEAST_POWER)


@cache
def _window() -> NDArray[np.float32]:
    """A Hann window scaled so that band power reads in squared sample steps."""
    window = np.hanning(WINDOW + 1)[:-1]
    scaled: NDArray[np.float32] = (window / np.sqrt(np.sum(window**2) * WINDOW / 2)).astype(np.float32)
    return scaled


@cache
def _bank() -> NDArray[np.float32]:
    """Triangular filters on a logarithmic axis: shape (WINDOW // 2 + 1, BANDS)."""
    edges = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BANDS + 2)
    bins = np.arange(WINDOW // 2 + 1) * RATE_HZ / WINDOW
    widest = RATE_HZ / WINDOW
    lower = np.minimum(edges[:-2], edges[1:-1] - widest)
    upper = np.maximum(edges[2:], edges[1:-1] + widest)
    rise = (bins[:, None] - lower) / (edges[1:-1] - lower)
    fall = (upper - bins[:, None]) / (upper - edges[1:-1])
    return np.maximum(0.0, np.minimum(rise, fall)).astype(np.float32)
