"""Whether the store still holds what was recorded: the chain of every log, and what was made from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forensics.database import Connection, Row
from forensics.errors import StoreError
from forensics.store.access import FAILURES, explain, question
from forensics.store.log import FIRST, canonical, digest_after
from forensics.store.shapes import ACT, ALERT, OBSERVATION

_NEW = {"state": "new", "owner": "", "reason": "", "note": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One place where the store is not what was recorded. `subject` is an entry (`O5`, `C7`) or what was made of it."""

    subject: str
    reason: str


@question
def verify(connection: Connection) -> list[Break]:
    """Check every entry of every log, and that alerts, incidents and decisions are those the logs speak of.

    Returns the breaks found, in order; an empty list is a whole chain. Raises StoreError when reading fails.
    """
    factory = connection.text_factory
    connection.text_factory = _tolerant  # bytes that are no text must be found, not stumbled over
    try:
        return list(_breaks(connection))
    except FAILURES as error:
        raise StoreError(explain(error)) from error
    finally:
        connection.text_factory = factory


def _tolerant(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _breaks(connection: Connection) -> Iterator[Break]:
    told = _Told()
    for log in connection.execute("SELECT * FROM logs ORDER BY id").fetchall():
        yield from _log_breaks(connection, log, told)
    known = "SELECT e.id, e.kind, e.body FROM entries e WHERE e.log NOT IN (SELECT id FROM logs)"
    for row in connection.execute(known):
        yield Break(subject=_name(row), reason="it belongs to no log")
    yield from _alert_breaks(connection, told)
    yield from _incident_breaks(connection, told)
    for subject in told.decided.keys() - told.met:
        yield Break(subject=subject, reason="decided upon, but no longer there")


class _Told:
    """What the logs say that alerts and decisions must be."""

    def __init__(self) -> None:
        self.alerts: dict[int, tuple[str, list[Any]]] = {}
        """By row id of the observation: its full name, and what its body says of the alert."""
        self.decided: dict[str, dict[str, Any]] = {}
        """By what an act is about: the last decision."""
        self.met: set[str] = set()


def _log_breaks(connection: Connection, log: Row, told: _Told) -> Iterator[Break]:
    before, last = FIRST, 0
    sql = "SELECT id, seq, kind, key, body, digest FROM entries WHERE log = ? ORDER BY seq"
    for row in connection.execute(sql, [log["id"]]):
        if row["seq"] != last + 1:
            yield Break(subject=_name(row), reason=f"entries between {last} and {row['seq']} of its log are missing")
        text = _canonical(log, row)
        is_whole = text is not None and digest_after(before, text) == row["digest"]
        if not is_whole or row["kind"] != row["body"][2:3]:
            yield Break(subject=_name(row), reason="not as it was recorded, or not after what was recorded before it")
        _listen(told, log, row)
        before, last = bytes(row["digest"]), row["seq"]
    if (log["size"], bytes(log["digest"])) != (last, before):
        yield Break(subject=f"log {log['agent']}:{log['epoch']}", reason=f"it ends at {last}, not at {log['size']}")


def _canonical(log: Row, row: Row) -> bytes | None:
    try:
        return canonical(log["agent"], log["epoch"], row["seq"], bytes(row["key"] or b""), row["body"])
    except (UnicodeEncodeError, TypeError, AttributeError):
        return None


def _listen(told: _Told, log: Row, row: Row) -> None:
    """Take from an entry what alerts and decisions must be."""
    try:
        body = json.loads(row["body"])
        shape = str(body[0])
        if shape == "O1" and len(body) > OBSERVATION.index("alert") and (alert := body[OBSERVATION.index("alert")]):
            told.alerts[row["id"]] = (f"{log['agent']}:{log['epoch']}:{row['seq']}", alert)
        elif shape == "C1" and len(body) > ACT.index("facts"):
            state = body[ACT.index("facts")].get("state")
            if isinstance(state, dict):
                about = str(body[ACT.index("about")])
                told.decided[about] = {**told.decided.get(about, {}), **state}
    except (ValueError, TypeError, AttributeError, LookupError):
        return  # its digest has told already


def _alert_breaks(connection: Connection, told: _Told) -> Iterator[Break]:
    sql = (
        "SELECT a.*, i.seq, l.agent, l.epoch FROM alerts a LEFT JOIN incidents i ON i.id = a.incident"
        " LEFT JOIN logs l ON l.id = i.log"
    )
    missing = dict(told.alerts)
    for row in connection.execute(sql):
        name, said = missing.pop(row["entry"], ("", []))
        about = f"A:{name}"
        told.met.add(about)
        wanted = {**_NEW, **told.decided.get(about, {})}
        if not name:
            yield Break(subject=f"A{row['id']}", reason="no entry speaks of it")
        elif list(said[:2]) != [row["severity"], row["title"]]:
            yield Break(subject=f"A{row['id']}", reason="not as it was recorded")
        elif _incident_name(said[ALERT.index("incident")], name) != f"{row['agent']}:{row['epoch']}:{row['seq']}":
            yield Break(subject=f"A{row['id']}", reason="not in the incident it was put in")
        elif any(row[key] != value for key, value in wanted.items()):
            yield Break(subject=f"A{row['id']}", reason="its state is not the one that was last decided")
    for entry in missing:
        yield Break(subject=f"O{entry}", reason="its alert is no longer there")


def _incident_name(reference: int | str, alert: str) -> str:
    """The full name of an incident as an alert's entry refers to it."""
    return reference if isinstance(reference, str) else f"{alert.rpartition(':')[0]}:{reference}"


def _incident_breaks(connection: Connection, told: _Told) -> Iterator[Break]:
    founders = {_incident_name(said[ALERT.index("incident")], name) for name, said in told.alerts.values()}
    sql = "SELECT i.*, l.agent, l.epoch FROM incidents i LEFT JOIN logs l ON l.id = i.log"
    for row in connection.execute(sql):
        name = f"{row['agent']}:{row['epoch']}:{row['seq']}"
        about = f"I:{name}"
        told.met.add(about)
        if name not in founders:
            yield Break(subject=f"I{row['id']}", reason="no entry speaks of it")
        founders.discard(name)
        wanted = {**_NEW, **told.decided.get(about, {})}
        if any(row[key] != value for key, value in wanted.items()):
            yield Break(subject=f"I{row['id']}", reason="its state is not the one that was last decided")
    for name in founders:
        yield Break(subject=f"I:{name}", reason="recorded, but no longer there")


def _name(row: Row) -> str:
    """An entry as people name it."""
    return f"{row['kind']}{row['id']}"
