"""Who is registered, who asks and who must be refused, and how a registry grows to a given size.

Of the `report` half of the human speech, every second clip is registered and may be asked for; the rest is never
registered and makes the negatives. The whole `tune` half is registered as filler, with synthetic voices and, up to
the size asked for, with collages: pieces of the filler, strung together anew at other speeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forensics.fingerprints.audio.features import RATE_HZ
from tests.benchmarks import audio_corpus as corpus
from tests.benchmarks import audio_shelf as shelf
from tests.benchmarks.audio_corpus import Clip, Samples, kept, synthetic
from tests.benchmarks.audio_takes import takes
from tests.benchmarks.audio_texts import VARIANTS, Sentence, sentences

SEED = 9
SPOKEN, RETAKEN = 1500, 150
"""Synthetic clips that are registered, and how many of them are spoken again as negatives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How a synthetic voice speaks."""

    name: str
    speed: int
    pitch: int
    gap: int = 0

    def say(self, text: str) -> Samples:
        """Samples at 8,000 Hz."""
        return synthetic(text, self.name, speed=self.speed, pitch=self.pitch, gap=self.gap)


class Speech:
    """The human speech of the bench, by what it is for."""

    def __init__(self) -> None:
        prompts = corpus.prompts()
        if not prompts or not corpus.music():
            raise SystemExit("the speech packages are not installed: make bench-audio installs them")
        long = corpus.long_prompts()
        report, readings = corpus.split(prompts, "report"), corpus.split(long, "report")
        self.registered = report[::2] + readings[::2]
        self.filler = corpus.split(prompts, "tune") + corpus.split(long, "tune")
        short = corpus.split(corpus.prompts(0.8, 1.999), "report")
        unregistered = report[1::2] + readings[1::2] + short
        everything = self.registered + self.filler
        self.dropped = takes(unregistered, everything)
        self.unregistered = [clip for clip in unregistered if clip.name not in self.dropped]
        twins = takes(self.registered, everything)
        single = [clip for clip in self.registered if clip.name not in twins]
        order = np.random.default_rng(SEED).permutation(len(single))
        self.asked = [single[index] for index in order]

    @cached_property
    def surroundings(self) -> list[Samples]:
        """Unregistered speech of some length, to talk over clips and around them."""
        return [np.asarray(clip.samples) for clip in self.unregistered if clip.seconds >= 3]

    @cached_property
    def tunes(self) -> list[Samples]:
        """Music to play over clips: unheard in training, but calibration plays the same pieces over its questions."""
        return [np.asarray(clip.samples) for clip in corpus.music()[1::2]]


def voices(texts: list[Sentence], count: int, seed: int) -> list[tuple[Sentence, Voice]]:
    """That many sentences, each with a voice of its language; repeated in another voice when they run out."""
    random = np.random.default_rng([SEED, seed])
    order = np.concatenate([random.permutation(len(texts)) for _ in range(count // len(texts) + 1)])[:count]
    return [
        (
            texts[index],
            Voice(
                name=texts[index].voice + str(random.choice(VARIANTS)),
                speed=int(random.integers(120, 200)),
                pitch=int(random.integers(15, 85)),
            ),
        )
        for index in order
    ]


def spoken(name: str, said: list[tuple[Sentence, Voice]], least_s: float = 2.0, most_s: float = 10.0) -> list[Clip]:
    """Synthetic clips, cut to the longest length; those that come out shorter than the least are left out."""

    def make() -> list[Clip]:
        clips = (
            Clip(f"{name}-{number}", voice.name, voice.say(sentence.text)[: int(most_s * RATE_HZ)])
            for number, (sentence, voice) in enumerate(said)
        )
        return [clip for clip in clips if clip.seconds >= least_s]

    return kept(f"spoken/{name}", shelf.digest(said, least_s, most_s), make)


def registered_voices() -> list[tuple[Sentence, Voice]]:
    """What is registered of synthetic speech."""
    return voices(sentences("filler"), SPOKEN, 1)


def collages(sources: list[Clip], count: int) -> Iterator[Clip]:
    """Clips of 2 to 8 seconds, each of pieces of 0.6 to 2 seconds of the sources at 0.85 to 1.18 times the speed.

    Each depends on its number alone, so that one can be made again.
    """
    for number in range(count):
        yield collage(sources, number)


def collage(sources: list[Clip], number: int) -> Clip:
    """The collage with that number."""
    random = np.random.default_rng([SEED, 77, number])
    length, pieces = int(random.uniform(2, 8) * RATE_HZ), []
    while sum(map(len, pieces)) < length:
        source = sources[int(random.integers(len(sources)))].samples
        size = min(int(random.uniform(0.6, 2.0) * RATE_HZ), len(source))
        start = int(random.integers(len(source) - size + 1))
        factor = random.uniform(0.85, 1.18)
        at = np.arange(int((size - 1) / factor)) * factor
        pieces.append(np.interp(at, np.arange(size), source[start : start + size]))
    joined = np.concatenate(pieces)[:length]
    return Clip(f"collage-{number}", "collage", np.rint(joined).astype(np.int16))


class Registry:
    """The registered clips in order: human voices first, then synthetic ones, then collages up to `size`."""

    def __init__(self, speech: Speech, size: int) -> None:
        self.spoken = spoken("registered", registered_voices())
        real = speech.registered + speech.filler
        self._whole = (real + self.spoken)[: max(size, len(real))]
        self._sources = speech.filler + self.spoken
        self.spoken_count = len(self._whole) - len(real)
        self.collages = max(0, size - len(self._whole))
        self.size = len(self._whole) + self.collages
        self.key = shelf.digest(
            [clip.name for clip in self._whole], [len(clip.samples) for clip in self._sources], SEED
        )
        self._by_name = {clip.name: clip for clip in self._whole}

    def __iter__(self) -> Iterator[Clip]:
        yield from self._whole
        yield from collages(self._sources, self.collages)

    def samples(self, name: str) -> Samples:
        """The samples of a registered clip."""
        if name.startswith("collage-"):
            return collage(self._sources, int(name.removeprefix("collage-"))).samples
        return self._by_name[name].samples
