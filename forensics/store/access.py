"""Statements over a connection, with the database's errors turned into the store's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from forensics.database import Connection, DatabaseError, Row
from forensics.errors import StoreError


def fetch_all(connection: Connection, sql: str, parameters: Iterable[Any] = ()) -> list[Row]:
    """All rows of a query. Raises StoreError, also when the connection was interrupted."""
    try:
        return connection.execute(sql, tuple(parameters)).fetchall()
    except DatabaseError as error:
        raise StoreError(explain(error)) from error


def fetch_one(connection: Connection, sql: str, parameters: Iterable[Any] = ()) -> Row | None:
    """The first row of a query or None. Raises StoreError."""
    try:
        row: Row | None = connection.execute(sql, tuple(parameters)).fetchone()
    except DatabaseError as error:
        raise StoreError(explain(error)) from error
    return row


def explain(error: Exception) -> str:
    """What went wrong and what a person can do, for an error of the database."""
    text = str(error)
    if "full" in text:
        return "the disk is full: nothing that was stored is lost; free some space and recording goes on"
    if "locked" in text or "busy" in text:
        return "the evidence store is busy: another process has been writing for too long"
    if "interrupted" in text:
        return "the question was interrupted"
    if "malformed" in text or "not a database" in text:
        return f"the evidence store is damaged ({text}); `earwitness doctor` says what can be done"
    if "disk I/O" in text or "readonly" in text:
        return f"the evidence store cannot be written ({text}); nothing that was stored is lost"
    return f"the evidence store failed: {text}"


def marks(count: int) -> str:
    """`?, ?, ?` for an IN list."""
    return ", ".join("?" * count)
