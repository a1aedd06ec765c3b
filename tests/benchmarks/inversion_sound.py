"""Sound made of an attacker's picture, how intelligible it is, and yardsticks whose intelligibility is known.

`stoi` follows Taal, Hendriks, Heusdens and Jensen, "An algorithm for intelligibility prediction of time-frequency
weighted noisy speech", IEEE TASLP 19 (2011): 0 is nothing, 1 the speech itself. It compares time and spectrum with the
original's, so that a voice made anew loses points that a listener would give it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfiltfilt

from forensics.fingerprints.audio import features
from forensics.fingerprints.audio.features import HOP, RATE_HZ
from tests.benchmarks.audio_corpus import Samples
from tests.benchmarks.inversion_pairs import WINDOW, Values, log_spectrum, window

START = (features.WINDOW - WINDOW) // 2
"""Samples before the first frame of a picture."""
STOI_HZ = 10_000
STOI_WINDOW, STOI_HOP, STOI_SEGMENT = 256, 128, 30


def sound(spectrum: Values, rounds: int = 60) -> Samples:
    """Samples with a log spectrum, by Griffin and Lim (1984) from a random phase; the level is set."""
    size = np.exp(np.maximum(spectrum, np.log(1e-5)) / 2)
    phase = np.exp(2j * np.pi * np.random.default_rng(3).random(size.shape))
    samples = _overlap(size * phase)
    for _ in range(rounds):
        seen = np.fft.rfft(_frames(samples, WINDOW, HOP) * window(), axis=1)
        samples = _overlap(size * seen / np.maximum(np.abs(seen), 1e-9))
    return _levelled(np.concatenate([np.zeros(START), samples]))


def vocoded(samples: Samples, bands: int) -> Samples:
    """Noise in the given number of bands, each as loud as the speech there: the classic of Shannon et al. (1995)."""
    noise = np.random.default_rng(bands).standard_normal(len(samples))
    edges = np.geomspace(100, 3900, bands + 1)
    smooth = butter(2, 50, fs=RATE_HZ, output="sos")
    out = np.zeros(len(samples))
    for low, high in pairwise(edges):
        band = butter(3, (low, high), "bandpass", fs=RATE_HZ, output="sos")
        envelope = np.maximum(0, sosfiltfilt(smooth, np.abs(sosfiltfilt(band, samples.astype(np.float64)))))
        out += sosfiltfilt(band, noise * envelope)
    return _levelled(out)


def two_bits(samples: Samples) -> Samples:
    """Sound made of the speech's own log spectrum, each value rounded to four levels."""
    logs = log_spectrum(samples)
    steps = np.quantile(logs, (0.125, 0.375, 0.625, 0.875))
    edges = (steps[1:] + steps[:-1]) / 2
    return sound(steps[np.digitize(logs, edges)].astype(np.float32))


def stoi(clean: Samples, degraded: Samples) -> float:
    """Short-time objective intelligibility of sound that runs in step with the original."""
    count = min(len(clean), len(degraded))
    both = [resample_poly(samples[:count].astype(np.float64), 5, 4) for samples in (clean, degraded)]
    hann = np.hanning(STOI_WINDOW + 2)[1:-1]
    frames = [_frames(samples, STOI_WINDOW, STOI_HOP) * hann for samples in both]
    levels = 20 * np.log10(np.linalg.norm(frames[0], axis=1) + 1e-12)
    heard = levels > levels.max() - 40
    joined = [_add(own[heard], STOI_HOP) for own in frames]
    thirds = [_third_octaves(_frames(samples, STOI_WINDOW, STOI_HOP) * hann) for samples in joined]
    if len(thirds[0]) < STOI_SEGMENT:
        return 0.0
    own, other = (np.lib.stride_tricks.sliding_window_view(bands, STOI_SEGMENT, axis=0) for bands in thirds)
    scaled = other * (np.linalg.norm(own, axis=2) / (np.linalg.norm(other, axis=2) + 1e-12))[:, :, None]
    clipped = np.minimum(scaled, own * (1 + 10 ** (15 / 20)))
    own, clipped = own - own.mean(axis=2, keepdims=True), clipped - clipped.mean(axis=2, keepdims=True)
    norms = np.linalg.norm(own, axis=2) * np.linalg.norm(clipped, axis=2)
    return float(np.mean((own * clipped).sum(axis=2) / (norms + 1e-12)))


def _third_octaves(frames: Values) -> Values:
    powers = np.abs(np.fft.rfft(frames, 512, axis=1)) ** 2
    bins = np.arange(257) * STOI_HZ / 512
    centres = 150 * 2 ** (np.arange(15) / 3)
    lows = [int(np.argmin((bins - centre * 2 ** (-1 / 6)) ** 2)) for centre in centres]
    highs = [int(np.argmin((bins - centre * 2 ** (1 / 6)) ** 2)) for centre in centres]
    bands: Values = np.sqrt(
        np.stack([powers[:, low:high].sum(axis=1) for low, high in zip(lows, highs, strict=True)], 1)
    )
    return bands


def _frames(samples: Values, size: int, hop: int) -> Values:
    padded = np.pad(samples, (0, max(0, size - len(samples))))
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]


def _overlap(spectra: NDArray[np.complexfloating[Any, Any]]) -> Values:
    frames = np.fft.irfft(spectra, WINDOW, axis=1) * window()
    weights = _add(np.broadcast_to(window() ** 2, frames.shape), HOP)
    return _add(frames, HOP) / np.maximum(weights, 1e-2)


def _add(frames: Values, hop: int) -> Values:
    """Frames laid over one another, `hop` values apart."""
    if not len(frames):
        return np.zeros(0)
    count, size = frames.shape
    steps = -(-size // hop)
    pieces = np.pad(frames, ((0, 0), (0, steps * hop - size))).reshape(count, steps, hop)
    out = np.zeros((count + steps - 1, hop))
    for step in range(steps):
        out[step : step + count] += pieces[:, step]
    return out.ravel()[: (count - 1) * hop + size]


def _levelled(samples: Values) -> Samples:
    level = np.sqrt(np.mean(samples**2)) + 1e-9
    levelled: Samples = np.clip(samples * (2000 / level), -32768, 32767).astype(np.int16)
    return levelled
