"""What people decided not to be alerted on: for whom, of which rule, until when. It is still seen, kept and counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from forensics.database import Connection, Row
from forensics.errors import StoreError
from forensics.model import CustodyEntry, Scope, Suppression
from forensics.store.access import fetch_all, question
from forensics.store.pen import Pen
from forensics.store.tags import tag
from forensics.store.texts import restored, stored, stored_time

ACTIONS = ("suppress", "unsuppress")
_SQL = "SELECT s.*, l.agent, l.epoch, l.is_own FROM suppressions s JOIN logs l ON l.id = s.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionRow:
    """A suppression as people ask for it: what it is, whether it ended before its time, how much it kept quiet."""

    suppression: Suppression
    ended: float | None
    hits: int


def add(pen: Pen, scope: Scope, *, until: float, reason: str) -> int:
    """Begin a suppression; returns its id. Raises StoreError for one about everything, or one without a reason."""
    said = {name: stored(value, 500) for name, value in asdict(scope).items() if value}
    if not said:
        raise StoreError("a suppression is about something: a rule, a user, a channel ...")
    if not reason or until <= pen.clock():
        raise StoreError("a suppression has a reason, and an end that is to come")
    facts = {"scope": said, "until": stored_time(until), "reason": stored(reason, 500)}
    seq = pen.log.head.size + 1
    name = f"S:{pen.full_name(pen.log.id, seq)}"
    now = stored_time(pen.clock())
    id = take(
        pen.connection,
        pen.log.id,
        seq,
        {"action": "suppress", "actor": stored(pen.actor, 500), "time": now, "facts": facts},
    )
    entry = CustodyEntry(actor=pen.actor, action="suppress", subject=f"S{id}", detail=reason, time=now)
    pen.act(entry, about=name, facts=facts)
    return id


def end(pen: Pen, id: int, *, reason: str) -> None:
    """End a suppression before its time. Raises StoreError for an unknown one, or one that ended."""
    row = pen.connection.execute(f"{_SQL} WHERE s.id = ?", [id]).fetchone()
    if row is None or row["ended"] is not None:
        raise StoreError(f"there is no suppression S{id}, or it has ended")
    name = f"S:{row['agent']}:{row['epoch']}:{row['seq']}"
    now = stored_time(pen.clock())
    take(pen.connection, pen.log.id, 0, {"action": "unsuppress", "about": name, "time": now})
    entry = CustodyEntry(actor=pen.actor, action="unsuppress", subject=f"S{id}", detail=reason, time=now)
    pen.act(entry, about=name)


def take(connection: Connection, log: int, seq: int, act: Mapping[str, Any]) -> int:
    """Put what an act says into the table; returns the id."""
    if act["action"] == "unsuppress":
        _, agent, epoch, number = str(act["about"]).split(":")
        connection.execute(
            "UPDATE suppressions SET ended = ? WHERE seq = ?"
            " AND log = (SELECT id FROM logs WHERE agent = ? AND epoch = ?)",
            (act["time"], int(number), agent, int(epoch)),
        )
        return 0
    facts = act["facts"]
    scope = msgspec.json.encode(facts["scope"]).decode()
    values = (log, seq, scope, facts["until"], facts["reason"], act["actor"], act["time"])
    sql = "INSERT INTO suppressions (log, seq, scope, until, reason, actor, made) VALUES (?, ?, ?, ?, ?, ?, ?)"
    return int(connection.execute(sql, values).lastrowid or 0)


def active(pen: Pen) -> tuple[Suppression, ...]:
    """Those of this agent that hold now."""
    sql = f"{_SQL} WHERE s.ended IS NULL AND s.until > ? AND l.agent = ? ORDER BY s.id"
    return tuple(_suppression(row) for row in fetch_all(pen.connection, sql, (pen.clock(), pen.log.agent)))


@question
def listed(connection: Connection) -> tuple[SuppressionRow, ...]:
    """Every suppression there was, the newest first."""
    return tuple(_row(connection, row) for row in fetch_all(connection, f"{_SQL} ORDER BY s.id DESC"))


def _row(connection: Connection, row: Row) -> SuppressionRow:
    found = _suppression(row)
    sql = "SELECT count(*) FROM evidence_fts WHERE evidence_fts MATCH ?"
    hits = fetch_all(connection, sql, [f'"{tag("suppressed", found.name)}"'])[0][0]
    return SuppressionRow(suppression=found, ended=row["ended"], hits=int(hits))


def _suppression(row: Row) -> Suppression:
    said = msgspec.json.decode(row["scope"])
    return Suppression(
        id=row["id"],
        name=f"S:{row['agent']}:{row['epoch']}:{row['seq']}",
        scope=Scope(**{name: restored(value) for name, value in said.items()}),
        until=row["until"],
        reason=restored(row["reason"]),
        actor=restored(row["actor"]),
        made=row["made"],
    )
