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
ALIKE = 0.85
"""Cosine from which two patches are compared as waveforms; the same take, at most 5 ms apart, has above 0.95."""
MOST_ALIKE = 12
"""Registered clips compared for each patch."""


def takes(probes: list[Clip], registered: list[Clip]) -> dict[str, list[str]]:
    """For each probe that shares a second (or itself, when shorter) with registered clips, their names."""
    key = shelf.digest([clip.name for clip in probes], [clip.name for clip in registered], ALIKE, MOST_ALIKE, SIZE)
    found: dict[str, list[str]] = shelf.keep_value("takes/takes", key, lambda: _takes(probes, registered))
    return found


def _takes(probes: list[Clip], registered: list[Clip]) -> dict[str, list[str]]:
    patches = [_patches(clip.samples, 1) for clip in registered]
    owner = np.repeat(np.arange(len(registered)), [len(block) for block in patches])
    everything = np.concatenate(patches)
    found = {}
    for probe in probes:
        names = {registered[clip].name for clip in _alike(_patches(probe.samples, FRAMES // 2), everything, owner)}
        clips = {clip.name: clip.samples for clip in registered if clip.name in names and clip.name != probe.name}
        same = [name for name, samples in clips.items() if is_heard(samples, probe.samples)]
        if same:
            found[probe.name] = sorted(same)
    return found


def is_heard(one: Samples, other: Samples) -> bool:
    """Say whether one's waveform is in the other, or the other's in the one."""
    return is_same_take(one, other) or is_same_take(other, one)


def _alike(probe: NDArray[np.float32], everything: NDArray[np.float32], owner: NDArray[np.int64]) -> set[int]:
    clips: set[int] = set()
    for likeness in probe @ everything.T if len(probe) else ():
        alike = np.flatnonzero(likeness > ALIKE)
        order = alike[np.argsort(-likeness[alike])]
        distinct = list(dict.fromkeys(owner[order].tolist()))
        clips.update(distinct[:MOST_ALIKE])
    return clips


def _patches(samples: Samples, step: int) -> NDArray[np.float32]:
    """Unit vectors, one for each patch `step` frames apart that is not silent."""
    count = (len(samples) - WINDOW) // HOP + 1
    if count < FRAMES:
        return np.zeros((0, SIZE), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP][:count]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW).astype(np.float32), axis=1)) ** 2
    edges = np.geomspace(250, 3800, BANDS + 1) * WINDOW / RATE_HZ
    bands = np.add.reduceat(power, np.unique(edges.astype(int)), axis=1)[:, :-1]
    levels = np.log(bands + 1e-3 * bands.mean() + 1.0).astype(np.float32)
    starts = np.arange(0, count - FRAMES + 1, step)
    patches = np.lib.stride_tricks.sliding_window_view(levels, FRAMES, axis=0)[starts].reshape(len(starts), -1)
    patches = patches - patches.mean(axis=1, keepdims=True)
    spread = patches.std(axis=1)
    projection = np.random.default_rng(1).standard_normal((patches.shape[1], SIZE)).astype(np.float32)
    vectors = (patches @ projection)[spread > 0.5]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
