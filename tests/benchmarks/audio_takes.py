"""Which recordings hold the same take? Sounds that look alike first, then their waveforms.

Comparing every pair as waveforms would take hours: half-second patches of log-band spectra, projected at random, find
the pairs that could be the same take within seconds, and `is_same_take` decides about those.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.features import RATE_HZ
from tests.benchmarks import audio_shelf as shelf
from tests.benchmarks.audio_corpus import Clip, Samples, is_same_take

HOP, WINDOW, BANDS, FRAMES, SIZE = 80, 512, 24, 50, 96
"""10 ms between frames, 64 ms windows, patches of half a second in as many dimensions."""
ALIKE = 0.9
"""Cosine from which two patches are compared as waveforms; the same take 5 ms apart, once through GSM, has 0.915."""
MOST_ALIKE = 12
"""Registered clips compared for each patch."""


def takes(probes: list[Clip], registered: list[Clip]) -> dict[str, list[str]]:
    """For each probe that shares a second (or itself, when shorter) with registered clips, their names."""
    key = shelf.digest([clip.name for clip in probes], [clip.name for clip in registered], ALIKE, MOST_ALIKE, SIZE)
    found: dict[str, list[str]] = shelf.keep_value("takes/takes", key, lambda: _takes(probes, registered))
    return found


def _takes(probes: list[Clip], registered: list[Clip]) -> dict[str, list[str]]:
    patches = [_patches(clip.samples, 1) for clip in registered]
    owner = np.repeat(np.arange(len(registered)), [len(starts) for starts, _ in patches])
    starts = np.concatenate([starts for starts, _ in patches])
    vectors = np.concatenate([vectors for _, vectors in patches])
    found = {}
    for probe in probes:
        same = set()
        for start, vector in zip(*_patches(probe.samples, FRAMES // 2), strict=True):
            likeness = vectors @ vector
            alike = np.flatnonzero(likeness > ALIKE)
            alike = alike[np.argsort(-likeness[alike])]
            _, firsts = np.unique(owner[alike], return_index=True)
            for patch in alike[np.sort(firsts)[:MOST_ALIKE]]:
                clip = registered[owner[patch]]
                if clip.name not in same | {probe.name} and _coincide(probe, int(start), clip, int(starts[patch])):
                    same.update([clip.name] * is_heard(clip.samples, probe.samples))
        if same:
            found[probe.name] = sorted(same)
    return found


def _coincide(one: Clip, start: int, other: Clip, there: int) -> bool:
    """Say whether half a second of one correlates with the other's, at most 10 ms from the place given."""
    piece = one.samples[start : start + FRAMES * HOP].astype(np.float64)
    around = other.samples[max(0, there - HOP) : there + (FRAMES + 1) * HOP].astype(np.float64)
    if len(around) < len(piece):
        return False
    energy = np.cumsum(np.concatenate([[0.0], around**2]))
    norms = np.sqrt(np.maximum(energy[len(piece) :] - energy[: -len(piece)], 1.0))
    return bool(np.max(np.abs(np.correlate(around, piece)) / norms) > 0.7 * np.linalg.norm(piece))


def is_heard(one: Samples, other: Samples) -> bool:
    """Say whether one's waveform is in the other, or the other's in the one."""
    return is_same_take(one, other) or is_same_take(other, one)


def _patches(samples: Samples, step: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Where patches `step` frames apart begin, in samples, and their unit vectors; silent ones are left out."""
    count = (len(samples) - WINDOW) // HOP + 1
    if count < FRAMES:
        return np.zeros(0, np.int64), np.zeros((0, SIZE), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP][:count]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW).astype(np.float32), axis=1)) ** 2
    edges = np.geomspace(250, 3800, BANDS + 1) * WINDOW / RATE_HZ
    bands = np.add.reduceat(power, np.unique(edges.astype(int)), axis=1)[:, :-1]
    levels = np.log(bands + 1e-3 * bands.mean() + 1.0).astype(np.float32)
    starts = np.arange(0, count - FRAMES + 1, step)
    patches = np.lib.stride_tricks.sliding_window_view(levels, FRAMES, axis=0)[starts].reshape(len(starts), -1)
    patches = patches - patches.mean(axis=1, keepdims=True)
    is_lively = patches.std(axis=1) > 0.5
    projection = np.random.default_rng(1).standard_normal((patches.shape[1], SIZE)).astype(np.float32)
    vectors = (patches @ projection)[is_lively]
    return starts[is_lively] * HOP, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
