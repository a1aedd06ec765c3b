"""When a passage counts as found: how many rare bits at which share of it (tests/benchmarks/bench_text.py measures)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from forensics.fingerprints.text.alignment import Alignment

Floats = npt.NDArray[np.float64]


class Rule(NamedTuple):
    """Enough: at least this share of the passage, this many rare bits, this many of them in one stretch."""

    coverage: float
    told_bits: float
    run_bits: float


RULES: Final = (
    Rule(0.8, 40.0, 34.0),
    Rule(0.65, 55.0, 45.0),
    Rule(0.5, 75.0, 55.0),
    Rule(0.0, 84.0, 84.0),  # one sentence of a long transcript
)
"""The less of a passage stands there, the more it has to tell; about seven bits a word."""
WEAK_BELOW_BITS: Final = RULES[0].told_bits
"""A passage that tells less than this, whole, is never named by itself."""
COMBINED_ITEMS: Final = 5
COMBINED_BITS: Final = 100.0
PART_COVERAGE: Final = 0.6
CLIPS_BITS: Final = 2.0
MOST_CLIPS: Final = 16
"""Of a package: more are a heap of clips, of which two fit almost anything of their kind."""
PAGE: Final = 64
"""Elements of a short letter."""
TOGETHER_BITS: Final = 45.0
"""What parts of two clips tell together, beyond their cost: in 500 letters of other words no two told more than 24."""


def is_accepted(place: Alignment) -> bool:
    """Say whether a passage found like this is no accident."""
    return any(
        place.coverage >= rule.coverage and place.told_bits >= rule.told_bits and place.run_bits >= rule.run_bits
        for rule in RULES
    )


def can_be_accepted(coverage: Floats, told_bits: Floats) -> npt.NDArray[np.bool_]:
    """The same of upper bounds, column by column: False means that no window can be accepted."""
    enough = np.zeros(len(coverage), np.bool_)
    for rule in RULES:
        enough |= (coverage >= rule.coverage) & (told_bits >= rule.told_bits)
    return enough


def cost_of_part(clips: Floats, text: int) -> Floats:
    """Bits that each part of a clip has to tell before it counts, in a package of that many clips.

    `text` is its length in elements. The more clips and the longer the text, the more chance finds parts in it.
    """
    cost: Floats = CLIPS_BITS * np.log2(np.maximum(1.0, clips / 2)) + np.log2(max(text, PAGE) / PAGE)
    return np.where(clips <= MOST_CLIPS, cost, np.inf)


def is_combination(places: Sequence[Alignment]) -> bool:
    """Say whether passages too weak to be named alone, all of one package and whole, are no accident together."""
    return len(places) >= COMBINED_ITEMS and sum(place.told_bits for place in places) >= COMBINED_BITS
