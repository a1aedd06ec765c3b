"""Which incident an alert joins: the store looks up candidates, triage chooses, the incident is carried forward."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from forensics.database import Row
from forensics.model import IncidentKey, Observation, Severity, Verdict
from forensics.store.access import marks
from forensics.store.packing import Packed, packed_json
from forensics.store.pen import Pen
from forensics.store.texts import restored

Grouper = Callable[[Verdict, Observation, Sequence[IncidentKey]], int | None]
RECENT_S = 30 * 86_400.0
MAX_CANDIDATES = 64
MAX_ITEMS = 5000


def candidates(pen: Pen, packed: Packed) -> list[IncidentKey]:
    """Incidents not closed that share an item and are near in time; the same host's first, the latest first."""
    time, host = packed.observation["time"], packed.observation["host"]
    sql = (
        "SELECT id, host, user, first_time, last_time FROM incidents WHERE id IN"
        " (SELECT incident FROM incident_items WHERE item IN (SELECT value FROM json_each(?)))"
        " AND state != 'closed' AND last_time >= ? AND first_time <= ?"
        " ORDER BY host = ? DESC, last_time DESC, id DESC LIMIT ?"
    )
    near = (packed_json(packed.items), time - RECENT_S, time + RECENT_S, host, MAX_CANDIDATES)
    rows = pen.connection.execute(sql, near).fetchall()
    items = _items(pen, [row["id"] for row in rows])
    return [_key(row, tuple(items[row["id"]])) for row in rows]


def start(pen: Pen, packed: Packed, alert: dict[str, Any]) -> int:
    """Begin an incident with its first alert; returns its id."""
    seen = packed.observation
    incident = pen.insert(
        "incidents",
        {
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
    return incident


def join(pen: Pen, incident: int, packed: Packed, alert: dict[str, Any]) -> None:
    """Carry an incident forward with one more alert; the more severe of the two gives the title."""
    seen = packed.observation
    row = pen.connection.execute("SELECT * FROM incidents WHERE id = ?", [incident]).fetchone()
    is_worse = Severity(alert["severity"]).rank > Severity(row["severity"]).rank
    channels = list(dict.fromkeys([*json.loads(row["channels"]), seen["channel"]]))
    pen.connection.execute(
        "UPDATE incidents SET title = ?, severity = ?, first_time = min(first_time, ?), last_time = max(last_time, ?),"
        " user = ?, alert_count = alert_count + 1, channels = ? WHERE id = ?",
        (
            alert["title"] if is_worse else row["title"],
            alert["severity"] if is_worse else row["severity"],
            seen["time"],
            seen["time"],
            row["user"] or seen["user"],
            packed_json(channels[:50]),
            incident,
        ),
    )
    sql = "SELECT coalesce(max(rank) + 1, 0) FROM incident_items WHERE incident = ?"
    _add_items(pen, incident, packed.items, pen.connection.execute(sql, [incident]).fetchone()[0])


def _add_items(pen: Pen, incident: int, items: Sequence[str], rank: int) -> None:
    if rank < MAX_ITEMS:
        rows = [(incident, item, rank + number) for number, item in enumerate(items)]
        pen.connection.executemany("INSERT OR IGNORE INTO incident_items VALUES (?, ?, ?)", rows)


def _items(pen: Pen, incidents: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {incident: [] for incident in incidents}
    sql = f"SELECT incident, item FROM incident_items WHERE incident IN ({marks(len(found))}) ORDER BY rank"
    for row in pen.connection.execute(sql, tuple(found)):
        found[row["incident"]].append(restored(row["item"]))
    return found


def _key(row: Row, items: tuple[str, ...]) -> IncidentKey:
    return IncidentKey(
        id=row["id"],
        items=items,
        host=restored(row["host"]),
        user=restored(row["user"]),
        first_time=row["first_time"],
        last_time=row["last_time"],
    )
