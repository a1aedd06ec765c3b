"""What the live lists ask the store: a page of alerts or incidents within a scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forensics.database import Connection
from forensics.model import AlertState
from forensics.store import reader
from forensics.store.rows import AlertRow, IncidentRow
from tui.formatting import Safe

MOST_PAGES = 20
FILTERED_ALERTS = 1000
SCOPES: tuple[tuple[str, Safe], ...] = (
    ("open", Safe("open")),
    ("new", Safe("new")),
    ("closed", Safe("closed")),
    ("all", Safe("all")),
)
_STATES = {"new": AlertState.NEW, "closed": AlertState.CLOSED}


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows a list shows: `states` is a key of SCOPES, `query` is in the store's language."""

    states: str = "open"
    query: str = ""


def alerts(connection: Connection, scope: Scope, before_id: int | None, limit: int) -> Sequence[AlertRow]:
    """Alerts in the scope, newest first. Raises QueryError with a column of the scope's query, StoreError."""
    query = scope.query
    if scope.states == "open":
        if query:
            reader.queue(connection, query=query, limit=0)
        query = f"-state:closed ({query}"
    return reader.queue(connection, state=_STATES.get(scope.states), query=query, before_id=before_id, limit=limit)


def incidents(connection: Connection, scope: Scope, before_id: int | None, limit: int) -> Sequence[IncidentRow]:
    """Incidents in the scope, newest first; with a query, those of the newest thousand alerts that fit it."""
    if scope.query:
        return _fitting(connection, scope, before_id, limit)
    if scope.states != "open":
        return reader.incidents(connection, state=_STATES.get(scope.states), before_id=before_id, limit=limit)
    found: list[IncidentRow] = []
    for _ in range(MOST_PAGES):
        page = reader.incidents(connection, before_id=before_id, limit=limit)
        found += [row for row in page if row.state != AlertState.CLOSED]
        if len(found) >= limit or len(page) < limit:
            break
        before_id = page[-1].id
    return found[:limit]


def _fitting(connection: Connection, scope: Scope, before_id: int | None, limit: int) -> list[IncidentRow]:
    rows = reader.queue(connection, query=scope.query, limit=FILTERED_ALERTS)
    wanted = sorted({row.incident_id for row in rows if before_id is None or row.incident_id < before_id}, reverse=True)
    found: list[IncidentRow] = []
    for identity in wanted:
        found += [row for row in reader.incidents(connection, before_id=identity + 1, limit=1) if row.id == identity]
        if scope.states != "all":
            found = [row for row in found if (row.state == AlertState.CLOSED) == (scope.states == "closed")]
            found = [row for row in found if scope.states != "new" or row.state == AlertState.NEW]
        if len(found) >= limit:
            break
    return found
