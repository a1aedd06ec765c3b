"""What people decide about alerts and incidents, with the custody entry that says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forensics.database import Connection
from forensics.errors import StoreError
from forensics.model import AlertState
from forensics.store.pen import Pen
from forensics.store.texts import restored, stored

CLOSE_REASONS = ("true leak", "authorised", "rule too broad", "duplicate", "test")


def set_alert_state(pen: Pen, alert: int, state: AlertState, *, reason: str, note: str, owner: str | None) -> None:
    """Move one alert; inside the caller's transaction. Raises StoreError for an unknown alert or reason."""
    _check_reason(state, reason)
    row = pen.connection.execute("SELECT * FROM alerts WHERE id = ?", [alert]).fetchone()
    if row is None:
        raise StoreError(f"there is no alert A{alert}")
    new = _decision(pen, state, reason, note, _owner(pen, restored(row["owner"]), state, owner))
    write(pen.connection, "alerts", alert, new, pen.clock())
    pen.note("state", f"A{alert}", _words(row["state"], new), state=new)


def set_incident_state(
    pen: Pen, incident: int, state: AlertState, *, reason: str, note: str, owner: str | None
) -> None:
    """Move one incident and its alerts that are not closed; inside the caller's transaction. Raises StoreError."""
    _check_reason(state, reason)
    row = pen.connection.execute("SELECT * FROM incidents WHERE id = ?", [incident]).fetchone()
    if row is None:
        raise StoreError(f"there is no incident I{incident}")
    new = _decision(pen, state, reason, note, _owner(pen, restored(row["owner"]), state, owner))
    write(pen.connection, "incidents", incident, new, pen.clock())
    pen.note("state", f"I{incident}", _words(row["state"], new), state=new)
    sql = "SELECT id FROM alerts WHERE incident = ? AND state NOT IN ('closed', ?) ORDER BY id"
    for alert in pen.connection.execute(sql, (incident, state.value)).fetchall():
        set_alert_state(pen, alert["id"], state, reason=reason, note=note, owner=owner)


def write(connection: Connection, table: str, id: int, decision: Mapping[str, Any], time: float) -> None:
    """Put a decision (state, owner, reason, note) into `alerts` or `incidents`."""
    sql = f"UPDATE {table} SET state = ?, owner = ?, reason = ?, note = ?, state_time = ? WHERE id = ?"
    connection.execute(sql, (*(decision[name] for name in ("state", "owner", "reason", "note")), time, id))


def _check_reason(state: AlertState, reason: str) -> None:
    if state is AlertState.CLOSED and reason not in CLOSE_REASONS:
        raise StoreError(f"closing needs a reason: {', '.join(CLOSE_REASONS)}")


def _owner(pen: Pen, present: str, state: AlertState, owner: str | None) -> str:
    if owner is not None:
        return owner
    return pen.actor if state is AlertState.ACKNOWLEDGED and not present else present


def _decision(pen: Pen, state: AlertState, reason: str, note: str, owner: str) -> dict[str, Any]:
    """Exactly the columns state, owner, reason and note, in that order."""
    return {
        "state": state.value,
        "owner": stored(owner, 500),
        "reason": stored(reason, 500),
        "note": stored(note),
    }


def _words(before: str, new: dict[str, Any]) -> str:
    words = f"{before} -> {new['state']}"
    return words + "".join(f": {restored(new[key])}" for key in ("reason", "note") if new[key])
