"""Where in a text a registered passage stands: the window whose shingles cover most of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from forensics.fingerprints.text.shingles import members

_SLACK_ELEMENTS = 8
_STRETCH = 1.5


@dataclass(frozen=True, slots=True)
class Hit:
    """One shingle found: the query element and the passage element it begins at, its shape and its worth (0 to 1)."""

    query: int
    passage: int
    shape: int
    worth: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """The best window: query elements `[first, last]`, share of the passage's elements covered, and bits.

    `told_bits` counts only what is rare in the register and nobody's stock phrase; `run_bits`
    is the most told bits in one stretch without a hole of more than two elements.
    """

    first: int
    last: int
    coverage: float
    bits: float
    told_bits: float
    run_bits: float


def align(hits: Sequence[Hit], elements: int, bits: Sequence[float]) -> Alignment:
    """Find the window of the query, half as long again as the passage, in which most of it is covered.

    `hits` are ordered by query element; `bits` are those of the query's elements.
    """
    first, last = _best_window(hits, int(_STRETCH * elements) + _SLACK_ELEMENTS)
    covered: dict[int, tuple[float, float]] = {}
    reach = hits[first].query
    for hit in hits[first : last + 1]:
        for place in members(hit.shape):
            cost = float(bits[hit.query + place])
            known = covered.get(hit.passage + place, (0.0, 0.0))
            covered[hit.passage + place] = (max(known[0], cost), max(known[1], cost * hit.worth))
            reach = max(reach, hit.query + place)
    return Alignment(
        first=hits[first].query,
        last=reach,
        coverage=min(1.0, len(covered) / max(1, elements)),
        bits=sum(cost for cost, _ in covered.values()),
        told_bits=sum(told for _, told in covered.values()),
        run_bits=_longest_run(covered),
    )


def _best_window(hits: Sequence[Hit], width: int) -> tuple[int, int]:
    """Indexes of the first and last hit of the tightest window that covers most elements of the passage."""
    counts: Counter[int] = Counter()
    best, best_begin, best_end, begin = 0, 0, 0, 0
    for end, hit in enumerate(hits):
        counts.update(_places(hit))
        while hit.query - hits[begin].query > width or all(counts[place] > 1 for place in _places(hits[begin])):
            _remove(counts, hits[begin])
            begin += 1
        if len(counts) > best:
            best, best_begin, best_end = len(counts), begin, end
    return best_begin, best_end


def _places(hit: Hit) -> list[int]:
    return [hit.passage + place for place in members(hit.shape)]


def _remove(counts: Counter[int], hit: Hit) -> None:
    for place in _places(hit):
        counts[place] -= 1
        if not counts[place]:
            del counts[place]


def _longest_run(covered: dict[int, tuple[float, float]]) -> float:
    best = run = 0.0
    previous = -1
    for place in sorted(covered):
        run = covered[place][1] + (run if place - previous <= 3 else 0.0)
        best = max(best, run)
        previous = place
    return best
