"""Where in a text a registered passage stands: the window whose shingles cover most of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from forensics.fingerprints.text.shingles import members

_SLACK_ELEMENTS = 8
_STRETCH = 1.5
_MAX_DRIFT = 2
BREAK_BITS = 12.0


@dataclass(frozen=True, slots=True)
class Hit:
    """One shingle found: the element it begins at and its shape, in the query and in the passage; its worth, 0 to 1."""

    query: int
    query_shape: int
    passage: int
    shape: int
    worth: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """The best window: query elements `[first, last]`, share of the passage's elements covered, and bits.

    `told_bits` counts only what is rare in the register and nobody's stock phrase, and takes `BREAK_BITS` off for
    every break, as scattered fragments are worth less than one stretch; `run_bits` is the best stretch alone.
    """

    first: int
    last: int
    coverage: float
    bits: float
    told_bits: float
    run_bits: float


@dataclass(slots=True)
class _Covered:
    """One element of the passage that was found: where, what it costs and the least of what its shingles are worth."""

    query: int
    cost: float
    worth: float


def align(hits: Sequence[Hit], elements: int, bits: Sequence[float]) -> Alignment:
    """Find the window of the query, half as long again as the passage, in which most of it is covered.

    `hits` are ordered by query element; `bits` are those of the query's elements.
    """
    first, last = _best_window(hits, int(_STRETCH * elements) + _SLACK_ELEMENTS)
    covered: dict[int, _Covered] = {}
    for hit in hits[first : last + 1]:
        for ours, place in zip(members(hit.query_shape), members(hit.shape), strict=True):
            known = covered.get(hit.passage + place)
            if known is None:
                query = hit.query + ours
                covered[hit.passage + place] = _Covered(query, float(bits[query]), hit.worth)
            else:
                known.worth = min(known.worth, hit.worth)
    runs = _runs(covered)
    return Alignment(
        first=hits[first].query,
        last=max(hit.query + members(hit.query_shape)[-1] for hit in hits[first : last + 1]),
        coverage=min(1.0, len(covered) / max(1, elements)),
        bits=sum(found.cost for found in covered.values()),
        told_bits=max(0.0, sum(max(0.0, run - BREAK_BITS) for run in runs) + BREAK_BITS),
        run_bits=max(runs),
    )


def _runs(covered: dict[int, _Covered]) -> list[float]:
    """Rare bits of each stretch; one missing element does not break it, a jump in the query does."""
    runs: list[float] = []
    previous = drift = 0
    for place in sorted(covered):
        found = covered[place]
        if not runs or place - previous > 2 or abs(found.query - place - drift) > _MAX_DRIFT:
            runs.append(0.0)
        runs[-1] += found.cost * found.worth
        previous, drift = place, found.query - place
    return runs


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
