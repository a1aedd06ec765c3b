"""What a system answered, and what it is worth: recall at a false-positive rate, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FALSE_RATE = 0.001
"""False positives per negative at which recall is reported."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One query's answer: the clip on top and its score.

    `is_right` says that it is the one asked for (False for a negative); `is_accepted` that it, or for a negative
    anything, is above the shipped threshold; `is_stray` that a clip was accepted whose sound is not there.
    """

    item: str
    score: float
    is_right: bool = False
    is_accepted: bool = False
    is_stray: bool = False
    offset_ms: float = float("nan")
    cpu_ms: float = 0.0


def threshold(negatives: list[Reply], rate: float = FALSE_RATE) -> float:
    """The lowest score that at most that share of the negatives exceeds."""
    allowed = int(rate * len(negatives))
    scores = sorted((reply.score for reply in negatives), reverse=True)
    return scores[allowed] if allowed < len(scores) else 0.0


def recall(replies: list[Reply], above: float) -> int:
    """How many have the right clip on top with a higher score."""
    return sum(reply.is_right and reply.score > above for reply in replies)


def wilson(successes: int, count: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share."""
    if not count:
        return 0.0, 1.0
    z, share = 1.96, successes / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def percent(successes: int, count: int) -> str:
    """A share with its interval, as in ` 97.0 (92-99)`."""
    low, high = wilson(successes, count)
    return f"{100 * successes / max(count, 1):5.1f} ({100 * low:2.0f}-{100 * high:3.0f})"
