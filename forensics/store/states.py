"""What people decide about alerts and incidents, with the custody entry that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from forensics.database import Connection
from forensics.errors import StoreError
from forensics.model import AlertState
from forensics.store.pen import Pen
from forensics.store.texts import restored, stored

CLOSE_REASONS = ("true leak", "authorised", "rule too broad", "duplicate", "test")
_TABLES = {"A": "alerts", "I": "incidents"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of an alert (kind `A`) or of an incident (`I`) and its alerts that are not closed.

    Closing needs one of CLOSE_REASONS. `owner` None leaves the owner; who acknowledges what nobody owns, owns it. With
    `state` None state, reason and note stay; with `is_alone` an incident's alerts do.
    """

    kind: Literal["A", "I"]
    id: int
    state: AlertState | None
    reason: str = ""
    note: str = ""
    owner: str | None = None
    is_alone: bool = False


def decide(pen: Pen, decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Carry decisions out, inside the caller's transaction; returns those that take them back.

    Raises StoreError for an unknown alert, incident or reason.
    """
    before = [was for decision in decisions for was in _carried_out(pen, decision)]
    return tuple(reversed(before))


def _carried_out(pen: Pen, one: Decision) -> list[Decision]:
    """Carry one out; returns what everything it changed was before."""
    table = _TABLES[one.kind]
    row = pen.connection.execute(f"SELECT * FROM {table} WHERE id = ?", [one.id]).fetchone()
    if row is None:
        raise StoreError(f"there is no {table[:-1]} {one.kind}{one.id}")
    if one.state is None:
        state, reason, note = AlertState(row["state"]), restored(row["reason"]), restored(row["note"])
    else:
        state, reason, note = one.state, one.reason, one.note
        _check_reason(state, reason)
    new = _decision(state, reason, note, _owner(pen, restored(row["owner"]), one.state, one.owner))
    write(pen.connection, table, one.id, new, pen.clock())
    said = f"owner {restored(new['owner']) or 'nobody'}" if one.state is None else _words(row["state"], new)
    pen.note("state", f"{one.kind}{one.id}", said, state=new)
    was = replace(
        one,
        state=AlertState(row["state"]),
        reason=restored(row["reason"]),
        note=restored(row["note"]),
        owner=restored(row["owner"]),
        is_alone=True,
    )
    found = [was]
    if one.kind == "I" and not one.is_alone:
        sql = "SELECT id FROM alerts WHERE incident = ? AND state NOT IN ('closed', ?) ORDER BY id"
        for alert in pen.connection.execute(sql, (one.id, state.value)).fetchall():
            found += _carried_out(pen, replace(one, kind="A", id=alert["id"]))
    return found


def write(connection: Connection, table: str, id: int, decision: Mapping[str, Any], time: float) -> None:
    """Put a decision (state, owner, reason, note) into `alerts` or `incidents`."""
    sql = f"UPDATE {table} SET state = ?, owner = ?, reason = ?, note = ?, state_time = ? WHERE id = ?"
    connection.execute(sql, (*(decision[name] for name in ("state", "owner", "reason", "note")), time, id))


def _check_reason(state: AlertState, reason: str) -> None:
    if state is AlertState.CLOSED and reason not in CLOSE_REASONS:
        raise StoreError(f"closing needs a reason: {', '.join(CLOSE_REASONS)}")


def _owner(pen: Pen, present: str, state: AlertState | None, owner: str | None) -> str:
    if owner is not None:
        return owner
    return pen.actor if state is AlertState.ACKNOWLEDGED and not present else present


def _decision(state: AlertState, reason: str, note: str, owner: str) -> dict[str, Any]:
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
