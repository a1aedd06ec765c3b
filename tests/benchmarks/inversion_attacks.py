"""Attacks that make a spectrogram of codes: regression, the nearest known codes, a small network, and their mean.

Each is fitted to pairs of the attacker's own speech. `predict` gives (pairs, FRAMES, WIDTH) for a clip's signs.
"""

from __future__ import annotations

from copy import copy
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.inversion_pairs import FRAMES, WIDTH, Pairs, Values, contexts

Bits = NDArray[np.int8]


class Attack(Protocol):
    """Anything that turns the signs of codes into a picture of the sound."""

    def predict(self, bits: Bits) -> Values:
        """The picture of a clip, shape (pairs, FRAMES, WIDTH)."""


class Ridge:
    """Linear regression from a window of codes, with a penalty in units of examples."""

    def __init__(self, known: list[Pairs], penalty: float = 300.0) -> None:
        inputs = contexts(known[0].bits).shape[1] + 1
        self._moments = np.zeros((inputs, inputs), np.float32)
        self._products = np.zeros((inputs, FRAMES * WIDTH), np.float32)
        for clip in known:
            seen = _with_one(contexts(clip.bits))
            self._moments += seen.T @ seen
            self._products += seen.T @ clip.truth.reshape(len(seen), -1)
        self._moments[np.diag_indices(inputs - 1)] += penalty
        self._weights = np.linalg.solve(self._moments.astype(np.float64), self._products).astype(np.float32)

    def seeing(self, mask: Bits) -> Ridge:
        """The same speech learnt from the bits of a pair alone where `mask`, (2 * BITS,), is 1; others must be 0."""
        kept = np.append(np.tile(mask, len(self._moments) // len(mask)), 1) > 0
        other = copy(self)
        other._weights = np.zeros_like(self._weights)
        moments = self._moments[np.ix_(kept, kept)].astype(np.float64)
        other._weights[kept] = np.linalg.solve(moments, self._products[kept])
        return other

    def predict(self, bits: Bits) -> Values:
        """The picture of a clip."""
        return (_with_one(contexts(bits)) @ self._weights).reshape(len(bits), FRAMES, WIDTH)


class Neighbours:
    """The pictures of the known codes that differ in the fewest bits: spliced (one) or averaged (several)."""

    def __init__(self, known: list[Pairs], count: int, reach: int = 2) -> None:
        self._count, self._reach = count, reach
        self._seen = np.concatenate([contexts(clip.bits, reach) for clip in known]).astype(np.float32)
        self._truth = np.concatenate([clip.truth for clip in known])

    def taking(self, count: int) -> Neighbours:
        """The same known codes, but so many of them for each picture."""
        other = copy(self)
        other._count = count
        return other

    def predict(self, bits: Bits) -> Values:
        """The picture of a clip."""
        likeness = contexts(bits, self._reach).astype(np.float32) @ self._seen.T
        nearest = np.argpartition(-likeness, self._count, axis=1)[:, : self._count]
        return np.stack([self._truth[row].mean(axis=0) for row in nearest])


class Perceptron:
    """Two hidden layers over a window of codes, fitted by Adam to the squared error of standardised values."""

    def __init__(self, known: list[Pairs], *, hidden: int = 512, epochs: int = 12, drop: float = 0.2) -> None:
        self._random = np.random.default_rng(5)
        self._drop = drop
        seen = np.concatenate([contexts(clip.bits) for clip in known])
        truth = np.concatenate([clip.truth.reshape(len(clip.truth), -1) for clip in known])
        self._mean, self._spread = truth.mean(axis=0), truth.std(axis=0) + np.float32(1e-3)
        sizes = (seen.shape[1], hidden, hidden, truth.shape[1])
        shapes = list(pairwise(sizes))
        self._weights = [
            (self._random.standard_normal(shape) * np.sqrt(2 / shape[0])).astype(np.float32) for shape in shapes
        ]
        self._weights += [np.zeros((1, shape[1]), np.float32) for shape in shapes]
        self._fit(seen, truth, epochs)

    def predict(self, bits: Bits) -> Values:
        """The picture of a clip."""
        out = self._layers(contexts(bits).astype(np.float32))[-1] * self._spread + self._mean
        picture: Values = out.reshape(len(bits), FRAMES, WIDTH)
        return picture

    def _layers(self, values: Values) -> list[Values]:
        layers = [values]
        for number in range(3):
            out = layers[-1] @ self._weights[number] + self._weights[3 + number]
            layers.append(np.maximum(out, 0, out=out) if number < 2 else out)
        return layers

    def _fit(self, seen: Bits, truth: Values, epochs: int, batch: int = 256) -> None:
        first = [np.zeros_like(weight) for weight in self._weights]
        second = [np.zeros_like(weight) for weight in self._weights]
        total, step = epochs * (len(seen) // batch), 0
        for _ in range(epochs):
            order = self._random.permutation(len(seen))
            for begin in range(0, len(seen) - batch + 1, batch):
                chosen = np.sort(order[begin : begin + batch])
                step += 1
                rate = 1e-3 * 0.5 * (1 + np.cos(np.pi * step / total))
                slopes = self._slopes(seen[chosen], (truth[chosen] - self._mean) / self._spread)
                for number, slope in enumerate(slopes):
                    first[number] += 0.1 * (slope - first[number])
                    second[number] += 0.001 * (slope * slope - second[number])
                    unbiased = np.sqrt(second[number] / (1 - 0.999**step)) + 1e-6
                    self._weights[number] -= np.float32(rate / (1 - 0.9**step)) * first[number] / unbiased

    def _slopes(self, seen: Bits, truth: Values) -> list[Values]:
        values = seen.astype(np.float32)
        values *= self._random.random(values.shape, np.float32) >= self._drop
        layers = self._layers(values)
        error = (layers[-1] - truth) / np.float32(len(seen))
        weights: list[Values] = []
        biases: list[Values] = []
        for number in (2, 1, 0):
            weights.insert(0, layers[number].T @ error)
            biases.insert(0, error.sum(axis=0, keepdims=True))
            if number:
                error = (error @ self._weights[number].T) * (layers[number] > 0)
        return weights + biases


class Mean:
    """The mean of several attacks' pictures."""

    def __init__(self, *attacks: Attack) -> None:
        self._attacks = attacks

    def predict(self, bits: Bits) -> Values:
        """The picture of a clip."""
        mean: Values = np.mean([attack.predict(bits) for attack in self._attacks], axis=0)
        return mean


def _with_one(seen: Bits) -> Values:
    return np.concatenate([seen, np.ones((len(seen), 1), np.int8)], axis=1).astype(np.float32)
