"""The Merkle tree of RFC 6962 section 2.1: the hashes in it, and its root as it grows leaf by leaf."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from forensics.errors import Malformed

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
"""The root of the tree without leaves."""


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
        return root_over(self._peaks)

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


def root_over(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, the largest and leftmost first."""
    if not peaks:
        return EMPTY_ROOT
    node = peaks[-1]
    for peak in reversed(peaks[:-1]):
        node = node_hash(peak, node)
    return node
