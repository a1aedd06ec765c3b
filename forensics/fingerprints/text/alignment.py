"""Where in a text a registered passage stands: where most of its shingles come in its order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forensics.fingerprints.text.shingles import members

_SLACK_ELEMENTS = 3
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
    """The best place: query elements `[first, last]`, share of the passage's elements covered, and bits.

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
    """Find the place in the query where most of the passage stands, in its order; words may be put in or left out.

    `bits` are those of the query's elements.
    """
    near = _in_line(hits, _SLACK_ELEMENTS + elements // 4)
    covered: dict[int, _Covered] = {}
    for hit in near:
        for ours, place in zip(members(hit.query_shape), members(hit.shape), strict=True):
            query = hit.query + ours
            known = covered.setdefault(hit.passage + place, _Covered(query, float(bits[query]), hit.worth))
            if known.query == query:
                known.worth = min(known.worth, hit.worth)
    runs = _runs(covered)
    return Alignment(
        first=min(found.query for found in covered.values()),
        last=max(found.query for found in covered.values()),
        coverage=min(1.0, len(covered) / max(1, elements)),
        bits=sum(found.cost for found in covered.values()),
        told_bits=max(0.0, sum(max(0.0, run - BREAK_BITS) for run in runs) + BREAK_BITS),
        run_bits=max(runs),
    )


def _in_line(hits: Sequence[Hit], tolerance: int) -> list[Hit]:
    """The hits whose shift between passage and query is near the weightiest one, the nearest first."""
    votes: dict[int, float] = {}
    for hit in hits:
        votes[hit.query - hit.passage] = votes.get(hit.query - hit.passage, 0.0) + 0.1 + hit.worth
    around = range(-_MAX_DRIFT, _MAX_DRIFT + 1)
    shift = max(votes, key=lambda one: (sum(votes.get(one + near, 0.0) for near in around), votes[one], -one))
    ordered = sorted(hits, key=lambda hit: (abs(hit.query - hit.passage - shift), hit.query))
    return [hit for hit in ordered if abs(hit.query - hit.passage - shift) <= tolerance]


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
