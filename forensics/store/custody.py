"""Whether the store still holds what was recorded: the chain of every log, and what was made from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from forensics.custody import chain
from forensics.database import Connection, Row
from forensics.errors import StoreError
from forensics.store import canaries, cases, quick, signed, watched
from forensics.store.access import FAILURES, explain, question
from forensics.store.shapes import ACT, ALERT, OBSERVATION, named

Origin: TypeAlias = tuple[str, int]
"""Agent and epoch: the name of a log."""
Anchor: TypeAlias = tuple[int, bytes]
"""The size and the root of a head."""
NAMED = 3
"""Entries that a break names one by one."""
_NEW = {"state": "new", "owner": "", "reason": "", "note": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One place where the store is not what was recorded. `subject` is an entry (`O5`, `C7`) or what was made of it."""

    subject: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What was found of one log: how many entries, how many of them a signed head vouches for, by which keys."""

    agent: str
    epoch: int
    is_own: bool
    size: int
    covered: int
    heads: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The breaks found, in order (none: all is as it was recorded), and an account of each log."""

    breaks: tuple[Break, ...]
    logs: tuple[Account, ...]


def verify(connection: Connection) -> list[Break]:
    """The breaks alone. Raises StoreError when reading fails."""
    return list(examine(connection).breaks)


@question
def examine(connection: Connection, *, outside: Mapping[Origin, Sequence[Anchor]] | None = None) -> Verification:
    """Check every entry of every log, and that alerts, incidents and decisions are those the logs speak of.

    `outside` are heads that were kept elsewhere, by log: (size, root). Raises StoreError when reading fails.
    """
    factory = connection.text_factory
    connection.text_factory = _tolerant  # bytes that are no text must be found, not stumbled over
    try:
        accounts: list[Account] = []
        breaks = tuple(_breaks(connection, accounts, outside or {}))
        return Verification(breaks=breaks, logs=tuple(accounts))
    except FAILURES as error:
        raise StoreError(explain(error)) from error
    finally:
        connection.text_factory = factory


