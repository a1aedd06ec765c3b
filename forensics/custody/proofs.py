"""Proofs over a Merkle tree: that a leaf is inside, and that a larger tree begins with a smaller one.

They are made in one pass over leaf hashes in their order, as RFC 6962 sections 2.1.1 and 2.1.2 define them, so that
memory is bounded by the number of proofs, not by that of leaves. They are checked as RFC 9162 sections 2.1.3.2 and
2.1.4.2 say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from forensics.custody.tree import EMPTY_ROOT, node_hash, root_over

Proof: TypeAlias = tuple[bytes, ...]
_Range: TypeAlias = tuple[int, int]
"""Leaves from, to (exclusive), counted from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """Inclusion proofs by (index, size) and consistency proofs by (first size, second size)."""

    inclusion: dict[tuple[int, int], Proof]
    consistency: dict[tuple[int, int], Proof]


def prove(
    leaves: Iterable[bytes],
    *,
    inclusion: Iterable[tuple[int, int]] = (),
    consistency: Iterable[tuple[int, int]] = (),
) -> Proofs:
    """Make any number of proofs in one pass over the leaf hashes.

    `inclusion` asks for leaf `index` (from 0) in the tree of the first `size` leaves, `consistency` for the tree of
    `first` leaves in that of `second`. Raises ValueError when a proof is asked for that there cannot be, or when
    there are fewer leaves than that.
    """
    paths = {asked: _inclusion_ranges(*asked) for asked in inclusion}
    links = {asked: _consistency_ranges(*asked) for asked in consistency}
    needed = {piece for found in (*paths.values(), *links.values()) for piece in found}
    parts = {piece: _subtrees(piece) for piece in needed}
    hashes = _collected(leaves, {subtree for group in parts.values() for subtree in group})
    if any(subtree not in hashes for group in parts.values() for subtree in group):
        raise ValueError("there are fewer leaves than the proof speaks of")
    nodes = {piece: root_over([hashes[subtree] for subtree in group]) for piece, group in parts.items()}
    return Proofs(
        inclusion={asked: tuple(nodes[piece] for piece in found) for asked, found in paths.items()},
        consistency={asked: tuple(nodes[piece] for piece in found) for asked, found in links.items()},
    )


def is_included(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether the proof shows that leaf hash at `index` (from 0) of the tree of `size` leaves with that root."""
    if not 0 <= index < size:
        return False
    place, last, node = index, size - 1, leaf
    for step in proof:
        if not last:
            return False
        if place & 1 or place == last:
            node = node_hash(step, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, step)
        place, last = place >> 1, last >> 1
    return not last and node == root


def is_consistent(*, first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether the proof shows that the tree of `second` leaves begins with that of `first` leaves."""
    if not 0 <= first <= second:
        return False
    if first in (0, second):
        return not proof and first_root == (second_root if first else EMPTY_ROOT)
    steps = list(proof) if first & (first - 1) else [first_root, *proof]
    if not steps:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if not last:
            return False
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    return not last and old == first_root and new == second_root


def _middle(start: int, end: int) -> int:
    """Where the tree over these leaves splits: the largest power of two smaller than their number."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def _inclusion_ranges(index: int, size: int) -> list[_Range]:
    """What the nodes of an inclusion proof cover, from the leaf upwards (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    start, end, found = 0, size, []
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def _consistency_ranges(first: int, second: int) -> list[_Range]:
    """What the nodes of a consistency proof cover, from below upwards (RFC 6962 section 2.1.2)."""
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {second} cannot begin with one of {first}")
    if not first:
        return []
    start, end, found = 0, second, []
    while end != first:
        middle = _middle(start, end)
        if first <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    if start:  # the tree of `first` leaves is no node of the larger one: its last piece is needed too
        found.append((start, end))
    return found[::-1]


def _subtrees(piece: _Range) -> list[tuple[int, int]]:
    """The complete subtrees that a node covers, as (level, position at that level), the largest first."""
    start, end = piece
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def _collected(leaves: Iterable[bytes], wanted: set[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """The hashes of these complete subtrees, met while the tree grows leaf by leaf."""
    waiting: list[bytes] = []
    found: dict[tuple[int, int], bytes] = {}
    for index, leaf in enumerate(leaves):
        level, place, node = 0, index, leaf
        while True:
            if (level, place) in wanted:
                found[level, place] = node
            if not place & 1:
                break
            node = node_hash(waiting.pop(), node)
            level, place = level + 1, place >> 1
        waiting.append(node)
    return found
