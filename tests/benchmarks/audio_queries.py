"""The questions: registered clips after each distortion, with the truth about where they are; kept on the shelf."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.benchmarks import audio_corpus, audio_distortions, audio_harms
from tests.benchmarks import audio_shelf as shelf
from tests.benchmarks.audio_corpus import Clip, Samples
from tests.benchmarks.audio_distortions import Distortion, catalogue, impossible
from tests.benchmarks.audio_registry import SEED, Speech

CHUNK = 20
"""Queries in a file of the shelf: asking for more keeps those that are there."""
MAIN = (
    *("exact", "mp3_32k", "mp3_16k", "opus_12k", "gsm", "speex", "ulaw", "resample", "ex3", "ex2", "ex1"),
    *("speed_3", "speed_5", "speed_10", "tempo_5", "pitch_1", "white_10", "white_0", "babble_5", "music_5"),
    *("rerecord", "embed60", "voicenote", "phone"),
)
"""The 24 distortions whose mean is reported."""
IMPOSSIBLE = (
    *("ex05", "speed_25", "tempo_15", "pitch_3", "white_m5", "babble_0", "music_0", "regsm_2s", "note_1.5s"),
    "phone_2s",
)
LEAST_S = {"ex5": 5.5, "ex3": 3.3, "phone": 3.3, "voicenote": 2.8}
"""Clips shorter than that are not asked for after such a distortion: an excerpt must leave something out."""
SHORTEST_S = 2.3


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked, and what the answer should be.

    `item` is the registered clip; second t of the query is second `start_s + speed * t` of it.
    """

    item: str
    samples: Samples
    start_s: float
    speed: float


class Queries:
    """Queries by kind, made when asked for."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech
        arguments = speech.surroundings, speech.tunes
        self._kinds: dict[str, Distortion] = {**catalogue(*arguments), **impossible(*arguments)}
        self.key = shelf.digest(
            [(clip.name, len(clip.samples)) for clip in speech.asked],
            [len(samples) for samples in (*speech.surroundings, *speech.tunes)],
            (SEED, LEAST_S, SHORTEST_S),
            audio_corpus,
            audio_distortions,
            audio_harms,
        )

    def kinds(self, named: list[str]) -> list[str]:
        """Those of the names that can be made here, in order."""
        unknown = [name for name in named if name not in self._kinds and name not in MAIN + IMPOSSIBLE]
        if unknown:
            raise SystemExit(f"no such distortion: {', '.join(unknown)}; there are {', '.join(self._kinds)}")
        return [name for name in named if name in self._kinds]

    def of(self, kind: str, count: int) -> list[Query]:
        """The first `count` queries of a kind; the same clips for every kind, as far as they are long enough."""
        clips = [clip for clip in self._speech.asked if clip.seconds >= LEAST_S.get(kind, SHORTEST_S)]
        queries: list[Query] = []
        for first in range(0, min(count, len(clips)), CHUNK):
            chunk = clips[first : first + CHUNK]
            arrays = shelf.keep_arrays(
                f"queries/{kind}-{first}",
                self.key,
                lambda chunk=chunk: [self._distort(kind, clip) for clip in chunk],  # type: ignore[misc]
            )
            queries += [Query(about["item"], samples, about["start_s"], about["speed"]) for about, samples in arrays]
        return queries[:count]

    def _distort(self, kind: str, clip: Clip) -> tuple[dict[str, object], Samples]:
        seed = [SEED, *kind.encode(), 0, *clip.name.encode()]
        samples, start_s, speed = self._kinds[kind](np.array(clip.samples), np.random.default_rng(seed))
        return {"item": clip.name, "start_s": float(start_s), "speed": float(speed)}, samples
