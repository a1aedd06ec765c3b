"""How one process writes: explicit transactions, rows keyed by (epoch, seq), the custody chain carried on."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from forensics.database import Connection
from forensics.errors import StoreError
from forensics.model import CustodyEntry
from forensics.store import custody
from forensics.store.access import FAILURES, explain
from forensics.store.texts import stored

Values = Mapping[str, Any]


class Pen:
    """One opening of a store for writing: an epoch of its own. Safe for several threads, which take turns."""

    def __init__(self, connection: Connection, *, actor: str, clock: Callable[[], float]) -> None:
        self.connection = connection
        self.actor = actor
        self.clock = clock
        self._lock = threading.RLock()
        self._depth = 0
        self._seq = 0
        self._head: custody.Head | None = None
        self._statements: dict[tuple[str, ...], str] = {}
        with self.transaction():
            self.agent, self.epoch = self._open_epoch()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, on the disk when it ends; inside another one, part of that. Raises StoreError."""
        with self._lock:
            if self._depth:
                yield
                return
            seq = self._seq
            self._begin()
            try:
                yield
                self._commit()
            except BaseException as error:
                self._seq = seq
                self._roll_back()
                if isinstance(error, FAILURES):
                    raise StoreError(explain(error)) from error
                raise
            finally:
                self._depth = 0
                self._head = None

    @contextmanager
    def step(self) -> Iterator[None]:
        """Part of a transaction that fails alone: what it wrote is undone, the rest stays. Raises StoreError."""
        seq, head = self._seq, self._head
        self.check()
        self.connection.execute("SAVEPOINT step")
        try:
            yield
            self.connection.execute("RELEASE step")
        except BaseException as error:
            self._seq, self._head = seq, head
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK TO step")
                self.connection.execute("RELEASE step")
            if isinstance(error, FAILURES):
                raise StoreError(explain(error)) from error
            raise

    def check(self) -> None:
        """Raise StoreError when the database has given the transaction up: what follows would be stored piecemeal."""
        if not self.connection.in_transaction:
            raise StoreError("the database gave the transaction up; nothing of it was stored")

    def insert(self, table: str, values: Values) -> int:
        """Add an evidence row under the next (epoch, seq); returns its id."""
        self._seq += 1
        return self.add(table, {"epoch": self.epoch[0], "seq": self._seq, **values})

    def add(self, table: str, values: Values) -> int:
        """Add a row as it is; returns its row id."""
        shape = (table, *values)
        sql = self._statements.get(shape)
        if sql is None:
            names = ", ".join(f'"{name}"' for name in values)
            sql = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})"
            self._statements[shape] = sql
        return int(self.connection.execute(sql, tuple(values.values())).lastrowid or 0)

    def note(self, action: str, subject: str, detail: str = "", **facts: Any) -> None:
        """Add a custody entry in this actor's name."""
        entry = CustodyEntry(actor=self.actor, action=action, subject=subject, detail=detail, time=self.clock())
        self.chain(entry, facts)

    def chain(self, entry: CustodyEntry, facts: Values) -> None:
        """Add a custody entry to the chain."""
        self._seq += 1
        self._head = custody.append(
            self.connection,
            entry,
            after=self._head or custody.head(self.connection),
            agent=self.agent,
            epoch=self.epoch,
            seq=self._seq,
            facts=facts,
        )

    def _begin(self) -> None:
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except FAILURES as error:
            raise StoreError(explain(error)) from error
        self._depth = 1

    def _commit(self) -> None:
        self.check()
        self.connection.execute("COMMIT")

    def _roll_back(self) -> None:
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        except FAILURES:
            return  # the database has rolled back by itself; the first error is the one to tell

    def _open_epoch(self) -> tuple[str, tuple[int, int]]:
        execute = self.connection.execute
        agent = str(execute("SELECT value FROM meta WHERE name = 'agent'").fetchone()[0])
        last = execute("SELECT coalesce(max(epoch), 0) FROM epochs WHERE agent = ?", [agent]).fetchone()[0]
        values = {
            "agent": agent,
            "epoch": last + 1,
            "started": self.clock(),
            "actor": stored(self.actor),
            "process": os.getpid(),
        }
        return agent, (self.add("epochs", values), last + 1)
