"""What is asked of cases: which there are, what is in one, and which cases an alert is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forensics.database import Connection, Row
from forensics.model import Severity
from forensics.store import convert, extract, reader, subjects
from forensics.store.access import fetch_all, marks, question
from forensics.store.cases import TO_DO
from forensics.store.rows import AlertRow, CustodyRow
from forensics.store.texts import restored

MOST_ALERTS = 1000
"""Alerts of a case that are looked at, the newest ones."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One line of the list of cases. `severity` is that of its gravest alert, None without any; times as Unix seconds.

    `alerts` counts those in it now, `open_tasks` those still to do, the first of which is due at `due_time`.
    """

    id: int
    title: str
    state: str
    owner: str
    disposition: str
    reason: str
    actor: str
    made_time: float
    changed_time: float
    severity: Severity | None
    alerts: int
    tasks: int
    open_tasks: int
    due_time: float | None
    notes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRow:
    """One note, which nobody can change."""

    id: int
    text: str
    actor: str
    time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One task. `state`: open, done or dropped; `actor` was the last to change it; `due_time` where one is set."""

    id: int
    text: str
    state: str
    owner: str
    due_time: float | None
    actor: str
    made_time: float
    changed_time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDetail:
    """Everything in one case: its incidents by id, its alerts newest first, notes, tasks and acts oldest first."""

    case: CaseRow
    incidents: tuple[int, ...]
    alerts: tuple[AlertRow, ...]
    notes: tuple[NoteRow, ...]
    tasks: tuple[TaskRow, ...]
    custody: tuple[CustodyRow, ...]


@question
def listed(
    connection: Connection, *, state: str = "", owner: str = "", before: int | None = None, limit: int = 200
) -> tuple[CaseRow, ...]:
    """Cases, the newest first; `state` and `owner` narrow it where they are said."""
    sql = "SELECT * FROM cases WHERE ? IN ('', state) AND ? IN ('', owner) AND id < ? ORDER BY id DESC LIMIT ?"
    top = before if before is not None else (1 << 63) - 1
    rows = fetch_all(connection, sql, (state, owner, top, limit))
    return tuple(_row(connection, row) for row in rows)


@question
def case(connection: Connection, id: int) -> CaseDetail | None:
    """One case with all that is in it, or None."""
    rows = fetch_all(connection, "SELECT * FROM cases WHERE id = ?", [id])
    if not rows:
        return None
    name = rows[0]["name"]
    incidents, alerts = _members(connection, name)
    notes = fetch_all(connection, "SELECT * FROM case_notes WHERE case_name = ? ORDER BY id", [name])
    tasks = fetch_all(connection, "SELECT * FROM case_tasks WHERE case_name = ? ORDER BY id", [name])
    return CaseDetail(
        case=_row(connection, rows[0]),
        incidents=incidents,
        alerts=alert_rows(connection, alerts[:MOST_ALERTS]),
        notes=tuple(_note(row) for row in notes),
        tasks=tuple(_task(row) for row in tasks),
        custody=reader.custody(connection, f"case-{id}"),
    )


@question
def cases_of(connection: Connection, subject: str) -> tuple[int, ...]:
    """The cases that an alert (`A12`) or incident (`I3`) is in, an alert also with its incident, by id."""
    names = [subjects.resolve(connection, subject)]
    if names[0].startswith("A:"):
        rows = fetch_all(connection, "SELECT incident FROM alerts WHERE id = ?", [int(subject[1:])])
        names += [subjects.resolve(connection, f"I{row['incident']}") for row in rows]
    sql = (
        "SELECT DISTINCT c.id FROM case_members m JOIN cases c ON c.name = m.case_name"
        f" WHERE m.subject IN ({marks(len(names))}) ORDER BY c.id"
    )
    return tuple(int(row["id"]) for row in fetch_all(connection, sql, names))


def alert_rows(connection: Connection, alerts: Sequence[int]) -> tuple[AlertRow, ...]:
    """These alerts, the newest first."""
    found: list[AlertRow] = []
    observations = sorted(extract.observations_of(connection, alerts).values())
    for at in range(0, len(observations), _AT_ONCE):
        some = observations[at : at + _AT_ONCE]
        sql = f"SELECT o.* FROM observations o WHERE o.id IN ({marks(len(some))})"
        found += [convert.alert_row(row) for row in fetch_all(connection, sql, some) if row["alert"] is not None]
    return tuple(sorted(found, key=lambda alert: -alert.id))


def _members(connection: Connection, name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The incidents of a case, and its alerts, newest first: those named, and those in its incidents by now."""
    incidents: list[int] = []
    alerts: set[int] = set()
    for row in fetch_all(connection, "SELECT subject FROM case_members WHERE case_name = ?", [name]):
        id = subjects.find(connection, row["subject"])
        if id is None:
            continue  # it is in a log that has not come into this store
        if row["subject"].startswith("A:"):
            alerts.add(id)
        else:
            incidents.append(id)
            later = fetch_all(connection, "SELECT id FROM alerts WHERE incident = ?", [id])
            alerts.update(int(alert["id"]) for alert in later)
    return tuple(sorted(incidents)), tuple(sorted(alerts, reverse=True))


def _row(connection: Connection, row: Row) -> CaseRow:
    name = row["name"]
    _, alerts = _members(connection, name)
    tasks = fetch_all(connection, "SELECT state, due FROM case_tasks WHERE case_name = ?", [name])
    to_do = [task for task in tasks if task["state"] == TO_DO]
    [[notes]] = fetch_all(connection, "SELECT count(*) FROM case_notes WHERE case_name = ?", [name])
    return CaseRow(
        id=row["id"],
        title=restored(row["title"]),
        state=row["state"],
        owner=restored(row["owner"]),
        disposition=row["disposition"],
        reason=restored(row["reason"]),
        actor=restored(row["actor"]),
        made_time=row["made"],
        changed_time=row["changed"],
        severity=_gravest(connection, alerts[:_AT_ONCE]),
        alerts=len(alerts),
        tasks=len(tasks),
        open_tasks=len(to_do),
        due_time=min((task["due"] for task in to_do if task["due"]), default=None),
        notes=int(notes),
    )


def _gravest(connection: Connection, alerts: Sequence[int]) -> Severity | None:
    sql = f"SELECT DISTINCT severity FROM alerts WHERE id IN ({marks(len(alerts))})"
    found = [Severity(row["severity"]) for row in fetch_all(connection, sql, alerts)]
    return max(found, key=lambda severity: severity.rank, default=None)


def _note(row: Row) -> NoteRow:
    return NoteRow(id=row["id"], text=restored(row["text"]), actor=restored(row["actor"]), time=row["time"])


def _task(row: Row) -> TaskRow:
    return TaskRow(
        id=row["id"],
        text=restored(row["text"]),
        state=row["state"],
        owner=restored(row["owner"]),
        due_time=row["due"] or None,
        actor=restored(row["actor"]),
        made_time=row["made"],
        changed_time=row["changed"],
    )
