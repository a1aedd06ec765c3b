"""Whether codes that were heard are those of a clip: of two fingerprints, nothing of the sound is needed."""

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
"""Between two fine codes."""


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


def heard_codes(samples: NDArray[np.int16]) -> bytes:
    """What `spoken` gives of a recording, mono at 8,000 Hz, as bytes; none of one with too little speech."""
    values = spoken(encode(samples))
    return values.astype("<u8").tobytes() if len(values) >= LEAST_CODES else b""


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
