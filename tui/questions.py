"""What the live lists ask the store: a page of alerts or incidents within a scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forensics.database import Connection
from forensics.model import AlertState
from forensics.store import reader
from forensics.store.rows import AlertRow, IncidentRow

FILTERED_ALERTS = 1000
SCOPES: Mapping[str, Sequence[AlertState | None]] = {
    "open": (AlertState.NEW, AlertState.ACKNOWLEDGED),
    "new": (AlertState.NEW,),
    "closed": (AlertState.CLOSED,),
    "all": (None,),
}
"""The choices of state and what they ask for; None asks for every state."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows a list shows: `states` is a key of SCOPES, `query` is in the store's language."""

    states: str = "open"
    query: str = ""

    @property
    def wanted(self) -> Sequence[AlertState | None]:
        """The states asked for, None for all."""
        return SCOPES[self.states]


def alerts(connection: Connection, scope: Scope, before_id: int | None, limit: int) -> Sequence[AlertRow]:
    """Alerts in the scope, newest first. Raises QueryError with a column of the scope's query, StoreError."""
    found = [
        row
        for state in scope.wanted
        for row in reader.queue(connection, state=state, query=scope.query, before_id=before_id, limit=limit)
    ]
    return sorted(found, key=lambda row: -row.id)[:limit]


def incidents(connection: Connection, scope: Scope, before: int | None, limit: int) -> Sequence[IncidentRow]:
    """Incidents in the scope, those of the newest alerts first; `before` is the id of such an alert.

    With a query, those of the newest thousand alerts that fit it. Raises as `alerts` does.
    """
    among = None
    if scope.query:
        fitting = reader.queue(connection, query=scope.query, limit=FILTERED_ALERTS)
        among = {row.incident_id for row in fitting}
    found = [
        row
        for state in scope.wanted
        for row in reader.incidents(connection, state=state, among=among, before_alert=before, limit=limit)
    ]
    return sorted(found, key=lambda row: -row.latest_alert)[:limit]
