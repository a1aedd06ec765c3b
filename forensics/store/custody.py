"""The chain of custody: every entry is kept as canonical bytes that name the digest of the entry before.

An entry for evidence also carries the digest of that evidence's rows, so that an edit there breaks the chain too.
A bare chain cannot show by itself that its newest entries were cut off and everything rewritten; what is checked
here is that the database still agrees with how many entries it has handed out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forensics.database import Connection, Row
from forensics.errors import StoreError
from forensics.model import CustodyEntry
from forensics.store import evidence
from forensics.store.access import FAILURES, explain, question
from forensics.store.canonical import canonical, digest_of
from forensics.store.texts import stored, stored_time

FIRST = "0" * 64
"""What the first entry names as the digest before it."""
_NEW = {"state": "new", "owner": "", "reason": "", "note": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest entry: its id and digest."""

    id: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One place where the evidence does not agree with its chain. `subject` is an entry (`C7`) or evidence (`O5`)."""

    subject: str
    reason: str


def head(connection: Connection) -> Head:
    """The newest entry, read inside the writer's transaction."""
    row = connection.execute("SELECT id, digest FROM custody ORDER BY id DESC LIMIT 1").fetchone()
    return Head(id=row[0], digest=row[1]) if row is not None else Head(id=0, digest=FIRST)


def append(
    connection: Connection,
    entry: CustodyEntry,
    *,
    after: Head,
    agent: str,
    epoch: tuple[int, int],
    seq: int,
    facts: Mapping[str, Any],
) -> Head:
    """Add an entry after `after`; `epoch` is its row id and its number. Returns the new head.

    `facts` (evidence digest, state, kept digests) become part of the canonical bytes.
    """
    text = canonical(
        {
            **facts,
            "id": after.id + 1,
            "previous": after.digest,
            "agent": agent,
            "epoch": epoch[1],
            "seq": seq,
            "time": stored_time(entry.time),
            "actor": stored(entry.actor, 500),
            "action": stored(entry.action, 100),
            "subject": stored(entry.subject, 200),
            "detail": stored(entry.detail),
        }
    )
    new = Head(id=after.id + 1, digest=digest_of(text))
    connection.execute(
        "INSERT INTO custody (id, epoch, seq, entry, digest) VALUES (?, ?, ?, ?, ?)",
        (new.id, epoch[0], seq, text, new.digest),
    )
    return new


@question
def verify(connection: Connection) -> list[Break]:
    """Check every entry, the evidence and the decisions it speaks of, and that no evidence stands outside the chain.

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
    before = Head(id=0, digest=FIRST)
    recorded: set[str] = set()
    decided: dict[str, dict[str, Any]] = {}
    sql = (
        "SELECT c.id, c.seq, c.entry, c.digest, e.agent, e.epoch AS epoch_number FROM custody c"
        " LEFT JOIN epochs e ON e.id = c.epoch ORDER BY c.id"
    )
    for row in connection.execute(sql):
        entry = _entry(row)
        if entry is None:
            yield Break(subject=f"C{row['id']}", reason="its bytes do not have its digest, or are no entry")
        else:
            yield from _link_breaks(row, entry, before)
            subject = str(entry["subject"])
            if "evidence" in entry:
                recorded.add(subject)
                yield from _evidence_breaks(connection, entry, subject)
            if "alert" in entry:
                decided[f"A{entry['alert']}"] = {**_NEW, "incident": entry["incident"]}
            if "state" in entry:
                decided[subject] = {**decided.get(subject, {}), **entry["state"]}
        before = Head(id=row["id"], digest=row["digest"])
    yield from _tail_breaks(connection, before)
    yield from _loose_breaks(connection, recorded)
    yield from _state_breaks(connection, decided)


def _entry(row: Row) -> dict[str, Any] | None:
    try:
        if digest_of(row["entry"]) != row["digest"]:
            return None
        entry = json.loads(row["entry"])
    except (ValueError, TypeError, AttributeError):
        return None
    return entry if isinstance(entry, dict) and "subject" in entry else None


def _link_breaks(row: Row, entry: dict[str, Any], before: Head) -> Iterator[Break]:
    name = f"C{row['id']}"
    if row["id"] != before.id + 1:
        yield Break(subject=name, reason=f"entries between C{before.id} and {name} are missing")
    if entry.get("previous") != before.digest:
        yield Break(subject=name, reason="it does not follow the entry before it")
    said = (entry.get("id"), entry.get("agent"), entry.get("epoch"), entry.get("seq"))
    if said != (row["id"], row["agent"], row["epoch_number"], row["seq"]):
        yield Break(subject=name, reason="it stands under another number than it was written with")


def _evidence_breaks(connection: Connection, entry: dict[str, Any], subject: str) -> Iterator[Break]:
    find = {"G": evidence.of_gap, "Q": evidence.of_opaque}.get(subject[:1], evidence.of_observation)
    shape = evidence.shape_of(str(entry["evidence"]))
    found = find(connection, int(subject[1:]), shape) if subject[1:].isdecimal() else None
    if found is None:
        yield Break(subject=subject, reason="recorded, but no longer there")
    elif found != entry["evidence"]:
        yield Break(subject=subject, reason="not as it was recorded")


def _tail_breaks(connection: Connection, last: Head) -> Iterator[Break]:
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'custody'").fetchone()
    if row is not None and row["seq"] != last.id:
        yield Break(subject=f"C{row['seq']}", reason=f"entries after C{last.id} are missing")


def _loose_breaks(connection: Connection, recorded: set[str]) -> Iterator[Break]:
    """Evidence that no entry speaks of."""
    for letter, table in (("O", "observations"), ("G", "gaps"), ("Q", "opaque")):
        for row in connection.execute(f"SELECT id FROM {table} ORDER BY id"):
            if f"{letter}{row['id']}" not in recorded:
                yield Break(subject=f"{letter}{row['id']}", reason="there is no entry of its recording")
    loose = (
        ("artifacts", "observation", "observations"),
        ("matches", "observation", "observations"),
        ("alerts", "observation", "observations"),
        ("alert_state", "alert", "alerts"),
    )
    for table, column, parent in loose:
        sql = f"SELECT rowid FROM {table} WHERE {column} NOT IN (SELECT id FROM {parent}) LIMIT 1"
        if connection.execute(sql).fetchone() is not None:
            yield Break(subject=table, reason=f"rows that belong to none of the {parent}")


def _state_breaks(connection: Connection, decided: Mapping[str, dict[str, Any]]) -> Iterator[Break]:
    """Decisions in the tables that are not the last ones in the chain."""
    present = {
        f"A{row['id']}": dict(row)
        for row in connection.execute(
            "SELECT a.id, a.incident, s.state, s.owner, s.reason, s.note FROM alerts a"
            " LEFT JOIN alert_state s ON s.alert = a.id"
        )
    }
    for row in connection.execute("SELECT id, state, owner, reason, note FROM incidents"):
        present[f"I{row['id']}"] = dict(row)
    for subject, found in present.items():
        expected = decided.get(subject, _NEW)
        if any(found[name] != value for name, value in expected.items()):
            yield Break(subject=subject, reason="its state is not the one that was last decided")
    for subject in decided.keys() - present.keys():
        yield Break(subject=subject, reason="decided upon, but no longer there")
