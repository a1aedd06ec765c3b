"""Lineage as a tree for reading: each sighting under what it most likely came from. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forensics.lineage.nouns import Edge, Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One line of the tree. `id` is a sighting's or the origin of an edge; `lead` are the lines that lead to it.

    `edge` is how it came from what stands above it, None at a root; `others` are its edges from elsewhere.
    """

    id: str
    lead: str = ""
    edge: Edge | None = None
    others: tuple[Edge, ...] = ()


def branches(sightings: Sequence[Sighting], edges: Sequence[Edge]) -> Iterator[Branch]:
    """Every sighting once, in the order of time below what it came from; what was issued at the roots."""
    into: dict[str, list[Edge]] = {}
    for edge in edges:
        into.setdefault(edge.derived, []).append(edge)
    below: dict[str, list[str]] = {}
    roots: dict[str, None] = {}
    for seen in sightings:
        main = max(into.get(seen.id, ()), key=lambda edge: edge.confidence, default=None)
        if main is None:
            roots[seen.id] = None
            continue
        below.setdefault(main.origin, []).append(seen.id)
        if main.origin.startswith(("package:", "item:")):
            roots[main.origin] = None
    waiting = [(root, "", "") for root in reversed(roots)]
    while waiting:
        id, lead, stem = waiting.pop()
        found = sorted(into.get(id, ()), key=lambda edge: -edge.confidence)
        yield Branch(id=id, lead=lead, edge=found[0] if found else None, others=tuple(found[1:]))
        children = below.get(id, [])
        for child in reversed(children):
            is_last = child == children[-1]
            waiting.append((child, stem + ("└ " if is_last else "├ "), stem + ("  " if is_last else "│ ")))


def ancestry(
    sightings: Sequence[Sighting], edges: Sequence[Edge], id: str
) -> tuple[tuple[Sighting, ...], tuple[Edge, ...]]:
    """What a sighting came from, to the roots: sightings and edges in their order, itself included."""
    wanted = {id}
    for edge in _latest_first(sightings, edges):
        if edge.derived in wanted:
            wanted.add(edge.origin)
    return (
        tuple(seen for seen in sightings if seen.id in wanted),
        tuple(edge for edge in edges if edge.derived in wanted),
    )


def _latest_first(sightings: Sequence[Sighting], edges: Sequence[Edge]) -> list[Edge]:
    """The edges, those to the latest sighting first."""
    place = {seen.id: number for number, seen in enumerate(sightings)}
    return sorted(edges, key=lambda edge: place.get(edge.derived, -1), reverse=True)


def sure(confidence: float) -> str:
    """A probability for people: `50 %`, `99.2 %`; what is all but certain is not called certain."""
    if confidence > 0.999:
        return "> 99.9 %"
    if confidence > 0.99:
        return f"{math.floor(confidence * 1000) / 10:.1f} %"
    return f"{confidence * 100:.0f} %"
