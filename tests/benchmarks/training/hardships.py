"""What one clip goes through alone, noise and a room, and what many go through together, a codec; drawn at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from forensics.fingerprints.audio.features import RATE_HZ
from tests.benchmarks.audio_corpus import Samples
from tests.benchmarks.audio_harms import delay_s, gsm, pink, room, scaled, through_ffmpeg, transcode

Sound = NDArray[np.float64]

NOISES = {"none": 0.2, "white": 0.2, "pink": 0.12, "babble": 0.2, "music": 0.2, "band": 0.08}
"""Kinds of noise and how often each is drawn."""
LEAST_DB, MOST_DB = -4.0, 16.0
CODECS = ("none", "none", "none", "opus", "opus", "mp3", "gsm", "gsm", "speex", "ulaw")
ALIGNED = 20 * RATE_HZ
"""Samples from which a codec's delay is measured."""


@dataclass(frozen=True, slots=True)
class Around:
    """Who talks and what plays over a clip."""

    talk: list[Samples]
    tunes: list[Samples]


def noisy(clip: Sound, around: Around, random: Generator) -> Sound:
    """With noise 4 dB above to 16 dB below it, in a quarter of the cases in a room; same length, same peak."""
    kind = str(random.choice(list(NOISES), p=list(NOISES.values())))
    decibels = random.uniform(LEAST_DB, MOST_DB)
    sound = clip
    if kind != "none":
        noise = _noise(kind, len(clip), around, random)
        sound = clip + noise * np.sqrt(np.mean(clip**2) / (np.mean(noise**2) + 1e-9) / 10 ** (decibels / 10))
    if random.random() < 0.25:
        sound = room(scaled(sound), random).astype(np.float64)
    level: Sound = sound * (8000 / (np.max(np.abs(sound)) + 1))
    return level


def coded(samples: Samples, random: Generator) -> Samples:
    """After a codec, its delay taken away; same length."""
    codec = str(random.choice(CODECS))
    if codec == "none":
        return samples
    after = _transcoded(samples, codec, random)
    lag = round(delay_s(samples[:ALIGNED], after[:ALIGNED], 3000 / RATE_HZ) * RATE_HZ)
    moved = after[lag:] if lag >= 0 else np.concatenate([np.zeros(-lag, np.int16), after])
    return np.concatenate([moved, np.zeros(max(0, len(samples) - len(moved)), np.int16)])[: len(samples)]


def _noise(kind: str, count: int, around: Around, random: Generator) -> Sound:
    if kind == "white":
        return np.asarray(random.standard_normal(count), np.float64)
    if kind == "pink":
        return pink(count, random)
    if kind == "babble":
        return _crowd(around.talk, count, random)
    if kind == "music":
        return _drawn(around.tunes, count, random)
    lowest = random.uniform(150, 2500)
    highest = min(3900.0, lowest * random.uniform(1.3, 3))
    band = butter(2, (lowest, highest), "bandpass", fs=RATE_HZ, output="sos")
    filtered: Sound = sosfilt(band, random.standard_normal(count))
    return filtered


def _crowd(talk: list[Samples], count: int, random: Generator) -> Sound:
    """One to six people talking at once."""
    people: Sound = np.sum([_drawn(talk, count, random) for _ in range(int(random.integers(1, 7)))], axis=0)
    return people


def _drawn(sounds: list[Samples], count: int, random: Generator) -> Sound:
    """One of them from anywhere on, repeated as needed, of power one."""
    sound = sounds[int(random.integers(len(sounds)))].astype(np.float64)
    return np.resize(np.roll(sound / (np.std(sound) + 1e-9), int(random.integers(len(sound)))), count)


def _transcoded(samples: Samples, codec: str, random: Generator) -> Samples:
    if codec == "opus":
        rate = int(random.choice([6000, 9000, 12000, 16000]))
        return transcode(samples, "libopus", "ogg", rate_hz=48000, bit_rate=rate)
    if codec == "mp3":
        rate = int(random.choice([8000, 16000, 24000]))
        return transcode(samples, "libmp3lame", "mp3", rate_hz=8000, bit_rate=rate)
    if codec == "speex":
        return through_ffmpeg(
            samples, "-c:a", "libspeex", "-b:a", str(random.choice(["4k", "8k", "15k"])), container="ogg"
        )
    return gsm(samples) if codec == "gsm" else transcode(samples, "pcm_mulaw", "wav", rate_hz=RATE_HZ)
