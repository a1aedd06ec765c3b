"""Cases as lines for people. Every text passes through `visible`."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.cli.wording import counted
from forensics.reports.case_words import one_line, task_line
from forensics.reports.records import iso
from forensics.store.caseload import CaseDetail, CaseRow
from forensics.store.cases import OPEN
from forensics.text_safety import visible


def case_line(row: CaseRow, *, now: float) -> str:
    """A case on one line; `now` (Unix seconds) says how old it is, and whether a task is overdue."""
    severity = row.severity.value if row.severity is not None else "-"
    days = max(0.0, now - row.made_time) / 86_400
    age = f"{days:.0f}d" if days >= 2 else f"{days * 24:.0f}h"
    late = " OVERDUE" if row.state == OPEN and row.due_time is not None and row.due_time < now else ""
    state = row.state if row.state == OPEN else f"closed ({row.disposition})"
    said = f"{counted(row.alerts, 'alert')}, {row.open_tasks} of {counted(row.tasks, 'task')} to do{late}"
    return (
        f"case-{row.id:<4} {state:<6} {severity:<8} {age:>4}  {visible(row.owner) or 'nobody'}  {said}"
        f"  {visible(row.title)}"
    )


def case_lines(detail: CaseDetail, *, now: float) -> Iterator[str]:
    """A case with its alerts, tasks, notes and acts."""
    case = detail.case
    yield case_line(case, now=now)
    yield f"  opened     {iso(case.made_time)} by {visible(case.actor)}"
    if case.disposition:
        yield f"  ended as   {case.disposition}: {visible(case.reason)}"
    if detail.incidents:
        yield f"  incidents  {', '.join(f'I{id}' for id in detail.incidents)}"
    yield f"Alerts ({case.alerts})"
    for alert in reversed(detail.alerts):
        who = visible(f"{alert.user or 'unknown user'} on {alert.host or 'unknown host'}")
        yield (
            f"  A{alert.id} I{alert.incident_id} {iso(alert.time)} {alert.severity.value} {alert.state.value}"
            f" {visible(alert.title)}, {who}"
        )
    yield f"Tasks ({case.open_tasks} to do)"
    yield from (f"  {task_line(task, now=now)}" for task in detail.tasks)
    yield f"Notes ({case.notes})"
    yield from (f"  {iso(note.time)} {visible(note.actor)}: {visible(one_line(note.text))}" for note in detail.notes)
    yield "Custody"
    for act in detail.custody:
        yield f"  C{act.id} {iso(act.time)} {visible(act.actor)}: {visible(f'{act.action} {act.detail}'.rstrip())}"
