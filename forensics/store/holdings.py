"""What a store holds in all, and who looked at it: numbers for whoever answers for the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forensics.database import Connection
from forensics.store.access import fetch_all, fetch_one, question
from forensics.store.personal import OF_MACHINES
from forensics.store.texts import restored


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Numbers of what is stored. `looked` counts acts of people by what was done, `actors` who did how many.

    Times are Unix seconds; 0 where nothing is stored.
    """

    examined: int
    recorded: int
    alerts: int
    people: int
    unread: int
    kept: int
    holds: int
    first: float
    last: float
    closed: Mapping[str, int]
    looked: Mapping[str, int]
    actors: Mapping[str, int]
    spared: Mapping[str, int]
    """How much went each protected way."""


@question
def holdings(connection: Connection) -> Holdings:
    """Count what the store holds. Raises StoreError."""
    marks = ", ".join("?" * len(OF_MACHINES))
    where = f"WHERE action NOT IN ({marks})"
    span = fetch_one(connection, "SELECT coalesce(min(time), 0), coalesce(max(time), 0) FROM observations")
    return Holdings(
        examined=_number(connection, "SELECT coalesce(sum(objects), 0) FROM tallies WHERE outcome <> 'protected'"),
        recorded=_number(connection, "SELECT count(*) FROM observations"),
        alerts=_number(connection, "SELECT count(*) FROM alerts"),
        people=_number(connection, "SELECT count(DISTINCT user) FROM observations WHERE user <> ''"),
        unread=_number(connection, "SELECT count(*) FROM opaque"),
        kept=_number(connection, "SELECT count(*) FROM content"),
        holds=_number(connection, "SELECT count(*) FROM holds"),
        first=span[0] if span is not None else 0.0,
        last=span[1] if span is not None else 0.0,
        closed=_counts(connection, "SELECT reason, count(*) FROM alerts WHERE reason <> '' GROUP BY 1 ORDER BY 1"),
        looked=_counts(connection, f"SELECT action, count(*) FROM acts {where} GROUP BY 1 ORDER BY 1", OF_MACHINES),
        spared=spared(connection),
        actors=_counts(connection, f"SELECT actor, count(*) FROM acts {where} GROUP BY 1 ORDER BY 1", OF_MACHINES),
    )


@question
def spared(connection: Connection) -> Mapping[str, int]:
    """How much went each protected way in all, by the name of the way. Raises StoreError."""
    sql = "SELECT channel, sum(objects) FROM tallies WHERE outcome = 'protected' GROUP BY 1 ORDER BY 1"
    return {restored(row[0]).partition(":")[2]: int(row[1]) for row in fetch_all(connection, sql)}


def _number(connection: Connection, sql: str) -> int:
    row = fetch_one(connection, sql)
    return int(row[0]) if row is not None else 0


def _counts(connection: Connection, sql: str, parameters: tuple[str, ...] = ()) -> Mapping[str, int]:
    return {restored(str(row[0])): int(row[1]) for row in fetch_all(connection, sql, parameters)}
