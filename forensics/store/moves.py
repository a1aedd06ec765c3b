"""Incidents merged, split and put back as they were: alerts move from one to another, and an act says which and why.

Every such act names each alert, where it was and where it went, so that it can be undone, repeated in another store,
and checked against the tables.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from forensics.errors import StoreError
from forensics.store import grouping, subjects
from forensics.store.access import marks
from forensics.store.pen import Pen


def merge(pen: Pen, incident: int, others: Sequence[int], note: str) -> int:
    """Put the alerts of other incidents into one; returns the act. Raises StoreError for an unknown or repeated one."""
    if len({incident, *others}) <= len(others) or not others:
        raise StoreError("to merge takes an incident and others, each named once")
    _check(pen, "incidents", "I", [incident, *others])
    sql = f"SELECT id FROM alerts WHERE incident IN ({marks(len(others))}) ORDER BY id"
    alerts = [row["id"] for row in pen.connection.execute(sql, tuple(others))]
    if not alerts:
        raise StoreError("there are no alerts in those incidents")
    names = ", ".join(f"I{other}" for other in others)
    said = _said(f"{names} into I{incident}", note)
    return _move(pen, "merge", f"I{incident}", said, dict.fromkeys(alerts, incident))


def split(pen: Pen, incident: int, alerts: Sequence[int], note: str) -> int:
    """Put some of an incident's alerts into a new one; returns its id. Raises StoreError when they are not in it, or
    none would be left.
    """
    _check(pen, "incidents", "I", [incident])
    inside = {row["id"] for row in pen.connection.execute("SELECT id FROM alerts WHERE incident = ?", [incident])}
    chosen = sorted(set(alerts))
    if not chosen or not inside.issuperset(chosen) or len(chosen) == len(inside):
        raise StoreError(f"takes some, but not all, of the alerts of I{incident}")
    new = grouping.begin(pen, chosen[0], log=pen.log.id, seq=pen.log.head.size + 1)
    names = ", ".join(f"A{alert}" for alert in chosen)
    _move(
        pen, "split", f"I{incident}", _said(f"{names} from I{incident} into I{new}", note), dict.fromkeys(chosen, new)
    )
    return new


def undo(pen: Pen, act: int, note: str) -> None:
    """Put the alerts that an act (`C` and this number) moved back where they were.

    Raises StoreError when it moved none, or one of them has been moved again since.
    """
    row = pen.connection.execute("SELECT facts, action FROM acts WHERE id = ?", [act]).fetchone()
    moves = json.loads(row["facts"]).get("moves") if row is not None else None
    if not moves:
        raise StoreError(f"C{act} moved no alerts: only a merge or a split can be undone")
    targets: dict[int, int] = {}
    for alert_name, before_name, after_name in moves:
        alert, before = subjects.find(pen.connection, alert_name), subjects.find(pen.connection, before_name)
        after = subjects.find(pen.connection, after_name)
        if alert is None or before is None:
            raise StoreError(f"C{act} speaks of what is not in this store")
        now = pen.connection.execute("SELECT incident FROM alerts WHERE id = ?", [alert]).fetchone()["incident"]
        if now != after:
            raise StoreError(f"A{alert} has been moved again since; undo that first")
        targets[alert] = before
    _move(pen, "undo", f"C{act}", _said(f"{row['action']} of C{act} undone", note), targets)


def _move(pen: Pen, action: str, subject: str, said: str, targets: Mapping[int, int]) -> int:
    moves = []
    for alert, incident in targets.items():
        before = pen.connection.execute("SELECT incident FROM alerts WHERE id = ?", [alert]).fetchone()["incident"]
        names = (f"A{alert}", f"I{before}", f"I{incident}")
        moves.append([subjects.resolve(pen.connection, name) for name in names])
    grouping.put(pen, targets)
    return pen.note(action, subject, said, moves=moves)


def _said(what: str, note: str) -> str:
    return f"{what}: {note}" if note else what


def _check(pen: Pen, table: str, letter: str, ids: Sequence[int]) -> None:
    sql = f"SELECT id FROM {table} WHERE id IN ({marks(len(ids))})"
    known = {row["id"] for row in pen.connection.execute(sql, tuple(ids))}
    for id in ids:
        if id not in known:
            raise StoreError(f"there is no {letter}{id}")
