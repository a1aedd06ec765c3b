"""What calibration asks: leaks of clips of the tune half, and recordings that hold nothing registered.

Of the tune half, every second prompt is registered; the rest, readings, words and music are negatives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tests.benchmarks import audio_corpus as corpus
from tests.benchmarks.audio_corpus import Clip, Samples
from tests.benchmarks.audio_distortions import catalogue, impossible

SEED = 77
EACH = 30
"""Questions of each kind; of the minutes, half as many."""
LEFT_OUT = ("aac_32k", "gain", "ex5")
"""Kinds that say no more than others do."""
SAME = frozenset({frozenset({"es_MX_f_Allison/dir-intro@5", "es_MX_f_Allison/dir-usingkeypad"})})
"""The same take, but a phrase too short for `takes` to tell."""


@dataclass(frozen=True, slots=True)
class Question:
    """A changed clip."""

    kind: str
    name: str
    samples: Samples


class Tuning:
    """Clips that are registered, and clips that are not."""

    def __init__(self, share: float = 1.0) -> None:
        prompts = corpus.split(corpus.prompts(), "tune")
        self.readings = corpus.split(corpus.long_prompts(), "tune")
        self.registered = prompts[::2]
        short = corpus.split(corpus.prompts(0.8, 2.0), "tune")
        others = prompts[1::2] + self.readings + corpus.split(corpus.words(), "tune") + corpus.music() + short
        self.negatives = others[:: max(1, round(1 / share))]

    @property
    def clips(self) -> list[Clip]:
        """All of them: unrelated sounds."""
        return self.registered + self.negatives

    def questions(self, each: int = EACH) -> Iterator[Question]:
        """Every kind of harm, to that many clips each."""
        voices, tunes = [clip.samples for clip in self.readings], [clip.samples for clip in corpus.music()[1::2]]
        random = np.random.default_rng(SEED)
        for kind, harm in {**catalogue(voices, tunes), **impossible(voices, tunes)}.items():
            if kind in LEFT_OUT:
                continue
            count = max(1, each // 2) if kind == "embed60" else each
            for number in random.permutation(len(self.registered))[:count].tolist():
                clip = self.registered[number]
                samples, _, _ = harm(clip.samples, random)
                yield Question(kind, clip.name, samples)


def is_known_take(one: str, other: str) -> bool:
    """Say whether two clips are known to hold the same take where their waveforms are too short to say so."""
    return frozenset({one, other}) in SAME
