"""Pairs to learn from: a stretch of speech, and the same stretch after what leaks go through, as log bands.

Some 45 seconds of clips at a time share one change of speed, tempo or pitch and one codec; noise and rooms are each
clip's own. For the fine encoder pitch and tempo are undone again, not quite exactly, as the rough one's lines are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import resample_poly

from forensics.fingerprints.audio import features
from forensics.fingerprints.audio.features import HOP, RATE_HZ
from tests.benchmarks.audio_corpus import Clip, Samples
from tests.benchmarks.audio_harms import room, scaled, tempo
from tests.benchmarks.training import hardships, sources
from tests.benchmarks.training.pairs import Pair

PARTS = 2
"""Every so many sources are one part, made by a process of its own."""
TOGETHER = 45 * RATE_HZ
LONGEST = 6 * RATE_HZ
"""Samples of a stretch at most, cut from sources a second longer."""
GRID = 4 * HOP
"""Stretches begin on the grid of registered codes."""
PAUSE = 800
SHORTEST = 4800


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How pairs are made. `revoiced` is the share of stretches that are first played at another speed: more voices.

    Changes are drawn from `changes` and are of up to `largest`; of pitch, times `pitch_share`.
    """

    seed: int
    rounds: int
    revoiced: float
    largest: float
    changes: tuple[str, ...]
    pitch_share: float
    is_undone: bool


ROUGH = Recipe(
    seed=1,
    rounds=10,
    revoiced=0.4,
    largest=0.05,
    changes=("none", "none", "speed", "speed", "tempo", "pitch"),
    pitch_share=1.3,
    is_undone=False,
)
FINE = Recipe(
    seed=2,
    rounds=9,
    revoiced=0.25,
    largest=0.1,
    changes=("none", "none", "none", "speed", "speed", "tempo", "pitch"),
    pitch_share=0.8,
    is_undone=True,
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is said in one pair, and where in which source."""

    source: int
    first: int
    is_revoiced: bool
    samples: Samples


@dataclass(frozen=True, slots=True)
class Change:
    """Samples after a change, and pitch and tempo over the original's."""

    samples: Samples
    pitch: float = 1.0
    tempo: float = 1.0


def pairs(recipe: Recipe, part: int, *, rounds: int | None = None, most: int | None = None) -> Iterator[Pair]:
    """The pairs of one part of the sources, each source once a round; `most` limits the sources, for a trial."""
    random = np.random.default_rng(1000 * recipe.seed + part)
    pool = sources.sources()
    around = hardships.Around(talk=sources.talk(pool), tunes=sources.tunes())
    mine = list(range(part, len(pool), PARTS))[:most]
    for _ in range(recipe.rounds if rounds is None else rounds):
        group: list[Stretch] = []
        length = 0
        for number in random.permutation(mine).tolist():
            stretch, size = _stretch(pool[number], number, recipe, random)
            group.append(stretch)
            length += size
            if length >= TOGETHER:
                yield from _changed_together(group, recipe, around, random)
                group, length = [], 0
        if group:
            yield from _changed_together(group, recipe, around, random)


def log_bands(powers: features.Values) -> NDArray[np.float16]:
    """Band powers as they are kept."""
    logs: NDArray[np.float16] = np.log(powers + np.float32(1e-3)).astype(np.float16)
    return logs


def _stretch(clip: Clip, number: int, recipe: Recipe, random: Generator) -> tuple[Stretch, int]:
    samples, start = clip.samples, 0
    if len(samples) > LONGEST + RATE_HZ:
        start = int(random.integers(0, (len(samples) - LONGEST) // GRID)) * GRID
        samples = samples[start : start + LONGEST]
    size, is_revoiced = len(samples), bool(random.random() < recipe.revoiced)
    if is_revoiced:
        samples = _faster(samples, random.uniform(0.82, 1.22)).samples
    return Stretch(number, start // HOP, is_revoiced, scaled(samples.astype(np.float64))), size


def _changed_together(
    group: list[Stretch], recipe: Recipe, around: hardships.Around, random: Generator
) -> Iterator[Pair]:
    said: list[Samples] = []
    starts: list[int] = []
    for stretch in group:
        starts.append(sum(map(len, said)))
        samples = stretch.samples
        said += [room(samples, random) if random.random() < 0.12 else samples, np.zeros(PAUSE, np.int16)]
    change = _change(scaled(np.concatenate(said).astype(np.float64), 24000), recipe, random)
    sound = change.samples.astype(np.float64)
    for stretch, start in zip(group, starts, strict=True):
        span = _span(start, len(stretch.samples) + PAUSE // 2, change, len(sound))
        if span.stop - span.start >= PAUSE:
            sound[span] = hardships.noisy(sound[span], around, random)
    heard = hardships.coded(scaled(sound, 24000), random)
    for stretch, start in zip(group, starts, strict=True):
        span = _span(start, len(stretch.samples), change, len(heard))
        if span.stop - span.start >= SHORTEST:
            yield _pair(stretch, np.ascontiguousarray(heard[span]), change, recipe, random)


def _span(start: int, size: int, change: Change, most: int) -> slice:
    return slice(int(start / change.tempo), min(most, int((start + size) / change.tempo)))


def _pair(stretch: Stretch, heard: Samples, change: Change, recipe: Recipe, random: Generator) -> Pair:
    powers, left = features.spectrum(heard), change.tempo
    if recipe.is_undone:
        pitch, undone = change.pitch * (1 + random.normal(0, 0.004)), change.tempo * (1 + random.uniform(-0.003, 0.003))
        bands = features.band_powers(powers, pitch=pitch, at=features.stretched(len(powers), undone))
        left = 1.0
    else:
        bands = features.band_powers(powers)
    clean = features.band_powers(features.spectrum(stretch.samples))
    where = (stretch.source, stretch.first, stretch.is_revoiced)
    return Pair(log_bands(clean), log_bands(bands), left, *where)


def _change(samples: Samples, recipe: Recipe, random: Generator) -> Change:
    kind, factor = random.choice(recipe.changes), random.uniform(1 - recipe.largest, 1 + recipe.largest)
    if kind == "speed":
        return _faster(samples, factor)
    if kind == "tempo":
        return Change(tempo(samples, factor), tempo=factor)
    if kind == "pitch":
        higher = _faster(samples, 1 + (factor - 1) * recipe.pitch_share)
        return Change(tempo(higher.samples, 1 / higher.pitch), pitch=higher.pitch)
    return Change(samples)


def _faster(samples: Samples, factor: float) -> Change:
    ratio = Fraction(factor).limit_denominator(200)
    played = resample_poly(samples.astype(np.float64), ratio.denominator, ratio.numerator)
    return Change(scaled(played), float(ratio), float(ratio))
