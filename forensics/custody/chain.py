"""The chain over one log: each entry's digest is taken over the digest before it and over its own canonical bytes.

A log is named (agent, epoch) and its entries count densely from 1. The Merkle tree (`forensics.custody.tree`) is laid
over the digests, so that it can still be checked where a body was lawfully erased. A chain alone shows neither that
its end was cut off nor that all of it was written anew; heads that were signed, and kept elsewhere, show both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeAlias

from forensics.custody.tree import HASH_BYTES, Frontier, leaf_hash

BEFORE_FIRST = bytes(HASH_BYTES)
"""What stands for the digest before entry 1."""

Entry: TypeAlias = tuple[Any, Any, Any, Any, Any, Any]
"""(agent, epoch, seq, key, body, digest): text, number, number, text, text or None where it was erased, bytes.

Where somebody tampered they may be anything, and that is a break, not an error.
"""


class Kind(StrEnum):
    """What does not hold."""

    EDITED = "edited"
    MISSING = "missing"
    INSERTED = "inserted"
    REORDERED = "reordered"
    CUT = "cut off"
    REWRITTEN = "rewritten"
    ERASED = "erased"


_SAYS = {
    Kind.EDITED: "does not have its digest: content, digest or number was changed",
    Kind.MISSING: "is not where it belongs",
    Kind.INSERTED: "stands there a second time, or is of another log",
    Kind.REORDERED: "comes after a later one",
    Kind.CUT: "is missing at the end, though a signed head counts it",
    Kind.REWRITTEN: "is not what it was when the head was signed",
    Kind.ERASED: "was erased: its digest stands, its content cannot be known",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Entries `first` to `last` (numbers in the log) that do not hold, and why.

    ERASED alone is no sign of tampering. REWRITTEN reaches from the last signed head that holds to the first that
    does not: the change lies in between.
    """

    kind: Kind
    first: int
    last: int

    def __str__(self) -> str:
        if self.first == self.last:
            return f"entry {self.first} {_SAYS[self.kind]}"
        some = "something in" if self.kind is Kind.REWRITTEN else "each of"
        return f"{some} entries {self.first} to {self.last} {_SAYS[self.kind]}"


def canonical(agent: str, epoch: int, seq: int, key: str, body: str) -> bytes:
    """The bytes of an entry that its digest is taken over.

    Lone surrogates have bytes too, which no other text has and no reader of UTF-8 takes.
    """
    return f"{agent}:{epoch}:{seq}:{key}\n{body}".encode("utf-8", "surrogatepass")


def digest_after(previous: bytes, entry: bytes) -> bytes:
    """The digest of an entry, from that of the entry before it and its own canonical bytes."""
    return sha256(previous + entry).digest()


def leaf_of(digest: bytes) -> bytes:
    """The leaf hash by which an entry stands in the Merkle tree of its log."""
    return leaf_hash(digest)


class Walk:
    """One pass over a log that holds it against its digests, and against heads whose signatures were checked."""

    def __init__(self, agent: str, epoch: int, *, heads: Iterable[tuple[int, bytes]] = ()) -> None:
        """Take the name of the log and its heads as (size, root)."""
        self.size = 0
        """The number of the last entry so far."""
        self.covered = 0
        """How many entries the last head speaks of that agrees with them. Nobody vouches for those after it."""
        self._agent, self._epoch = agent, epoch
        self._heads = sorted(set(heads), reverse=True)
        self._tree = Frontier()
        self._is_whole = True
        self._has_failed = False

    def breaks(self, entries: Iterable[Entry]) -> Iterator[Break]:
        """Yield what does not hold, in the order met; like ones side by side are told as one."""
        pending: Break | None = None
        for found in self._found(entries):
            if pending is not None and pending.kind is found.kind and found.first == pending.last + 1:
                pending = replace(pending, last=found.last)
                continue
            if pending is not None:
                yield pending
            pending = found
        if pending is not None:
            yield pending

    def _found(self, entries: Iterable[Entry]) -> Iterator[Break]:
        previous: bytes | None = BEFORE_FIRST
        grow = self._tree.append
        yield from self._at_heads()
        for entry in entries:
            agent, epoch, seq, key, body, digest = entry
            if type(seq) is not int or seq <= self.size or agent != self._agent or epoch != self._epoch:
                yield self._misplaced(entry)
                continue
            if seq > self.size + 1:
                yield Break(kind=Kind.MISSING, first=self.size + 1, last=seq - 1)
                previous, self._is_whole = None, False
            is_digest = type(digest) is bytes and len(digest) == HASH_BYTES
            if is_digest and body is None:
                yield Break(kind=Kind.ERASED, first=seq, last=seq)
            elif not (is_digest and type(key) is str and type(body) is str) or "\n" in key:
                yield Break(kind=Kind.EDITED, first=seq, last=seq)  # a line end would move text into the body unseen
            elif previous is not None and digest_after(previous, canonical(agent, epoch, seq, key, body)) != digest:
                yield Break(kind=Kind.EDITED, first=seq, last=seq)
            previous = digest if is_digest else None
            self.size = seq
            grow(leaf_hash(previous or BEFORE_FIRST))
            if self._heads and self._heads[-1][0] <= seq:
                yield from self._at_heads()
        if self._heads:
            yield Break(kind=Kind.CUT, first=self.size + 1, last=self._heads[0][0])

    def _misplaced(self, entry: Entry) -> Break:
        """What an entry is that cannot be the next one."""
        agent, epoch, seq, *_ = entry
        if (agent, epoch) == (self._agent, self._epoch) and type(seq) is int and seq < self.size:
            return Break(kind=Kind.REORDERED, first=seq, last=seq)
        return Break(kind=Kind.INSERTED, first=self.size, last=self.size)

    def _at_heads(self) -> Iterator[Break]:
        """Hold the tree against the heads of its size. Where entries are missing there is no tree to speak of."""
        while self._heads and self._heads[-1][0] <= self.size:
            size, root = self._heads.pop()
            if not self._is_whole:
                continue
            if self._tree.root() == root:
                self.covered, self._has_failed = size, False
            elif not self._has_failed:
                self._has_failed = True
                yield Break(kind=Kind.REWRITTEN, first=self.covered + 1, last=size)
