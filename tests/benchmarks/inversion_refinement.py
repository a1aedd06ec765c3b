"""The attack of one who has the encoders: a picture is changed until the encoders make the clip's own codes of it.

It starts at what another attack saw and goes down the encoders' gradient. Of all bands that agree with the codes it
wants the likeliest: those whose distance from the start looks like the errors that the attack makes on known speech.
What the bands learn so, the spectrum is told by regression.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.linalg import toeplitz

from forensics.fingerprints.audio import network
from forensics.fingerprints.audio.codes import STEP
from forensics.fingerprints.audio.features import BANDS
from forensics.fingerprints.audio.network import BITS, STRIDE, Head
from tests.benchmarks.inversion_attacks import Attack, Bits
from tests.benchmarks.inversion_pairs import FRAMES, WIDTH, Pairs, Values

HEADS: tuple[Head, Head] = ("rough", "fine")
LAGS = 24
"""Frames over which errors are alike."""
BESIDE = 3
"""Frames to either side whose bands tell something of a frame's spectrum."""
SHARPNESS = 20.0
"""How steeply a bit that disagrees is paid for, per nat."""
ROUNDS, RATE = 60, 0.2


class Errors:
    """How an attack errs on known speech: across bands, along time, and in the spectrum where it errs in the bands."""

    def __init__(self, known: list[Pairs], attack: Attack) -> None:
        errors = [(clip.truth - attack.predict(clip.bits)).reshape(-1, WIDTH) for clip in known]
        bands = np.concatenate([error[:, :BANDS] for error in errors])
        self.across: Values = np.linalg.cholesky(np.cov(bands.T) + 1e-4 * np.eye(BANDS)).astype(np.float32)
        products = [np.mean(bands[: len(bands) - lag] * bands[lag:]) for lag in range(LAGS)]
        self._along = np.array(products) / products[0] * np.hanning(2 * LAGS + 1)[LAGS:-1]
        seen = np.concatenate([_beside(error[:, :BANDS]) for error in errors])
        spectrum = np.concatenate([error[:, BANDS:] for error in errors])
        moments = seen.T @ seen + 1000 * np.eye(seen.shape[1], dtype=np.float32)
        self._weights: Values = np.linalg.solve(moments, seen.T @ spectrum)

    def along(self, count: int) -> Values:
        """A root of the likeness of errors over so many frames: shape (count, count)."""
        likeness = toeplitz(np.pad(self._along, (0, count))[:count])
        values, vectors = np.linalg.eigh(likeness)
        root: Values = (vectors * np.sqrt(np.maximum(values, 1e-4))).astype(np.float32)
        return root

    def spectrum(self, bands: Values) -> Values:
        """What a change of the bands says of the spectrum."""
        change: Values = _beside(bands) @ self._weights
        return change


class Refined:
    """Another attack's picture, changed until the encoders agree with the codes."""

    def __init__(self, attack: Attack, errors: Errors) -> None:
        self._attack, self._errors = attack, errors

    def predict(self, bits: Bits) -> Values:
        """The picture of a clip; bits that are 0 are not known."""
        picture = self._attack.predict(bits).reshape(-1, WIDTH)
        change = self._change(bits.reshape(-1, 2, BITS).astype(np.float32), picture[:, :BANDS])
        refined: Values = picture + np.concatenate([change, self._errors.spectrum(change)], axis=1)
        return refined.reshape(-1, FRAMES, WIDTH)

    def _change(self, wanted: Values, bands: Values) -> Values:
        """By Adam, in units of the errors expected; so is the price of going far."""
        along, across = self._errors.along(len(bands)), self._errors.across
        far, first, second = (np.zeros_like(bands) for _ in range(3))
        for number in range(1, ROUNDS + 1):
            slope = along.T @ disagreement(bands + along @ far @ across.T, wanted) @ across + far
            first += 0.1 * (slope - first)
            second += 0.01 * (slope * slope - second)
            unbiased = np.sqrt(second / (1 - 0.99**number)) + 1e-6
            rate = RATE * 0.5 * (1 + np.cos(np.pi * number / ROUNDS))
            far -= np.float32(rate / (1 - 0.9**number)) * first / unbiased
        return along @ far @ across.T


def disagreement(bands: Values, wanted: Values) -> Values:
    """The slope, by bands, of what bits that differ from those `wanted`, (pairs, 2, BITS), cost."""
    slope = np.zeros_like(bands)
    for number, head in enumerate(HEADS):
        encoder = _Encoder.load(head)
        soft, active = encoder.forward(bands)
        at = np.arange(len(wanted)) * (FRAMES // STRIDE) + number * (STEP // STRIDE)
        signs = wanted[:, number]
        by_soft = np.zeros_like(soft)
        by_soft[at] = -SHARPNESS * signs / (1 + np.exp(np.clip(SHARPNESS * signs * soft[at], -50, 50)))
        slope += encoder.backward(by_soft, active, len(bands))
    return slope


class _Encoder:
    """A shipped encoder that can be gone through backwards."""

    def __init__(self, head: Head) -> None:
        *self._hidden, self._last = network.Network.load(head)._layers

    @staticmethod
    @cache
    def load(head: Head) -> _Encoder:
        """Made once."""
        return _Encoder(head)

    def forward(self, bands: Values) -> tuple[Values, list[NDArray[np.bool_]]]:
        """Soft bits, and which outputs of each layer are above 0."""
        values, active = bands, []
        for number, layer in enumerate(self._hidden):
            out = network._convolve(values, layer, stride=1 if number else STRIDE)
            active.append(out > 0)
            np.maximum(out, 0, out=out)
            values = values + out if layer.is_residual else out
        return values @ self._last.weight + self._last.bias, active

    def backward(self, slope: Values, active: list[NDArray[np.bool_]], frames: int) -> Values:
        """The slope by the bands, of so many frames, of what has a slope by the soft bits."""
        slope = slope @ self._last.weight.T
        counts = [frames, *(len(one) for one in active)]
        for number in reversed(range(len(active))):
            layer, stride = self._hidden[number], 1 if number else STRIDE
            through = slope * active[number]
            inputs = len(layer.weight) // layer.taps
            margin = layer.dilation * (layer.taps // 2)
            padded = np.zeros((counts[number] + 2 * margin, inputs), np.float32)
            for tap in range(layer.taps):
                weight = layer.weight[tap * inputs : (tap + 1) * inputs]
                padded[layer.dilation * tap :: stride][: len(through)] += through @ weight.T
            inner = padded[margin : margin + counts[number]]
            slope = slope + inner if layer.is_residual else inner
        return slope


def _beside(bands: Values) -> Values:
    """Each frame with BESIDE frames to either side."""
    padded = np.pad(bands, ((BESIDE, BESIDE), (0, 0)))
    return sliding_window_view(padded, 2 * BESIDE + 1, axis=0).reshape(len(bands), -1)
