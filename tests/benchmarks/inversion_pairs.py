"""What an attacker on the index learns from: speech of his own beside its codes.

Codes go in pairs, a rough one and the fine one 40 ms later; a pair stands for eight frames of 10 ms. Beside them stand
two pictures of the same frames: the normalised log bands that the encoders see, and the log spectrum that sound is made
of again, of which the level is unknown to the codes and set to the clip's mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from forensics.fingerprints.audio import codes, features
from forensics.fingerprints.audio.network import BITS, signs
from tests.benchmarks.audio_corpus import Samples

Values = NDArray[np.floating[Any]]

FRAMES = 2 * codes.STEP
"""Frames to a pair of codes: 80 ms."""
CONTEXT = 5
"""Pairs to either side that an attacker looks at: ten codes."""
WINDOW = 256
BINS = WINDOW // 2 + 1
FLOOR = 1e-5
"""Power below this share of the clip's mean is silence: 50 dB."""
WIDTH = features.BANDS + BINS
"""Values of a frame: the normalised bands, then the log spectrum."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """A clip for the attacker: its signs, shape (pairs, 2 * BITS), and what they stood for, (pairs, FRAMES, WIDTH)."""

    bits: NDArray[np.int8]
    truth: Values

    @property
    def bands(self) -> Values:
        """The normalised bands, frame by frame."""
        return self.truth.reshape(-1, WIDTH)[:, : features.BANDS]

    @property
    def spectrum(self) -> Values:
        """The log spectrum, frame by frame."""
        return self.truth.reshape(-1, WIDTH)[:, features.BANDS :]


def pairs(samples: Samples) -> Pairs:
    """The codes of a clip beside its frames; what does not fill a pair is left out."""
    bands, _ = features.normalise(features.band_powers(features.spectrum(samples)))
    count = len(bands) // FRAMES
    frames = np.concatenate([bands, log_spectrum(samples)[: len(bands)]], axis=1)[: count * FRAMES]
    values = codes.encode(samples).values[: 2 * count]
    return Pairs(signs(values).astype(np.int8).reshape(count, 2 * BITS), frames.reshape(count, FRAMES, WIDTH))


def log_spectrum(samples: Samples) -> Values:
    """Log power of 32 ms around the middles of the encoders' frames, over the clip's mean: shape (frames, BINS)."""
    inside = samples[(features.WINDOW - WINDOW) // 2 :].astype(np.float32)
    if len(inside) < WINDOW:
        return np.zeros((0, BINS), np.float32)
    frames = sliding_window_view(inside, WINDOW)[:: features.HOP] * window()
    powers = np.abs(np.fft.rfft(frames, axis=1)).astype(np.float32) ** 2
    logs: Values = np.log(powers / max(1e-9, float(powers.mean())) + np.float32(FLOOR))
    return logs


def window() -> Values:
    """The Hann window of `log_spectrum`."""
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


def contexts(bits: NDArray[np.int8], reach: int = CONTEXT) -> NDArray[np.int8]:
    """Each pair with `reach` pairs to either side, zeros beyond the ends: shape (pairs, (2 * reach + 1) * 2 * BITS)."""
    padded = np.pad(bits, ((reach, reach), (0, 0)))
    return sliding_window_view(padded, 2 * reach + 1, axis=0).transpose(0, 2, 1).reshape(len(bits), -1)
