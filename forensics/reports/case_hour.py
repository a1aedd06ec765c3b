"""The first hour of a case: that of all its alerts together, with who, when, what was done and what is to be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forensics.database import Connection
from forensics.errors import InputError
from forensics.reports import casefile
from forensics.reports.casefile import CaseFile, Finding
from forensics.reports.first_hour import FirstHour, first_hour
from forensics.store import caseload, retention
from forensics.store.caseload import CaseRow, NoteRow, TaskRow
from forensics.store.rows import CustodyRow

LEFT_OUT = ("record", "gap", "opaque", "case note")
"""Actions of the log itself, which are nobody's doing, and notes, which are told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Of whom there are alerts, at which workstation: by which programs and ways, from when to when."""

    user: str
    host: str
    processes: tuple[str, ...]
    channels: tuple[str, ...]
    findings: tuple[str, ...]
    first_time: float
    last_time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """The same content seen without an alert: a copy at work, a sanctioned return. `is_leaving`: it left."""

    id: str
    time: float
    channel: str
    name: str
    user: str
    host: str
    is_leaving: bool
    items: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHour:
    """What is known of a case, and what not. `not_held` are its incidents of which nothing is held yet.

    `kept` are alerts with content that is kept, sealed; `still_open` those of the case that are not closed.
    """

    case: CaseRow
    incidents: tuple[str, ...]
    hour: FirstHour
    who: tuple[Who, ...]
    elsewhere: tuple[Elsewhere, ...]
    done: tuple[CustodyRow, ...]
    notes: tuple[NoteRow, ...]
    tasks: tuple[TaskRow, ...]
    not_held: tuple[str, ...]
    kept: tuple[str, ...]
    still_open: tuple[str, ...]


def case_hour(connection: Connection, id: int) -> tuple[CaseFile, CaseHour]:
    """All on one case, gathered once for every form. Raises InputError where there is none, or no alert is in it."""
    detail = caseload.case(connection, id)
    if detail is None:
        raise InputError(f"case-{id}: the store holds no such case")
    incidents = sorted({alert.incident_id for alert in detail.alerts})
    names = [f"case-{id}", *(f"I{incident}" for incident in incidents)]
    file = casefile.gathered_alerts(connection, f"case-{id}", detail.alerts, *names)
    held = {row.subject for row in retention.holds(connection)}
    free = {alert.incident_id for alert in detail.alerts if f"A{alert.id}" not in held}
    return file, CaseHour(
        case=detail.case,
        incidents=tuple(f"I{each}" for each in incidents),
        hour=first_hour(file, title=detail.case.title),
        who=tuple(_who([each for each in file.leaving if each.alert is not None])),
        elsewhere=tuple(_elsewhere(each) for each in file.findings if each.alert is None),
        done=tuple(act for act in file.acts if act.action not in LEFT_OUT),
        notes=detail.notes,
        tasks=detail.tasks,
        not_held=tuple(f"I{each}" for each in sorted(free) if f"I{each}" not in held),
        kept=tuple(each.id for each in file.findings if any(part.is_kept for part in each.detail.artifacts)),
        still_open=tuple(f"A{alert.id}" for alert in reversed(detail.alerts) if alert.state != "closed"),
    )


def _who(leaving: Sequence[Finding]) -> Iterator[Who]:
    """Everybody whose files or connections left, in the order they are first seen."""
    for user, host in dict.fromkeys((each.seen.user, each.seen.host) for each in leaving):
        found = [each for each in leaving if (each.seen.user, each.seen.host) == (user, host)]
        yield Who(
            user=user,
            host=host,
            processes=_each_once(each.seen.process for each in found),
            channels=_each_once(each.seen.channel for each in found),
            findings=tuple(each.id for each in found),
            first_time=min(each.seen.time for each in found),
            last_time=max(each.seen.time for each in found),
        )


def _elsewhere(found: Finding) -> Elsewhere:
    seen = found.seen
    return Elsewhere(
        id=found.id,
        time=seen.time,
        channel=seen.channel,
        name=seen.name,
        user=seen.user,
        host=seen.host,
        is_leaving=seen.is_leaving,
        items=found.items,
        reason=seen.reason,
    )


def _each_once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
