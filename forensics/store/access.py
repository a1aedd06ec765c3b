"""Statements over a connection, with the database's errors turned into the store's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from forensics.database import Connection, DatabaseError, Row
from forensics.errors import StoreError

FAILURES = (DatabaseError, UnicodeDecodeError)
"""What a failing database raises; of a damaged one even the message may hold bytes that are no text."""
STEPS = 2000
"""Instructions of SQLite between two questions whether it is time to stop: about a millisecond."""
P = ParamSpec("P")
T = TypeVar("T")


def question(ask: Callable[P, T]) -> Callable[P, T]:
    """Make values no writer ever stored (a damaged file, a foreign hand) the StoreError they are to a reader."""

    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return ask(*args, **kwargs)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise StoreError(f"the evidence store is damaged: a value cannot be read ({error})") from error

    return asked


def fetch_all(connection: Connection, sql: str, parameters: Iterable[Any] = ()) -> list[Row]:
    """All rows of a query. Raises StoreError, also when the connection was interrupted."""
    try:
        return connection.execute(sql, tuple(parameters)).fetchall()
    except FAILURES as error:
        raise StoreError(explain(error)) from error


def fetch_each(connection: Connection, sql: str, parameters: Iterable[Any] = ()) -> Iterator[Row]:
    """The rows of a query one by one. Raises StoreError."""
    try:
        yield from connection.execute(sql, tuple(parameters))
    except FAILURES as error:
        raise StoreError(explain(error)) from error


def fetch_one(connection: Connection, sql: str, parameters: Iterable[Any] = ()) -> Row | None:
    """The first row of a query or None. Raises StoreError."""
    try:
        row: Row | None = connection.execute(sql, tuple(parameters)).fetchone()
    except FAILURES as error:
        raise StoreError(explain(error)) from error
    return row


@contextmanager
def stoppable(connection: Connection, is_over: Callable[[], bool] | None) -> Iterator[None]:
    """While this lasts, what runs on the connection ends with a StoreError soon after `is_over` says so.

    One step of the word index cannot be stopped half-way (a prefix of two letters in ten million rows: seconds).
    """
    if is_over is None:
        yield
        return
    connection.set_progress_handler(lambda: int(is_over()), STEPS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, STEPS)


def explain(error: Exception) -> str:
    """What went wrong and what a person can do, for an error of the database."""
    text = "malformed" if isinstance(error, UnicodeDecodeError) else str(error)
    if "full" in text:
        return "the disk is full: nothing that was stored is lost; free some space and recording goes on"
    if "locked" in text or "busy" in text:
        return "the evidence store is busy: another process has been writing for too long"
    if "interrupted" in text:
        return "the question was interrupted"
    if any(word in text for word in ("malformed", "not a database", "decode to UTF-8")):
        mend = "`earwitness put-aside` begins a new one, `earwitness salvage` reads what is left"
        return f"the evidence store is damaged ({text}); {mend}"
    if "disk I/O" in text or "readonly" in text:
        return f"the evidence store cannot be written ({text}); nothing that was stored is lost"
    return f"the evidence store failed: {text}"


def marks(count: int) -> str:
    """`?, ?, ?` for an IN list."""
    return ", ".join("?" * count)
