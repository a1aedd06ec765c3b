"""How one process writes: explicit transactions in which the log goes on and what is made from it keeps up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from forensics.database import Connection
from forensics.errors import StoreError
from forensics.model import CustodyEntry, Versions
from forensics.store import activity, blocks, subjects
from forensics.store.access import FAILURES, explain
from forensics.store.heads import Heads
from forensics.store.log import Entry, Log
from forensics.store.people import People
from forensics.store.shapes import ACT, GENERATION, trimmed
from forensics.store.texts import stored, stored_time

Values = Mapping[str, Any]


class Pen:
    """One opening of a store for writing. Safe for several threads, which take turns."""

    def __init__(self, connection: Connection, people: People, *, actor: str, clock: Callable[[], float]) -> None:
        self.connection = connection
        self.people = people
        self.actor = actor
        self.clock = clock
        self._lock = threading.RLock()
        self._depth = 0
        self._diary = blocks.Diary()
        self._activity = activity.Activity()
        self._statements: dict[tuple[str, ...], str] = {}
        self._versions: dict[Versions, int] = {}
        self.heads: Heads | None = None
        """Signs heads of the log as it grows, where there is a key."""
        row = connection.execute("SELECT id, agent, epoch FROM logs WHERE is_own").fetchone()
        self.log = Log(connection, id=row["id"], agent=row["agent"], epoch=row["epoch"])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, on the disk when it ends; inside another one, part of that. Raises StoreError."""
        with self._lock:
            if self._depth:
                yield
                return
            self._begin()
            try:
                yield
                self._commit()
            except BaseException as error:
                self._roll_back()
                if isinstance(error, FAILURES):
                    raise StoreError(explain(error)) from error
                raise
            finally:
                self._depth = 0

    @contextmanager
    def step(self) -> Iterator[None]:
        """Part of a transaction that fails alone: what it wrote is undone, the rest stays. Raises StoreError."""
        head, days, done = self.log.head, self._diary.mark(), self._activity.mark()
        self.check()
        self.connection.execute("SAVEPOINT step")
        try:
            yield
            self.connection.execute("RELEASE step")
        except BaseException as error:
            self.log.back_to(head)
            self._diary.back_to(days)
            self._activity.back_to(done)
            self._versions.clear()
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

    def append(self, values: Sequence[Any], *, key: bytes | None = None) -> Entry:
        """Add an entry to the log."""
        return self.log.append(values, key=key)

    def known(self, key: bytes) -> int | None:
        """The row id of the entry that this store recorded under a key, or None."""
        sql = "SELECT id FROM entries WHERE key = ? AND log = ?"
        row = self.connection.execute(sql, [key, self.log.id]).fetchone()
        return None if row is None else int(row[0])

    def observed(self, id: int, observation: Values, severity: str | None) -> None:
        """Note when what an observation's entry speaks of happened, and that it counts, as an alert or without one.

        So questions about other times can pass it by, and those about how much need not read it.
        """
        self._diary.note(id, observation["time"])
        self._activity.note(activity.deed(observation, severity))

    def add(self, table: str, values: Values) -> int:
        """Add a row to a table made from the log; returns its row id."""
        shape = (table, *values)
        sql = self._statements.get(shape)
        if sql is None:
            names = ", ".join(f'"{name}"' for name in values)
            sql = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})"
            self._statements[shape] = sql
        return int(self.connection.execute(sql, tuple(values.values())).lastrowid or 0)

    def versions(self, versions: Versions) -> int:
        """The number of the entry that says who records with these versions; made when there is none yet."""
        number = self._versions.get(versions)
        if number is None:
            rules = versions.rules + (f"{GENERATION}{versions.generation}" if versions.generation else "")
            names = (self.actor, versions.engine, rules, versions.index)
            number = self.append(["V1", stored_time(self.clock()), *(stored(name, 500) for name in names)]).seq
            self._versions[versions] = number
        return number

    def reference(self, log: int, seq: int) -> int | str:
        """How an entry of this store's own log names another entry: by its number, of other logs in full."""
        return seq if log == self.log.id else self.full_name(log, seq)

    def full_name(self, log: int, seq: int) -> str:
        """How every machine names an entry: `agent:epoch:seq`."""
        row = self.connection.execute("SELECT agent, epoch FROM logs WHERE id = ?", [log]).fetchone()
        return f"{row['agent']}:{row['epoch']}:{seq}"

    def note(self, action: str, subject: str, detail: str = "", *, about: str = "", **facts: Any) -> int:
        """Add an act in this actor's name; returns its id."""
        entry = CustodyEntry(actor=self.actor, action=action, subject=subject, detail=detail, time=self.clock())
        return self.act(entry, about=about, facts=facts)

    def act(self, entry: CustodyEntry, *, about: str = "", facts: Values | None = None) -> int:
        """Add an act to the log: who did what to which evidence; returns its id."""
        subject = stored(entry.subject, 200)
        values = (
            stored_time(entry.time),
            stored(entry.actor, 500),
            stored(entry.action, 100),
            subject,
            about or subjects.resolve(self.connection, subject),
            stored(entry.detail),
            dict(facts or {}),
        )
        return self.append(trimmed(ACT, ["C1", *values])).id

    def _begin(self) -> None:
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except FAILURES as error:
            raise StoreError(explain(error)) from error
        self._depth = 1
        self._diary.clear()
        self._activity.clear()
        self.log.begin()

    def _commit(self) -> None:
        self.check()
        self._diary.write(self.connection)
        self._activity.write(self.connection)
        frontier = self.log.finish()
        if self.heads is not None:
            self.heads.sign(self.log, frontier)
        self.connection.execute("COMMIT")

    def _roll_back(self) -> None:
        self._versions.clear()
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        except FAILURES:
            return  # the database has rolled back by itself; the first error is the one to tell
