"""Sounds that are not speech and are like each other: silence, hum, tones, ringing, keys, noise, beats."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import chirp

from forensics.fingerprints.audio.features import RATE_HZ
from tests.benchmarks.audio_corpus import Clip
from tests.benchmarks.audio_harms import pink, room

Sound = Callable[[NDArray[np.float64], Generator], NDArray[np.float64]]
"""Seconds of each sample in; the sound out, at most 1."""

KEYS_HZ = [(low, high) for low in (697, 770, 852, 941) for high in (1209, 1336, 1477, 1633)]


def silence(t: NDArray[np.float64], random: Generator) -> NDArray[np.float64]:
    """Nothing, a constant, or the last bit."""
    return np.full(len(t), random.choice([0.0, 0.2])) + random.choice([0.0, 1.0]) * random.integers(-1, 2, len(t)) / 2e4


def hum(t: NDArray[np.float64], random: Generator) -> NDArray[np.float64]:
    """Mains of 50 or 60 Hz with overtones."""
    base = random.choice([50, 60])
    return sum(np.sin(2 * np.pi * base * n * t + n) * random.uniform(0.1, 1) / n for n in range(1, 20)) / 3


def tone(t: NDArray[np.float64], random: Generator) -> NDArray[np.float64]:
    """One sine."""
    return np.sin(2 * np.pi * random.uniform(100, 3500) * t)


def beat(t: NDArray[np.float64], random: Generator) -> NDArray[np.float64]:
    """A tone or noise that swells as often as syllables do."""
    carrier = random.choice([tone, hiss])(t, random)
    return carrier * (1 + np.sin(2 * np.pi * random.uniform(2, 9) * t)) / 2


def ring(t: NDArray[np.float64], random: Generator) -> NDArray[np.float64]:
    """Ringing, busy and dial tones of several countries."""
    low, high, on_s, off_s = [
        (440, 480, 2.0, 4.0),
        (400, 450, 0.4, 0.2),
        (425, 425, 1.0, 4.0),
        (480, 620, 0.5, 0.5),
        (350, 440, 9.0, 0.0),
        (425, 425, 0.48, 0.48),
    ][int(random.integers(6))]
    is_on = (t + random.uniform(0, 1)) % (on_s + off_s) < on_s
    return (np.sin(2 * np.pi * low * t) + np.sin(2 * np.pi * high * t)) / 2 * is_on


def keys(t: NDArray[np.float64], random: Generator) -> NDArray[np.float64]:
    """Telephone keys (DTMF)."""
    length_s = random.uniform(0.08, 0.25)
    number = (t // (2 * length_s)).astype(int)
    dialled = np.array(KEYS_HZ)[random.integers(0, 16, number.max() + 1)][number]
    return np.sin(2 * np.pi * dialled * t[:, None]).sum(axis=1) / 2 * (t % (2 * length_s) < length_s)


def hiss(t: NDArray[np.float64], random: Generator) -> NDArray[np.float64]:
    """White noise."""
    return random.standard_normal(len(t)) / 4


def rumble(t: NDArray[np.float64], random: Generator) -> NDArray[np.float64]:
    """Pink noise with slow swells, as in a room or a car."""
    noise = pink(len(t), random)
    return noise / np.abs(noise).max() * (1 + 0.5 * np.sin(2 * np.pi * random.uniform(0.05, 0.6) * t))


def hall(t: NDArray[np.float64], random: Generator) -> NDArray[np.float64]:
    """The noise of a room, played and recorded again."""
    return room((rumble(t, random) * 8000).astype(np.int16), random).astype(np.float64) / 32768


def clicks(t: NDArray[np.float64], random: Generator) -> NDArray[np.float64]:
    """Steady or irregular clicks."""
    out = np.zeros(len(t))
    gaps = random.exponential(random.uniform(0.05, 0.4), 400) if random.random() < 0.5 else np.full(400, 0.2)
    at = (np.cumsum(gaps + 0.01) * RATE_HZ).astype(int)
    out[at[at < len(t)]] = 1.0
    return np.convolve(out, np.exp(-np.arange(80) / random.uniform(3, 30)))[: len(t)]


def sweep(t: NDArray[np.float64], random: Generator) -> NDArray[np.float64]:
    """Tones that glide, once or again and again."""
    period_s = random.choice([0.5, 1.0, 3.0, 10.0])
    return chirp(t % period_s, random.uniform(100, 1000), period_s, random.uniform(1000, 3800))


SOUNDS: tuple[Sound, ...] = (silence, hum, tone, beat, ring, keys, hiss, rumble, hall, clicks, sweep)


def gates(count: int, seed: int) -> list[Clip]:
    """That many sounds in turn, of 1 to 10 seconds, some with a little noise."""
    clips = []
    for number in range(count):
        random = np.random.default_rng([seed, number])
        sound = SOUNDS[number % len(SOUNDS)]
        t = np.arange(int(random.uniform(1, 10) * RATE_HZ)) / RATE_HZ
        loudness = 10 ** random.uniform(2.3, 4.2)
        values = loudness * sound(t, random) + random.choice([0.0, 3.0, 30.0]) * random.standard_normal(len(t))
        samples = np.clip(np.rint(values), -32768, 32767).astype(np.int16)
        clips.append(Clip(f"{sound.__name__}-{number}", sound.__name__, samples))
    return clips
