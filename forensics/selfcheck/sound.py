"""A voice that nobody has: vowels and noises in a row, drawn from a seed, so that a clip holds nothing of a person.

Source and filter, as in Fant, *Acoustic Theory of Speech Production* (1960): a pulse for every turn of the glottis
through three resonances that move from syllable to syllable, with bursts of noise for consonants between them.
"""

from __future__ import annotations

import io
import wave
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

RATE: Final = 8000
SYLLABLES: Final = 26
_LOUD: Final = 9000.0
_VOWELS: Final = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
    (640, 1190, 2390),
    (390, 1990, 2550),
    (440, 1020, 2240),
)
"""First three formants of vowels in Hz (Peterson and Barney, 1952, men)."""
_WIDTHS: Final = (80.0, 110.0, 160.0)

_STEPS: Final = 8
_RINGING: Final = 240

Samples = NDArray[np.int16]
Sound = NDArray[np.float64]


def voice(seed: bytes) -> Samples:
    """About five seconds at 8,000 Hz, mono: always the same for the same seed."""
    random = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))
    pieces = []
    for _ in range(SYLLABLES):
        pieces.append(_consonant(random))
        pieces.append(_vowel(random))
    sound = np.concatenate(pieces)
    return np.asarray(sound * (_LOUD / np.abs(sound).max()), np.int16)


def roughened(samples: Samples, seed: bytes) -> Samples:
    """The same sound with other bytes: noise of one or two steps of 32,768, which nobody hears."""
    random = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))
    noise = random.integers(-2, 3, samples.size, dtype=np.int16)
    return np.asarray(np.clip(samples.astype(np.int32) + noise, -32768, 32767), np.int16)


def as_wave(samples: Samples) -> bytes:
    """A WAVE file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


def _vowel(random: Generator) -> Sound:
    """A glide from one vowel to another, on a falling or rising tone."""
    size = int(RATE * random.uniform(0.09, 0.2))
    pitch = np.linspace(random.uniform(95, 190), random.uniform(95, 190), size)
    turns = np.floor(np.cumsum(pitch) / RATE)
    pulses = np.diff(turns, prepend=0.0) + random.normal(0, 0.01, size)
    start, end = (np.array(_VOWELS[random.integers(len(_VOWELS))]) * random.uniform(0.92, 1.08) for _ in range(2))
    sound = np.zeros(size)
    for number, part in enumerate(np.array_split(np.arange(size), _STEPS)):
        piece = np.zeros(size)
        piece[part] = pulses[part]
        sound += _resonating(piece, start + (end - start) * number / (_STEPS - 1))
    return np.asarray(sound / np.abs(sound).max() * np.sin(np.pi * np.linspace(0.05, 0.95, size)))


def _resonating(pulses: Sound, formants: Sound) -> Sound:
    """Pulses through a resonance each, added up: the higher, the weaker."""
    time = np.arange(_RINGING) / RATE
    rings = [
        np.exp(-np.pi * width * time) * np.sin(2 * np.pi * formant * time) / (1 + rank)
        for rank, (formant, width) in enumerate(zip(formants, _WIDTHS, strict=True))
    ]
    return np.convolve(pulses, np.sum(rings, axis=0))[: pulses.size]


def _consonant(random: Generator) -> Sound:
    """A short pause or a hiss."""
    size = int(RATE * random.uniform(0.02, 0.08))
    hiss = np.diff(random.normal(0, 1, size + 1))
    return np.asarray(hiss * random.choice([0.0, 0.03, 0.12]))
