"""Queries that people keep under a name. They are no evidence: they may be changed and removed without an entry."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.database import Connection
from forensics.store.access import fetch_all, fetch_one, question
from forensics.store.texts import restored, stored

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuery:
    """A query under a name; `time` is when it was saved, in Unix seconds."""

    name: str
    query: str
    actor: str
    time: float


def save(connection: Connection, saved: SavedQuery) -> None:
    """Keep a query, in place of one of the same name."""
    values = (stored(saved.name, LONGEST_NAME), stored(saved.query), stored(saved.actor, 500), saved.time)
    connection.execute("INSERT OR REPLACE INTO saved_queries VALUES (?, ?, ?, ?)", values)


def forget(connection: Connection, name: str) -> bool:
    """Remove the query of that name; False when there is none."""
    deleted = connection.execute("DELETE FROM saved_queries WHERE name = ?", [stored(name, LONGEST_NAME)])
    return bool(deleted.rowcount)


@question
def find(connection: Connection, name: str) -> str | None:
    """The query of that name, or None."""
    row = fetch_one(connection, "SELECT query FROM saved_queries WHERE name = ?", [stored(name, LONGEST_NAME)])
    return None if row is None else restored(row["query"])


@question
def listed(connection: Connection) -> tuple[SavedQuery, ...]:
    """All saved queries, by name."""
    rows = fetch_all(connection, "SELECT name, query, actor, time FROM saved_queries ORDER BY name")
    return tuple(
        SavedQuery(
            name=restored(row["name"]), query=restored(row["query"]), actor=restored(row["actor"]), time=row["time"]
        )
        for row in rows
    )
