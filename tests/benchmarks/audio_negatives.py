"""Recordings that hold no registered clip, by family; every one is made from seeds and can be made again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from xml.sax.saxutils import escape

import numpy as np
from numpy.random import Generator

from forensics.fingerprints.audio.features import RATE_HZ
from tests.benchmarks import audio_corpus as corpus
from tests.benchmarks import (
    audio_distortions,
    audio_gates,
    audio_harms,
    audio_registry,
    audio_texts,
)
from tests.benchmarks import audio_shelf as shelf
from tests.benchmarks.audio_corpus import Clip, Samples, kept
from tests.benchmarks.audio_registry import RETAKEN, SEED, Speech, Voice, registered_voices, spoken, voices
from tests.benchmarks.audio_texts import Sentence

COUNTS = {
    "same voices": 800,
    "the words again": 0,
    "words, many speakers": 344,
    "music": 250,
    "synthetic voices": 700,
    "same text, own voice": RETAKEN,
    "same text, other voice": RETAKEN,
    "not speech": 330,
    "babble": 150,
    "harmed": 400,
    "a minute": 40,
}
"""Families and their sizes; 0 stands for as many as there are."""
HARMS = ("gsm", "rerecord", "white_10", "white_0", "opus_12k", "speed_5", "tempo_5", "babble_5", "music_5", "phone")
SHARED_WORDS = 3
"""Words in a row that a registered prompt and another one of the same voice share, to be the words again."""


def negatives(speech: Speech, share: float = 1.0) -> dict[str, list[Clip]]:
    """Every family; of each, the given share, evenly drawn."""
    key = made_of(speech)
    makers: dict[str, Callable[[Speech], list[Clip]]] = {
        "same voices": _pieces,
        "the words again": words_again,
        "words, many speakers": lambda _: _of_any_length(corpus.words(), COUNTS["words, many speakers"], 3),
        "music": lambda _: _of_any_length(corpus.music(), COUNTS["music"], 4),
        "synthetic voices": lambda _: _synthetic(),
        "same text, own voice": lambda _: _own_voice(),
        "same text, other voice": lambda _: _other_voice(),
        "not speech": lambda _: audio_gates.gates(COUNTS["not speech"], SEED),
        "babble": _babble,
        "harmed": _harmed,
        "a minute": _minutes,
    }
    families = {}
    for name, make in makers.items():
        clips = kept(f"negatives/{name.replace(' ', '-')}", key, lambda make=make: make(speech))  # type: ignore[misc]
        stride = np.linspace(0, len(clips), round(len(clips) * share), endpoint=False).astype(int)
        families[name] = [clips[index] for index in stride]
    return families


def made_of(speech: Speech) -> str:
    """A digest of all that the negatives depend on."""
    sources = (corpus, audio_distortions, audio_gates, audio_harms, audio_registry, audio_texts)
    return shelf.digest([clip.name for clip in speech.unregistered], sys.modules[__name__], *sources)


def _pieces(speech: Speech) -> list[Clip]:
    return _of_any_length(speech.unregistered, COUNTS["same voices"], 2)


def _of_any_length(sources: list[Clip], count: int, seed: int) -> list[Clip]:
    """Pieces of 1 to 10 seconds, each from one source, or from some of one voice end to end."""
    random = np.random.default_rng([SEED, seed])
    by_voice: dict[str, list[Clip]] = {}
    for clip in sources:
        by_voice.setdefault(clip.voice, []).append(clip)
    pieces = []
    for number in range(count):
        clip = sources[number % len(sources)]
        length = int(random.uniform(1, 10) * RATE_HZ)
        samples, rest = clip.samples, by_voice[clip.voice]
        while len(samples) < length and random.random() < 0.6:
            samples = np.concatenate([samples, rest[int(random.integers(len(rest)))].samples])
        start = int(random.integers(max(1, len(samples) - length)))
        pieces.append(Clip(f"{clip.name}#{number}", clip.voice, samples[start : start + length]))
    return pieces


def words_again(speech: Speech) -> list[Clip]:
    """Unregistered prompts that share words in a row with a registered prompt of the same voice: real other takes."""
    texts = corpus.transcripts()
    registered = {
        (clip.voice, run)
        for clip in speech.registered + speech.filler
        for run in _runs(texts.get(clip.name.partition("@")[0], ""))
    }
    return [
        clip
        for clip in speech.unregistered
        if any((clip.voice, run) in registered for run in _runs(texts.get(clip.name, "")))
    ]


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    said = "".join(char if char.isalnum() or char == "'" else " " for char in text.casefold()).split()
    for start in range(len(said) - SHARED_WORDS + 1):
        yield tuple(said[start : start + SHARED_WORDS])


def _synthetic() -> list[Clip]:
    """Other sentences; none shares half a second of words with a registered one in the very same voice.

    The same words by the same voice are nearly the same sound with espeak-ng: they have a family of their own.
    """
    drawn = voices(audio_texts.sentences("negative"), 2 * COUNTS["synthetic voices"], 5)
    said = [each for each in drawn if _is_new(*each)]
    return spoken("unregistered", said[: COUNTS["synthetic voices"]], 1.0)


def _is_new(sentence: Sentence, voice: Voice) -> bool:
    """Say whether the very same voice says no half second of the sentence in a registered clip."""
    return not any((voice.name, phrase) in _registered_phrases() for phrase in audio_texts.phrases(sentence))


@cache
def _registered_phrases() -> set[tuple[str, str]]:
    return {(voice.name, phrase) for sentence, voice in registered_voices() for phrase in audio_texts.phrases(sentence)}


def _own_voice() -> list[Clip]:
    """Registered sentences by the same voice: another speed and pitch, and another stress on every word."""
    return spoken("again", retakes(registered_voices()[:RETAKEN], np.random.default_rng([SEED, 6])), 1.0)


def retakes(said: list[tuple[Sentence, Voice]], random: Generator) -> list[tuple[Sentence, Voice]]:
    """The same sentences by the same voices, as they would be said another time."""
    return [(_stressed(sentence, random), _retaken(voice, random)) for sentence, voice in said]


def _other_voice() -> list[Clip]:
    """Registered sentences by a man for a woman and a woman for a man, otherwise as another take."""
    random, again = np.random.default_rng([SEED, 7]), []
    for sentence, voice in registered_voices()[:RETAKEN]:
        others = [each for each in audio_texts.VARIANTS if ("f" in each) != ("+f" in voice.name)]
        other = replace(_retaken(voice, random), name=sentence.voice + str(random.choice(others)))
        if _is_new(sentence, other):
            again.append((_stressed(sentence, random), other))
    return spoken("others", again, 1.0)


def _retaken(voice: Voice, random: Generator) -> Voice:
    speed = round(voice.speed * (1 + random.choice([-1, 1]) * random.uniform(0.02, 0.1)))
    pitch = int(np.clip(voice.pitch + random.choice([-1, 1]) * random.integers(5, 20), 0, 99))
    return replace(voice, speed=speed, pitch=pitch)


def _stressed(sentence: Sentence, random: Generator) -> Sentence:
    """Every word a little faster or slower, higher or lower: no two takes of a person are timed alike."""
    words = [
        f'<prosody rate="{random.integers(84, 119)}%" pitch="{random.integers(-15, 16):+d}%">{escape(word)}</prosody>'
        for word in sentence.text.split()
    ]
    return replace(sentence, text=" ".join(words))


def _babble(speech: Speech) -> list[Clip]:
    talk = speech.surroundings + [clip.samples for clip in corpus.words()]
    clips = []
    for number in range(COUNTS["babble"]):
        random = np.random.default_rng([SEED, 8, number])
        mix = audio_harms.babble(talk, int(random.uniform(1, 10) * RATE_HZ), random)
        clips.append(Clip(f"babble-{number}", "babble", audio_harms.scaled(mix)))
    return clips


def _harmed(speech: Speech) -> list[Clip]:
    kinds = audio_distortions.catalogue(speech.surroundings, speech.tunes)
    clips = []
    for number, clip in enumerate(_of_any_length(speech.unregistered, COUNTS["harmed"], 9)):
        kind = HARMS[number % len(HARMS)]
        samples, _, _ = kinds[kind](clip.samples, np.random.default_rng([SEED, 10, number]))
        clips.append(Clip(f"{kind}-{clip.name}", clip.voice, samples))
    return clips


def _minutes(speech: Speech) -> list[Clip]:
    talk = speech.surroundings + [clip.samples for clip in corpus.words() + _synthetic()]
    return [
        Clip(f"minute-{number}", "several", _minute(talk, np.random.default_rng([SEED, 11, number])))
        for number in range(COUNTS["a minute"])
    ]


def _minute(talk: list[Samples], random: Generator) -> Samples:
    order = random.permutation(len(talk))[:40]
    return np.concatenate([talk[index] for index in order])[: 60 * RATE_HZ]
