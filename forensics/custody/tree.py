"""The Merkle tree of RFC 6962 section 2.1: roots, and proofs that an entry is inside and that nothing was rewritten.

Everything here takes leaf hashes in their order and makes one pass over them, so that memory is bounded by the number
of hashes asked for, not by the number of leaves. Proofs are checked as RFC 9162 sections 2.1.3.2 and 2.1.4.2 say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from forensics.errors import Malformed

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
"""The root of the tree without leaves."""

Proof: TypeAlias = tuple[bytes, ...]
_Range: TypeAlias = tuple[int, int]
"""Leaves from, to (exclusive), counted from 0."""


def leaf_hash(data: bytes) -> bytes:
    """The hash that stands for a leaf in the tree."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above two others."""
    return sha256(b"\1" + left + right).digest()


class Frontier:
    """What must be remembered of a tree to go on growing it: one hash for each bit set in its size."""

    __slots__ = ("_peaks", "size")

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash at the end."""
        peaks, bits = self._peaks, self.size
        while bits & 1:
            leaf = sha256(b"\1" + peaks.pop() + leaf).digest()
            bits >>= 1
        peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return _folded(self._peaks)

    def to_bytes(self) -> bytes:
        """The size (8 bytes, big-endian), then the hashes of the complete subtrees, the largest first."""
        return self.size.to_bytes(8, "big") + b"".join(self._peaks)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frontier:
        """Take up a tree where `to_bytes` left it. Raises Malformed when the bytes are not of that form."""
        frontier = cls()
        frontier.size = int.from_bytes(data[:8], "big")
        if len(data) != 8 + HASH_BYTES * frontier.size.bit_count():
            raise Malformed("the frontier of the tree does not have as many hashes as its size asks for")
        frontier._peaks = [data[start : start + HASH_BYTES] for start in range(8, len(data), HASH_BYTES)]
        return frontier


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root of the tree over these leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


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
    nodes = {piece: _folded([hashes[subtree] for subtree in group]) for piece, group in parts.items()}
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


def _folded(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, the largest and leftmost first."""
    if not peaks:
        return EMPTY_ROOT
    node = peaks[-1]
    for peak in reversed(peaks[:-1]):
        node = node_hash(peak, node)
    return node


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
            node = sha256(b"\1" + waiting.pop() + node).digest()
            level, place = level + 1, place >> 1
        waiting.append(node)
    return found
