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

from forensics.database import Connection
from forensics.store.shapes import packed

FIRST = bytes(32)
"""What stands for the digest before the first entry."""
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


def canonical(agent: str, epoch: int, seq: int, key: bytes, body: str) -> bytes:
    """The bytes that a digest is taken over."""
    return f"{agent}:{epoch}:{seq}:{key.hex()}\n{body}".encode()


def digest_after(before: bytes, text: bytes) -> bytes:
    """The digest of an entry with these canonical bytes."""
    return hashlib.sha256(before + text).digest()


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
        self.head = Head(size=0, digest=FIRST)

    def begin(self) -> None:
        """Learn where the log ends now; other processes write too."""
        row = self._connection.execute("SELECT size, digest FROM logs WHERE id = ?", [self.id]).fetchone()
        self.head = Head(size=row["size"], digest=row["digest"])

    def append(self, values: Sequence[Any], *, key: bytes | None = None) -> Entry:
        """Add an entry with this body, whose first element begins with the letter of its kind.

        Raises KnownError when there is one with this key; nothing is added then.
        """
        body = packed(values)
        seq = self.head.size + 1
        digest = digest_after(self.head.digest, canonical(self.agent, self.epoch, seq, key or b"", body))
        cursor = self._connection.execute(
            "INSERT INTO entries (log, seq, kind, key, body, digest) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING",
            (self.id, seq, values[0][0], key, body, digest),
        )
        if cursor.rowcount == 0:
            raise KnownError
        self.head = Head(size=seq, digest=digest)
        return Entry(id=int(cursor.lastrowid or 0), seq=seq)

    def finish(self, before: Head) -> None:
        """Note where the log ends, unless nothing was added."""
        if self.head != before:
            self._connection.execute(
                "UPDATE logs SET size = ?, digest = ? WHERE id = ?", (self.head.size, self.head.digest, self.id)
            )
