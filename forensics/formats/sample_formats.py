"""The plain sample formats: what bytes mean as a waveform, and how wide the step is that each code stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reading:
    """How bytes become samples: `size` bytes each, and for every sample the width of its quantisation step."""

    size: int
    decode: Callable[[bytes], tuple[Floats, Floats]]


def _integers(size: int, scale: float, decode: Callable[[bytes], NDArray[np.int64]]) -> Reading:
    """Whole numbers; where the low bits are always zero, the step is as much wider."""

    def read(data: bytes) -> tuple[Floats, Floats]:
        numbers = decode(data[: len(data) // size * size])
        used = int(np.bitwise_or.reduce(numbers)) if len(numbers) else 0
        samples: Floats = numbers.astype(np.float64) * scale
        steps: Floats = np.full(len(numbers), (used & -used or 1) * scale, dtype=np.float64)
        return samples, steps

    return Reading(size, read)


def _linear(kind: str, scale: float) -> Reading:
    return _integers(np.dtype(kind).itemsize, scale, lambda data: np.frombuffer(data, kind).astype(np.int64))


def _three_bytes(data: bytes, order: int = 1) -> NDArray[np.int64]:
    parts = np.frombuffer(data, np.uint8).reshape(-1, 3)[:, ::order].astype(np.int64)
    numbers: NDArray[np.int64] = parts[:, 0] + (parts[:, 1] << 8) + ((parts[:, 2] ^ 0x80) - 0x80 << 16)
    return numbers


_LEAST_LOUD = 16.0
"""Of 16-bit samples: two floats of single precision, taken for one of double, are next to nothing."""
_PRECISION = {4: (2.0**-24, 2.0**-8), 8: (2.0**-53, 2.0**-40)}
"""By bytes of a float: the step of its mantissa, and the least step that is told apart, in units of 16-bit samples."""


def _floats(kind: str, data: bytes) -> tuple[Floats, Floats]:
    with np.errstate(invalid="ignore", over="ignore"):
        samples: Floats = np.frombuffer(data, kind).astype(np.float64) * 32768
        is_sound = bool((np.abs(samples) < 1e6).all()) and bool((np.abs(samples) > _LEAST_LOUD).any())
        if not is_sound:
            return np.full(len(samples), np.nan), np.ones(len(samples))
        is_whole = np.array_equal(samples, np.rint(samples))
    mantissa, least = _PRECISION[np.dtype(kind).itemsize]
    steps: Floats = np.ones(len(samples)) if is_whole else np.maximum(np.abs(samples) * mantissa, least)
    return samples, steps


@cache
def mulaw_table() -> Floats:
    """Linear value of every mu-law code, 16-bit scale (ITU-T G.711)."""
    codes = ~np.arange(256) & 0xFF
    magnitude = ((codes & 0x0F) << 3) + 0x84 << ((codes & 0x70) >> 4)
    table: Floats = np.where(codes & 0x80, 0x84 - magnitude, magnitude - 0x84).astype(np.float64)
    return table


@cache
def alaw_table() -> Floats:
    """Linear value of every A-law code, 16-bit scale (ITU-T G.711)."""
    codes = np.arange(256) ^ 0x55
    segment, mantissa = (codes & 0x70) >> 4, (codes & 0x0F) << 4
    magnitude = np.where(segment == 0, mantissa + 8, mantissa + 0x108 << np.maximum(segment - 1, 0))
    table: Floats = np.where(codes & 0x80, magnitude, -magnitude).astype(np.float64)
    return table


def _table(values: Callable[[], Floats]) -> Reading:
    def decode(data: bytes) -> tuple[Floats, Floats]:
        table = values()
        order = np.argsort(table, kind="stable")
        steps = np.empty(256)
        steps[order] = np.maximum(np.gradient(table[order]), 1.0)
        codes = np.frombuffer(data, np.uint8)
        return table[codes], steps[codes]

    return Reading(1, decode)


FORMATS: dict[str, Reading] = {
    "pcm_s16le": _linear("<i2", 1.0),
    "pcm_s16be": _linear(">i2", 1.0),
    "pcm_mulaw": _table(mulaw_table),
    "pcm_alaw": _table(alaw_table),
    "pcm_u8": _integers(1, 256.0, lambda data: np.frombuffer(data, np.uint8).astype(np.int64) - 128),
    "pcm_s8": _linear("i1", 256.0),
    "pcm_s24le": _integers(3, 2.0**-8, _three_bytes),
    "pcm_s24be": _integers(3, 2.0**-8, partial(_three_bytes, order=-1)),
    "pcm_s32le": _linear("<i4", 2.0**-16),
    "pcm_f32le": Reading(4, partial(_floats, "<f4")),
    "pcm_f32be": Reading(4, partial(_floats, ">f4")),
    "pcm_f64le": Reading(8, partial(_floats, "<f8")),
}
"""By FFmpeg's names."""
