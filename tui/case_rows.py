"""Cases as rows: the list of them, and what is in one as lines of one list: tasks, alerts, notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from forensics.store.caseload import CaseDetail, CaseRow, NoteRow, TaskRow
from forensics.store.cases import DROPPED, OPEN, TO_DO
from forensics.store.rows import AlertRow
from tui import wording
from tui.columns import NARROW, WIDE
from tui.formatting import EMPTY, Line, Safe, fit, line, safe, width
from tui.sections.log import fact
from tui.widgets.row_list import Cell, column

CASE, STATE, AGE, ALERTS, TASKS = 9, 7, 5, 7, 7
KIND, WHEN = 6, 9
KINDS = {TO_DO: Safe("[ ]"), DROPPED: Safe("[-]")}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """One line of a case. `id` is unique among its tasks, alerts and notes together."""

    id: int
    of: TaskRow | AlertRow | NoteRow


def rows_of(detail: CaseDetail) -> list[CaseLine]:
    """What is in a case: what is to do, what was done, its alerts (newest first), its notes (newest first)."""
    waiting = sorted(detail.tasks, key=lambda task: (task.state != TO_DO, task.due_time or float("inf"), task.id))
    return [
        *(CaseLine(id=task.id * 4, of=task) for task in waiting),
        *(CaseLine(id=alert.id * 4 + 1, of=alert) for alert in detail.alerts),
        *(CaseLine(id=note.id * 4 + 2, of=note) for note in reversed(detail.notes)),
    ]


class CaseColumns:
    """Severity, number, state, age, owner, alerts, tasks still to do, title."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def head(self, width: int) -> Sequence[Cell]:
        """The column titles in `width` columns."""
        titles = [("SEV", 4), ("CASE", CASE), ("STATE", STATE), ("AGE", AGE), ("OWNER", _owner_width(width))]
        titles += [("ALERTS", ALERTS), ("TO DO", TASKS), ("WHAT", 20)]
        return [column(Safe(title), size, "head") for title, size in titles]

    def cells(self, row: CaseRow, width: int) -> Sequence[Cell]:
        """One case in `width` columns."""
        is_open = row.state == OPEN
        weight = "strong" if is_open else "quiet"
        letter = wording.LETTERS.get(row.severity.value, Safe("?")) if row.severity is not None else Safe("-")
        grave = row.severity.value if row.severity is not None and is_open else "quiet"
        is_late = is_open and row.due_time is not None and row.due_time < self._now()
        left = Safe(f"{row.open_tasks}/{row.tasks}{' !' if is_late else ''}")
        lead = [
            (Safe(f" {letter} "), grave),
            (Safe(" "), "text"),
            column(Safe(f"case-{row.id}"), CASE, weight),
            column(safe(row.state), STATE, "text" if is_open else "quiet"),
            column(wording.age(self._now() - row.made_time), AGE, "quiet"),
            column(safe(row.owner) if row.owner else Safe("-"), _owner_width(width)),
            column(Safe(f"{row.alerts:>{ALERTS - 2},}"), ALERTS, "quiet"),
            column(left, TASKS, "medium" if is_late else "text" if is_open and row.open_tasks else "quiet"),
        ]
        title = safe(row.title) if is_open else Safe(f"{row.disposition}: {safe(row.title)}")
        return [*lead, (fit(title, width - _taken(lead)), weight)]


