"""Signed heads of the log: what it was at a moment, so that nobody can write it anew without the key, or unseen.

A head is signed in the transaction that makes it due: when a thousand entries or a minute have gone by since the last,
and when a store is closed. Heads that were kept elsewhere speak against whoever takes over this machine and its key.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from forensics.custody import keys, notes
from forensics.custody.tree import Frontier
from forensics.database import Connection
from forensics.store.log import Log

EVERY_ENTRIES = 1000
EVERY_S = 60.0


class Heads:
    """Signs the heads of one store's own log."""

    def __init__(self, connection: Connection, key: keys.SigningKey, *, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._key = key
        self._clock = clock
        self.is_closing = False
        """Whatever was added is signed for now."""

    @property
    def verifier(self) -> str:
        """The public key as witnesses are told it."""
        return str(self._key.verifier)

    def drawn(self, purpose: str) -> bytes:
        """32 bytes that only who has the key can make, others for each purpose; they tell nothing of the key."""
        return hmac.new(self._key.private.private_bytes_raw(), purpose.encode(), hashlib.sha256).digest()

    def sign(self, log: Log, frontier: Frontier | None) -> None:
        """Sign the log as it is in this transaction, if that is due. `frontier` is None when nothing was added."""
        sql = "SELECT size, time FROM heads WHERE log = ? ORDER BY size DESC LIMIT 1"
        row = self._connection.execute(sql, [log.id]).fetchone()
        size, time = (row["size"], row["time"]) if row is not None else (0, 0.0)
        grown, now = log.head.size - size, self._clock()
        if not grown or not (self.is_closing or grown >= EVERY_ENTRIES or not 0 <= now - time < EVERY_S):
            return
        tree = frontier or self._frontier(log)
        head = notes.Head.at(log.agent, log.epoch, size=log.head.size, root=tree.root(), time=max(0, int(now)))
        values = (log.id, log.head.size, now, str(notes.sign(head, self._key)))
        self._connection.execute("INSERT INTO heads VALUES (?, ?, ?, ?)", values)

    def _frontier(self, log: Log) -> Frontier:
        row = self._connection.execute("SELECT frontier FROM logs WHERE id = ?", [log.id]).fetchone()
        return Frontier.from_bytes(row["frontier"])


def key_of(transaction: Callable[[], AbstractContextManager[None]], folder: Path, name: str) -> keys.SigningKey:
    """The store's key, to sign under that name; made when there is none, by one writer at a time. Raises StoreError."""
    path = folder / keys.KEY_FILE
    if not path.exists():
        with transaction():
            if not path.exists():
                keys.create_key(folder, os.urandom(32))
    return keys.load_key(folder, name)
