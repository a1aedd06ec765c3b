"""Which incident an alert joins: the store looks up candidates, triage chooses, the incident is carried forward."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forensics.database import Row
from forensics.model import IncidentKey, Observation, Severity, Verdict
from forensics.store.access import marks
from forensics.store.packing import Packed, packed_json, unpacked
from forensics.store.pen import Pen
from forensics.store.texts import restored

Grouper = Callable[[Verdict, Observation, Sequence[IncidentKey]], int | None]
"""Triage's choice among the candidates, or None for a new incident. A candidate's items are those it shares."""
FOUND = "file"
"""The channel of what a scan found: it lies there, and nobody saw it leave."""
RECENT_S = 30 * 86_400.0
MAX_CANDIDATES = 64
_MAX_ITEMS = 50
_MAX_PER_ITEM = 200


def candidates(pen: Pen, packed: Packed) -> list[IncidentKey]:
    """Incidents not closed that share an item and are near in time; the same host's first, the latest first."""
    shared = _sharing(pen, packed.items)
    time, host = packed.observation["time"], packed.observation["host"]
    sql = (
        f"SELECT id, host, user, first_time, last_time FROM incidents WHERE id IN ({marks(len(shared))})"
        " AND state != 'closed' AND last_time >= ? AND first_time <= ?"
        " ORDER BY host = ? DESC, last_time DESC, id DESC LIMIT ?"
    )
    near = (*shared, time - RECENT_S, time + RECENT_S, host, MAX_CANDIDATES)
    return [_key(row, tuple(shared[row["id"]])) for row in pen.connection.execute(sql, near)]


def _sharing(pen: Pen, items: Sequence[str]) -> dict[int, list[str]]:
    """The latest incidents that share one of the strongest items: id -> the items shared."""
    found: dict[int, list[str]] = {}
    sql = "SELECT incident FROM incident_items WHERE item = ? ORDER BY incident DESC LIMIT ?"
    for item in items[:_MAX_ITEMS]:
        for row in pen.connection.execute(sql, (item, _MAX_PER_ITEM)):
            found.setdefault(row["incident"], []).append(restored(item))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident as the log knows it: by the entry of the observation whose alert began it."""

    id: int
    log: int
    seq: int


def start(pen: Pen, packed: Packed, alert: dict[str, Any], *, log: int, seq: int) -> Incident:
    """Begin an incident with an alert; `log` and `seq` name the entry that began it, this one or one before."""
    seen = packed.observation
    incident = pen.add(
        "incidents",
        {
            "log": log,
            "seq": seq,
            "title": alert["title"],
            "severity": alert["severity"],
            "first_time": seen["time"],
            "last_time": seen["time"],
            "host": seen["host"],
            "user": seen["user"],
            "alert_count": 1,
            "channels": packed_json([seen["channel"]]),
            "state": "new",
            "owner": "",
            "reason": "",
            "note": "",
            "state_time": pen.clock(),
        },
    )
    _add_items(pen, incident, packed.items, 0)
    return Incident(id=incident, log=log, seq=seq)


def join(pen: Pen, incident: int, packed: Packed, alert: dict[str, Any]) -> Incident:
    """Carry an incident on with one more alert; the more severe gives the title, and leaving outdoes lying there."""
    seen = packed.observation
    row = pen.connection.execute("SELECT * FROM incidents WHERE id = ?", [incident]).fetchone()
    is_worse = Severity(alert["severity"]).rank > Severity(row["severity"]).rank
    before = json.loads(row["channels"])
    gives_title = is_worse or (before == [FOUND] and seen["channel"] != FOUND)
    channels = list(dict.fromkeys([*before, seen["channel"]]))
    pen.connection.execute(
        "UPDATE incidents SET title = ?, severity = ?, first_time = min(first_time, ?), last_time = max(last_time, ?),"
        " user = ?, alert_count = alert_count + 1, channels = ? WHERE id = ?",
        (
            alert["title"] if gives_title else row["title"],
            alert["severity"] if is_worse else row["severity"],
            seen["time"],
            seen["time"],
            row["user"] or seen["user"],
            packed_json(channels[:50]),
            incident,
        ),
    )
    sql = "SELECT rank FROM incident_items WHERE incident = ? ORDER BY rank DESC LIMIT 1"
    last = pen.connection.execute(sql, [incident]).fetchone()
    _add_items(pen, incident, packed.items, last["rank"] + 1 if last is not None else 0)
    return Incident(id=incident, log=row["log"], seq=row["seq"])


def begin(pen: Pen, alert: int, *, log: int, seq: int) -> int:
    """Begin an incident that an alert is to be put into; returns its id."""
    packed = _packed(pen, alert)
    return start(pen, packed, packed.alert or {}, log=log, seq=seq).id


def put(pen: Pen, targets: Mapping[int, int]) -> None:
    """Put alerts into incidents (both by id), and make the incidents concerned anew from the alerts they have then."""
    touched = dict.fromkeys(targets.values())
    for alert, incident in targets.items():
        row = pen.connection.execute("SELECT incident FROM alerts WHERE id = ?", [alert]).fetchone()
        touched[row["incident"]] = None
        pen.connection.execute("UPDATE alerts SET incident = ? WHERE id = ?", (incident, alert))
    for incident in touched:
        _remake(pen, incident)


def _remake(pen: Pen, incident: int) -> None:
    """Make an incident anew from its alerts; one without any keeps its title, and holds nothing."""
    execute = pen.connection.execute
    execute("DELETE FROM incident_items WHERE incident = ?", [incident])
    execute("UPDATE incidents SET alert_count = 0, channels = '[]' WHERE id = ?", [incident])
    alerts = execute("SELECT id FROM alerts WHERE incident = ? ORDER BY id", [incident]).fetchall()
    for number, row in enumerate(alerts):
        packed = _packed(pen, row["id"])
        alert = packed.alert or {}
        if number == 0:
            seen = packed.observation
            execute(
                "UPDATE incidents SET title = ?, severity = ?, first_time = ?, last_time = ?, host = ?, user = ?"
                " WHERE id = ?",
                (alert["title"], alert["severity"], seen["time"], seen["time"], seen["host"], seen["user"], incident),
            )
        join(pen, incident, packed, alert)


def _packed(pen: Pen, alert: int) -> Packed:
    sql = "SELECT e.body FROM alerts a JOIN entries e ON e.id = a.entry WHERE a.id = ?"
    return unpacked(json.loads(pen.connection.execute(sql, [alert]).fetchone()["body"]))


def _add_items(pen: Pen, incident: int, items: Sequence[str], rank: int) -> None:
    rows = [(incident, rank + number, item) for number, item in enumerate(items)]
    pen.connection.executemany("INSERT OR IGNORE INTO incident_items VALUES (?, ?, ?)", rows)


def _key(row: Row, items: tuple[str, ...]) -> IncidentKey:
    return IncidentKey(
        id=row["id"],
        items=items,
        host=restored(row["host"]),
        user=restored(row["user"]),
        first_time=row["first_time"],
        last_time=row["last_time"],
    )
