"""When a passage counts as found: how many rare bits at which share of it (tests/benchmarks/bench_text.py measures)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from forensics.fingerprints.text.alignment import Alignment

WHOLE_COVERAGE: Final = 0.8
WHOLE_BITS: Final = 40.0
PART_COVERAGE: Final = 0.5
PART_BITS: Final = 60.0
RUN_BITS: Final = 90.0
"""A stretch this telling needs no share of its passage: one sentence of a long transcript."""
COMBINED_ITEMS: Final = 5
COMBINED_BITS: Final = 100.0


def is_accepted(place: Alignment) -> bool:
    """Say whether a passage found like this is no accident."""
    return (
        (place.coverage >= WHOLE_COVERAGE and place.told_bits >= WHOLE_BITS)
        or (place.coverage >= PART_COVERAGE and place.told_bits >= PART_BITS)
        or place.run_bits >= RUN_BITS
    )


def is_combination(places: Sequence[Alignment]) -> bool:
    """Say whether passages too weak to be named alone, all of one package and whole, are no accident together."""
    return len(places) >= COMBINED_ITEMS and sum(place.told_bits for place in places) >= COMBINED_BITS