class CaseLineColumns:
    """What kind of line it is, when, who, what."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def head(self, width: int) -> Sequence[Cell]:
        """The column titles in `width` columns."""
        titles = [("", KIND), ("WHEN", WHEN), ("WHO", _who_width(width)), ("TASKS, ALERTS, NOTES", 30)]
        return [column(Safe(title), size, "head") for title, size in titles]

    def cells(self, row: CaseLine, width: int) -> Sequence[Cell]:
        """One line in `width` columns."""
        if isinstance(row.of, TaskRow):
            lead, what = self._task(row.of, width)
        elif isinstance(row.of, AlertRow):
            lead, what = self._alert(row.of, width)
        else:
            lead, what = self._note(row.of, width)
        return [*lead, (fit(what[0], width - _taken(lead)), what[1])]

    def _task(self, task: TaskRow, width: int) -> tuple[list[Cell], Cell]:
        is_open = task.state == TO_DO
        is_late = is_open and task.due_time is not None and task.due_time < self._now()
        lead = [
            column(KINDS.get(task.state, Safe("[x]")), KIND, "bar" if is_open else "quiet"),
            column(_when(task, self._now()), WHEN, "medium" if is_late else "quiet"),
            column(safe(task.owner if is_open else task.actor) or Safe("-"), _who_width(width)),
        ]
        return lead, (safe(task.text), "text" if is_open else "quiet")

    def _alert(self, alert: AlertRow, width: int) -> tuple[list[Cell], Cell]:
        is_closed, letter = alert.state == "closed", wording.LETTERS.get(alert.severity, Safe("?"))
        lead = [
            (Safe(f" {letter} "), "quiet" if is_closed else alert.severity.value),
            (Safe(" " * (KIND - 3)), "text"),
            column(wording.age(self._now() - alert.time), WHEN, "quiet"),
            column(_person(alert, width), _who_width(width), "quiet" if is_closed else "text"),
        ]
        state = wording.STATES.get(alert.state, EMPTY)
        return lead, (Safe(f"A{alert.id} {state}  {safe(alert.title)}"), "quiet" if is_closed else "text")

    def _note(self, note: NoteRow, width: int) -> tuple[list[Cell], Cell]:
        lead = [
            column(Safe("note"), KIND, "quiet"),
            column(wording.age(self._now() - note.time), WHEN, "quiet"),
            column(safe(note.actor), _who_width(width)),
        ]
        return lead, (safe(" / ".join(note.text.splitlines())), "text")


def case_facts(row: CaseRow, now: float) -> list[Line]:
    """A case spelt out in a few lines."""
    ended = [fact("ended as", Safe(f"{row.disposition}: {safe(row.reason)}"))] if row.disposition else []
    due = [] if row.due_time is None or row.state != OPEN else [fact("next due", _due(row.due_time, now))]
    opened = f"{wording.moment(row.made_time)} by {safe(row.actor)}, {wording.ago(now - row.made_time)}"
    return [
        line((safe(row.title), "bold"), (Safe(f"   case-{row.id}"), "$quiet")),
        fact("opened", Safe(opened)),
        fact("owner", safe(row.owner) if row.owner else Safe("nobody")),
        fact("holds", Safe(f"{wording.amount(row.alerts, 'alert')}, {wording.amount(row.notes, 'note')}")),
        fact("to do", Safe(f"{row.open_tasks} of {wording.amount(row.tasks, 'task')}")),
        *due,
        *ended,
    ]


def spelt(row: CaseLine, now: float) -> list[Line]:
    """One line of a case with all its words."""
    of = row.of
    if isinstance(of, TaskRow):
        state = {TO_DO: "to do"}.get(of.state, of.state)
        who = [fact("owner", safe(of.owner))] if of.owner else []
        due = [fact("due", _due(of.due_time, now))] if of.due_time is not None and of.state == TO_DO else []
        said = Safe(f"{state} since {wording.moment(of.changed_time)}, {safe(of.actor)}")
        return [line((safe(of.text), "bold"), (Safe(f"   task T{of.id}"), "$quiet")), fact("state", said), *who, *due]
    if isinstance(of, AlertRow):
        return [
            line((safe(of.title), "bold"), (Safe(f"   alert A{of.id} of incident I{of.incident_id}"), "$quiet")),
            fact("when", Safe(f"{wording.moment(of.time)}, {wording.ago(now - of.time)}")),
            fact("who", wording.person(of.user, of.host)),
            fact("to", wording.place(of.destination)),
        ]
    said = Safe(f"{wording.moment(of.time)}, {safe(of.actor)}")
    return [line((said, "$quiet")), *(line(safe(part)) for part in of.text.splitlines())]


def _due(due: float, now: float) -> Safe:
    words = f"in {wording.length(due - now)}" if due >= now else f"OVERDUE by {wording.length(now - due)}"
    return Safe(f"{words}, {wording.moment(due)}")


def _when(task: TaskRow, now: float) -> Safe:
    if task.state != TO_DO:
        return wording.age(now - task.changed_time)
    if task.due_time is None:
        return EMPTY
    if task.due_time < now:
        return Safe(f"late {wording.age(now - task.due_time)}")
    return Safe(f"in {wording.age(task.due_time - now)}")


def _person(alert: AlertRow, columns: int) -> Safe:
    return wording.person(alert.user, alert.host) if columns >= WIDE or not alert.user else safe(alert.user)


def _owner_width(columns: int) -> int:
    return 18 if columns >= WIDE else 10 if columns >= NARROW else 8


def _who_width(columns: int) -> int:
    return 21 if columns >= WIDE else 12


def _taken(cells: Sequence[Cell]) -> int:
    return sum(width(cell[0]) for cell in cells)
