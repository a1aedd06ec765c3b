"""What people are told of an acoustic match: how speed and pitch were changed, and how likely it is mere chance."""

from __future__ import annotations

import math

LEAST = 1e-9
"""Smaller probabilities are said to be smaller than this: no calibration reaches further."""
COMMON = 0.5
LEAST_CHANGE = 0.005
"""Change of speed or pitch from which it is told."""
TOGETHER = 0.01
"""Pitch and speed that differ by no more than this were changed as one."""


def odds(probability: float) -> str:
    """`1 in 40,000`, rounded to two digits; `less than 1 in 1,000,000,000`; `more than 1 in 2`."""
    if math.isnan(probability) or probability > COMMON:
        return f"more than 1 in {1 / COMMON:.0f}"
    if probability < LEAST:
        return f"less than 1 in {1 / LEAST:,.0f}"
    count = 1 / probability
    digits = 1 - math.floor(math.log10(count))
    return f"1 in {round(count, min(digits, 0)):,.0f}"


def changes(speed: float, pitch: float) -> list[str]:
    """What was done to the clip, if anything: `at 105 % speed`, `at 95 % tempo, pitch kept`, `pitch 1.0 semitones up`.

    Both are the recording's over the clip's; one that is no positive number is not told.
    """
    is_faster = speed > 0 and abs(speed - 1) >= LEAST_CHANGE
    is_shifted = pitch > 0 and abs(pitch - 1) >= LEAST_CHANGE
    if not is_faster:
        return [_semitones(pitch)] if is_shifted else []
    if is_shifted and abs(pitch / speed - 1) < TOGETHER:
        return [f"at {speed * 100:.0f} % speed"]
    return [f"at {speed * 100:.0f} % tempo", _semitones(pitch) if is_shifted else "pitch kept"]


def _semitones(pitch: float) -> str:
    steps = 12 * math.log2(pitch)
    return f"pitch {abs(steps):.1f} semitones {'up' if steps > 0 else 'down'}"
