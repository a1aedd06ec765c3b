"""Whether codes that were heard are those of a clip: of two fingerprints, nothing of the sound is needed.

A pitch that was changed by more than about two percent makes other codes, and is not told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.codes import Codes, encode

LEAST_CODES = 25
"""Codes that must lie side by side: 2 s of speech."""
LIKE = 0.85
"""Share of bits from which two stretches are one take: 0.96 and more after Opus at 16 kbit/s (20 clips), at most 0.64
between other speech (1,180 pairs), at most 0.8 for the same words in a synthetic voice that differs by its timbre
alone (12 pairs)."""
CODE_BITS = 64
CODE_S = 0.08
"""Between two fine codes of a clip."""
_GRID, _PER_CODE = 160, 4
GRID_S = CODE_S / _PER_CODE
_FEW = 20
"""Codes of a clip that are laid at every place and rough tempo."""
_ROUGH_TEMPI, _FINE_TEMPI = np.arange(0.9, 1.101, 0.02), np.arange(-0.01, 0.0101, 0.005)
_NEAR = 12
"""Places around a rough one that are looked at with all codes."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How far codes that were heard agree with a clip's: the share of bits over `codes` of them, and where in each."""

    share: float
    codes: int
    heard_at: int
    clip_at: int


def spoken(codes: Codes) -> NDArray[np.uint64]:
    """The fine codes of a clip that hold sound that changes: those that are kept of what was heard."""
    values: NDArray[np.uint64] = codes.values[1::2][codes.is_usable[1::2]]
    return values


def sounding(samples: NDArray[np.int16]) -> bytes:
    """The fine codes of a recording, mono at 8,000 Hz, every GRID_S: 8 bytes each, little-endian, 0 where there is no
    sound that changes; nothing of one with too little speech. The grid is fine so that a cut falls near it."""
    parts = [encode(samples[offset:]) for offset in range(0, _PER_CODE * _GRID, _GRID)]
    found = np.zeros(_PER_CODE * max(len(part.values[1::2]) for part in parts), np.uint64)
    for number, part in enumerate(parts):
        values = np.where(part.is_usable[1::2], part.values[1::2], np.uint64(0))
        found[number : number + _PER_CODE * len(values) : _PER_CODE] = values
    return found.astype("<u8").tobytes() if np.count_nonzero(found) >= _PER_CODE * LEAST_CODES else b""


def lay(heard: NDArray[np.uint64], clip: Codes) -> Likeness:
    """The best of all ways to lay a clip along what `sounding` gave, at any place and a tempo within a tenth.

    A few of the clip's codes choose tempo and place, all of them decide. Places count codes of either.
    """
    usable = np.flatnonzero(clip.is_usable[1::2])
    if len(usable) < LEAST_CODES:
        return Likeness(0.0, 0, 0, 0)
    values, room = clip.values[1::2], 2 * _PER_CODE * len(clip.values)
    wide = np.concatenate([np.zeros(room, np.uint64), heard, np.zeros(room, np.uint64)])
    few = usable[:: max(1, len(usable) // _FEW)]
    tried = [(*_best(wide, values, few, tempo, least=len(few) // 2), tempo) for tempo in _ROUGH_TEMPI]
    best = Likeness(0.0, 0, 0, 0)
    for _, at, _, rough in sorted(tried, reverse=True)[:2]:
        near = (max(0, at - _NEAR), at + _NEAR)
        for tempo in rough + _FINE_TEMPI:
            share, place, count = _best(wide, values, usable, tempo, least=LEAST_CODES, among=near)
            if share > best.share:
                best = Likeness(share, count, max(0, place - room), max(0, room - place))
    return best


def _best(
    wide: NDArray[np.uint64],
    values: NDArray[np.uint64],
    codes: NDArray[np.int64],
    tempo: float,
    *,
    least: int,
    among: tuple[int, int] = (0, 1 << 62),
) -> tuple[float, int, int]:
    """The share of bits, place and number of codes of the best place for these codes of a clip at a tempo."""
    at = np.rint(codes * _PER_CODE * tempo).astype(np.int64)
    places = np.arange(among[0], min(among[1], len(wide) - int(at[-1])))
    if not len(places):
        return 0.0, 0, 0
    found = wide[places[:, None] + at]
    is_heard = found != 0
    count = is_heard.sum(axis=1)
    apart = np.where(is_heard, np.bitwise_count(found ^ values[codes]), 0).sum(axis=1)
    share = np.where(count >= max(1, least), 1 - apart / (CODE_BITS * np.maximum(count, 1)), 0.0)
    top = int(share.argmax())
    return float(share[top]), int(places[top]), int(count[top])


def likeness(heard: NDArray[np.uint64], clip: NDArray[np.uint64]) -> Likeness:
    """The best of all ways to lay one along the other with LEAST_CODES in common; nothing of shorter ones."""
    best = Likeness(0.0, 0, 0, 0)
    for shift in range(LEAST_CODES - len(heard), len(clip) - LEAST_CODES + 1):
        first, at = max(0, -shift), max(0, shift)
        count = min(len(heard) - first, len(clip) - at)
        if count < LEAST_CODES:
            continue
        apart = int(np.bitwise_count(heard[first : first + count] ^ clip[at : at + count]).sum())
        share = 1 - apart / (CODE_BITS * count)
        if share > best.share:
            best = Likeness(share, count, first, at)
    return best
