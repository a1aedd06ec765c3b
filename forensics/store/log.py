"""The log: every observation, gap, unread connection and act of a person, chained, in the order it was recorded.

A log is one life of one agent's store. Its entries are numbered from 1 without a hole, whichever process writes them;
the canonical bytes of an entry name its log, number and key and end in its body exactly as it is stored, and each
digest covers the one before. Everything else in the store is made from the log and can be made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forensics.custody.chain import canonical, digest_after, leaf_of
from forensics.custody.tree import Frontier
from forensics.database import Connection
from forensics.store.shapes import packed

KEY_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a log goes: its entries and the digest of the newest."""

    size: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where an entry stands: its row id and its number in its log."""

    id: int
    seq: int


def key_of(kind: str, identity: str) -> bytes:
    """What an act is known by, so that it is recorded once: 16 bytes."""
    return hashlib.sha256(f"{kind}\0{identity}".encode()).digest()[:KEY_BYTES]


class KnownError(Exception):
    """An entry with this key was recorded before."""


class Log:
    """The end of this store's own log, inside a writer's transaction."""

    def __init__(self, connection: Connection, *, id: int, agent: str, epoch: int) -> None:
        self.id = id
        self.agent = agent
        self.epoch = epoch
        self._connection = connection
        self._frontier = b""
        self._new: list[bytes] = []
        self.head = Head(size=0, digest=b"")

    def begin(self) -> None:
        """Learn where the log ends now; other processes write too."""
        sql = "SELECT size, digest, frontier FROM logs WHERE id = ?"
        row = self._connection.execute(sql, [self.id]).fetchone()
        self.head = Head(size=row["size"], digest=row["digest"])
        self._frontier = row["frontier"]
        self._new.clear()

    def back_to(self, head: Head) -> None:
        """Forget what was added in this transaction after that."""
        del self._new[len(self._new) - (self.head.size - head.size) :]
        self.head = head

    def append(self, values: Sequence[Any], *, key: bytes | None = None) -> Entry:
        """Add an entry with this body, whose first element begins with the letter of its kind.

        Raises KnownError when there is one with this key; nothing is added then.
        """
        body = packed(values)
        seq = self.head.size + 1
        digest = digest_after(self.head.digest, canonical(self.agent, self.epoch, seq, (key or b"").hex(), body))
        cursor = self._connection.execute(
            "INSERT INTO entries (log, seq, kind, key, body, digest) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (key, log) WHERE key IS NOT NULL DO NOTHING",
            (self.id, seq, values[0][0], key, body, digest),
        )
        if cursor.rowcount == 0:
            raise KnownError
        self.head = Head(size=seq, digest=digest)
        self._new.append(digest)
        return Entry(id=int(cursor.lastrowid or 0), seq=seq)

    def finish(self) -> Frontier | None:
        """Note where the log ends, and give the tree over it; None when nothing was added."""
        if not self._new:
            return None
        frontier = Frontier.from_bytes(self._frontier)
        for digest in self._new:
            frontier.append(leaf_of(digest))
        self._connection.execute(
            "UPDATE logs SET size = ?, digest = ?, frontier = ? WHERE id = ?",
            (self.head.size, self.head.digest, frontier.to_bytes(), self.id),
        )
        return frontier