def _tolerant(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _breaks(
    connection: Connection, accounts: list[Account], outside: Mapping[Origin, Sequence[Anchor]]
) -> Iterator[Break]:
    told = _Told()
    logs = connection.execute("SELECT * FROM logs ORDER BY id").fetchall()
    for log in logs:
        anchors = outside.get((str(log["agent"]), int(log["epoch"])), ())
        yield from _log_breaks(connection, log, told, accounts, anchors)
    for agent, epoch in outside.keys() - {(log["agent"], log["epoch"]) for log in logs}:
        yield Break(subject=f"log {agent}:{epoch}", reason="a head of it was kept elsewhere, but it is not here")
    told.listen()
    for row in connection.execute("SELECT id, kind FROM entries WHERE log NOT IN (SELECT id FROM logs)"):
        yield Break(subject=_name(row), reason="it belongs to no log")
    yield from _alert_breaks(connection, told)
    yield from _incident_breaks(connection, told)
    yield from _suppression_breaks(connection, told)
    yield from _canary_breaks(connection, told)
    for subject, reason in (*watched.breaks(connection, told.watched), *cases.breaks(connection, told.casework)):
        yield Break(subject=subject, reason=reason)
    for subject in told.decided.keys() - told.met:
        yield Break(subject=subject, reason="decided upon, but no longer there")


class _Told:
    """What the logs say that alerts, incidents and decisions must be."""

    def __init__(self) -> None:
        self.said: list[tuple[int, str, str | bytes]] = []
        """Of every entry that says something of them: row id, full name, body."""
        self.alerts: dict[int, tuple[str, list[Any]]] = {}
        """By row id of the observation: its full name, and what its body says of the alert."""
        self.moved: dict[str, str] = {}
        """By alert, the incident it was last put into; all as `A:agent:epoch:seq`."""
        self.incidents: set[str] = set()
        """Every incident that there ever was, empty ones too."""
        self.suppressed: dict[str, tuple[Any, Any, Any]] = {}
        """By name: scope, end, and when it was ended before."""
        self.canaries: dict[str, dict[str, Any]] = {}
        """By name: what is said of each canary of the self-check."""
        self.decided: dict[str, dict[str, Any]] = {}
        """By what an act is about: the last decision."""
        self.met: set[str] = set()
        self.casework: list[tuple[str, dict[str, Any]]] = []
        """Every act that says what becomes of a case, with its full name."""
        self.watched: dict[str, dict[str, Any]] = {}
        """By run of a sensor, `W:agent:epoch:id`: the last that is said of it."""

    def listen(self) -> None:
        """Take it all in the order in which it came into this store."""
        for id, name, text in sorted(self.said):
            try:
                body = msgspec.json.decode(text)
                if body[0] == "O1":
                    self._alert(id, name, body)
                elif body[0] == "C1":
                    self._act(name, body)
            except (msgspec.DecodeError, ValueError, TypeError, AttributeError, LookupError):
                continue  # its digest has told already

    def _alert(self, id: int, name: str, body: list[Any]) -> None:
        alert = body[OBSERVATION.index("alert")] if len(body) > OBSERVATION.index("alert") else None
        if alert:
            self.alerts[id] = (name, alert)
            self.incidents.add(f"I:{_incident_name(alert[ALERT.index('incident')], name)}")

    def _act(self, name: str, body: list[Any]) -> None:
        facts = body[ACT.index("facts")] if len(body) > ACT.index("facts") else {}
        if isinstance(facts.get(cases.FACTS), dict):
            self.casework.append((name, named(ACT, body)))
        if isinstance(facts.get("state"), dict):
            about = str(body[ACT.index("about")])
            self.decided[about] = {**self.decided.get(about, {}), **facts["state"]}
        about = str(body[ACT.index("about")])
        if body[ACT.index("action")] == "suppress":
            self.suppressed[about] = (facts["scope"], facts["until"], None)
        elif body[ACT.index("action")] == "unsuppress":
            self.suppressed[about] = (*self.suppressed[about][:2], body[ACT.index("time")])
        if isinstance(facts.get(canaries.FACTS), dict):
            self.canaries.setdefault(about, {}).update(facts[canaries.FACTS])
        if isinstance(facts.get("watch"), dict):
            self.watched[str(body[ACT.index("about")])] = facts["watch"]
        for alert, before, after in facts.get("moves", ()):
            self.moved[alert] = after
            self.incidents |= {before, after}


def _log_breaks(
    connection: Connection, log: Row, told: _Told, accounts: list[Account], outside: Sequence[Anchor]
) -> Iterator[Break]:
    vkeys, heads, wrong = signed.heads_of(connection, log)
    for size, reason in wrong:
        yield Break(subject=f"head {size}", reason=reason)
    anchors = [*heads, *outside]
    whole = quick.walk(connection, log, anchors)
    if whole is not None:
        name = f"{log['agent']}:{log['epoch']}"
        told.said += [(id, f"{name}:{seq}", body) for seq, id, body in whole.said]
    else:
        whole = quick.Whole()
        yield from _slow_breaks(connection, log, told, anchors, whole)
    if (log["size"], log["digest"]) != (whole.size, whole.digest):
        yield Break(
            subject=f"log {log['agent']}:{log['epoch']}", reason=f"it ends at entry {whole.size}, not at {log['size']}"
        )
    accounts.append(
        Account(
            agent=str(log["agent"]),
            epoch=int(log["epoch"]),
            is_own=bool(log["is_own"]),
            size=whole.size,
            covered=whole.covered,
            heads=len(heads),
            keys=tuple(map(str, vkeys)),
        )
    )


def _slow_breaks(
    connection: Connection, log: Row, told: _Told, anchors: Sequence[Anchor], end: quick.Whole
) -> Iterator[Break]:
    """What of a log does not hold and where; `end` is told how far it goes."""
    walk = chain.Walk(log["agent"], log["epoch"], heads=anchors)
    odd: list[Break] = []
    for found in walk.breaks(_entries(connection, log, told, end, odd)):
        yield Break(subject=_subject(connection, log, found), reason=str(found))
    yield from odd
    end.size, end.covered = walk.size, walk.covered


def _entries(
    connection: Connection, log: Row, told: _Told, end: quick.Whole, odd: list[Break]
) -> Iterator[chain.Entry]:
    """The entries of a log in their order, listened to as they go by."""
    sql = "SELECT id, seq, kind, key, body, digest FROM entries WHERE log = ? ORDER BY seq"
    agent, epoch = log["agent"], log["epoch"]
    for row in connection.execute(sql, [log["id"]]):
        id, seq, kind, key, body, digest = row
        told.said.append((id, f"{agent}:{epoch}:{seq}", body or ""))
        if (body or "")[2:3] != kind:
            odd.append(Break(subject=_name(row), reason="it says that it is of another kind than it is"))
        end.digest = digest
        yield agent, epoch, seq, "" if key is None else key.hex(), body, digest


def _subject(connection: Connection, log: Row, found: chain.Break) -> str:
    """A break as people look it up: the entries it is about when they are few, otherwise their numbers."""
    sql = "SELECT id, kind FROM entries WHERE log = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?"
    rows = connection.execute(sql, (log["id"], found.first, found.last, NAMED + 1)).fetchall()
    if 0 < len(rows) <= NAMED:
        return ", ".join(map(_name, rows))
    return f"log {log['agent']}:{log['epoch']} entries {found.first} to {found.last}"


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
        elif told.moved.get(about, f"I:{_incident_name(said[ALERT.index('incident')], name)}") != (
            f"I:{row['agent']}:{row['epoch']}:{row['seq']}"
        ):
            yield Break(subject=f"A{row['id']}", reason="not in the incident it was put in")
        elif any(row[key] != value for key, value in wanted.items()):
            yield Break(subject=f"A{row['id']}", reason="its state is not the one that was last decided")
    for entry in missing:
        yield Break(subject=f"O{entry}", reason="its alert is no longer there")


def _incident_name(reference: int | str, alert: str) -> str:
    """The full name of an incident as an alert's entry refers to it."""
    return reference if isinstance(reference, str) else f"{alert.rpartition(':')[0]}:{reference}"


def _incident_breaks(connection: Connection, told: _Told) -> Iterator[Break]:
    missing = set(told.incidents)
    sql = "SELECT i.*, l.agent, l.epoch FROM incidents i LEFT JOIN logs l ON l.id = i.log"
    for row in connection.execute(sql):
        name = f"{row['agent']}:{row['epoch']}:{row['seq']}"
        about = f"I:{name}"
        told.met.add(about)
        if about not in told.incidents:
            yield Break(subject=f"I{row['id']}", reason="no entry speaks of it")
        missing.discard(about)
        wanted = {**_NEW, **told.decided.get(about, {})}
        if any(row[key] != value for key, value in wanted.items()):
            yield Break(subject=f"I{row['id']}", reason="its state is not the one that was last decided")
    for name in missing:
        yield Break(subject=name, reason="recorded, but no longer there")


def _suppression_breaks(connection: Connection, told: _Told) -> Iterator[Break]:
    """Suppressions that are not as they were decided."""
    missing = dict(told.suppressed)
    sql = "SELECT s.*, l.agent, l.epoch FROM suppressions s LEFT JOIN logs l ON l.id = s.log"
    for row in connection.execute(sql):
        said = missing.pop(f"S:{row['agent']}:{row['epoch']}:{row['seq']}", None)
        try:
            found = (msgspec.json.decode(row["scope"]), row["until"], row["ended"])
        except (msgspec.DecodeError, UnicodeEncodeError):
            found = None
        if found != said:
            yield Break(subject=f"S{row['id']}", reason="not as it was decided")
    for name in missing:
        yield Break(subject=name, reason="decided, but no longer there")


def _canary_breaks(connection: Connection, told: _Told) -> Iterator[Break]:
    """Canaries of the self-check that nobody issued, or that are not as the log says."""
    missing = dict(told.canaries)
    for row in connection.execute("SELECT c.*, l.agent, l.epoch FROM canaries c LEFT JOIN logs l ON l.id = c.log"):
        said = missing.pop(f"K:{row['agent']}:{row['epoch']}:{row['seq']}", None)
        if said is None or {name: row[name] for name in canaries.COLUMNS} != {**canaries.NEW, **said}:
            yield Break(subject=f"K{row['id']}", reason="not as it was issued and seen")
    for name in missing:
        yield Break(subject=name, reason="issued, but no longer there")


def _name(row: Row) -> str:
    """An entry as people name it."""
    return f"{row['kind']}{row['id']}"
