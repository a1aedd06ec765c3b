"""The first hour of a case as headings and lines, for a terminal, Markdown or a page.

Every text from evidence, and every note, passes through `visible`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from forensics.coverage.telling import lines as ledger_lines
from forensics.reports.case_hour import CaseHour, Elsewhere, Who
from forensics.reports.records import iso
from forensics.reports.telling import (
    clock_lines,
    counted,
    few,
    left_lines,
    next_lines,
    sure_lines,
    unknown_lines,
    whose_lines,
)
from forensics.store.caseload import TaskRow
from forensics.store.cases import DROPPED, TO_DO
from forensics.store.rows import CustodyRow
from forensics.text_safety import visible
from forensics.ways import words

SIGNS = {TO_DO: "[ ]", DROPPED: "[-]"}
MOST_NAMED = 6
_MARKS = re.compile(r"([\\`*_\[\]<>#|&~!@]|:(?=//)|(?<=www)\.|^[-+]|(?<=^\d)[.)])")
"""What Markdown obeys within a line, and what makes a link of an address, for a report is no place to open one."""


def report_lines(told: CaseHour, *, now: float) -> Iterator[str]:
    """The whole report for a terminal; `now` (Unix seconds) is what clocks are held against."""
    yield f"{_title(told)}  {visible(told.case.title)}"
    for heading, lines in case_sections(told, now=now):
        yield ""
        yield heading
        yield from (f"  {line}" for line in lines)


def markdown(told: CaseHour, *, now: float) -> Iterator[str]:
    """The whole report as Markdown in which no word of evidence is a mark."""
    yield f"# {_title(told)}: {_plain(visible(told.case.title))}"
    for heading, lines in case_sections(told, now=now):
        yield ""
        yield f"## {heading}"
        yield ""
        yield from (f"- {_plain(line.strip())}" for line in lines)


def case_sections(told: CaseHour, *, now: float) -> Iterator[tuple[str, list[str]]]:
    """What is asked of a case in its first hour, and the answers, safe to show."""
    hour = told.hour
    yield "The case", list(case_lines(told))
    yield "What left", list(left_lines(hour))
    yield "Who, by which way, from when to when", list(who_lines(told))
    yield "The same content elsewhere", list(elsewhere_lines(told.elsewhere))
    yield "How sure", list(sure_lines(hour))
    yield "What is not known", list(unknown_lines(hour))
    yield "What could be seen at all", list(ledger_lines(hour.coverage))
    yield "Whose data", list(whose_lines(hour))
    yield "The 72-hour clock (GDPR article 33)", list(clock_lines(hour, now=now))
    yield "What was done so far, and by whom", list(done_lines(told.done))
    if told.notes:
        yield (
            "Notes",
            [f"{iso(note.time)} {visible(note.actor)}: {visible(one_line(note.text))}" for note in told.notes],
        )
    yield "Tasks", [task_line(task, now=now) for task in told.tasks] or ["none was set"]
    yield "What to do within the hour", list(todo_lines(told))


def case_lines(told: CaseHour) -> Iterator[str]:
    """How the case stands."""
    case = told.case
    ended = f": {case.disposition}, {visible(case.reason)}" if case.disposition else ""
    yield f"{case.state}{ended}; {f'owner {visible(case.owner)}' if case.owner else 'nobody owns it'}"
    yield f"opened {iso(case.made_time)} by {visible(case.actor)}, last changed {iso(case.changed_time)}"
    grave = f", the gravest {case.severity.value}" if case.severity is not None else ""
    yield f"{counted(case.alerts, 'alert')}{grave}; {counted(case.open_tasks, 'task')} to do"
    if told.still_open:
        yield f"not closed yet: {_named(told.still_open)}"


def who_lines(told: CaseHour) -> Iterator[str]:
    """Everybody whose files or connections left, then first and last of all."""
    for each in told.who:
        yield _who(each)
    if not told.who:
        yield "nothing that was seen left"
        return
    first, last = min(each.first_time for each in told.who), max(each.last_time for each in told.who)
    yield f"first {iso(first)}, last {iso(last)}"
    yield "an account is not a person: who sat there is not recorded"


def elsewhere_lines(found: Sequence[Elsewhere]) -> Iterator[str]:
    """Sightings of the same content without an alert."""
    if not found:
        yield "no other sighting of the same content is recorded"
    yield from few((_elsewhere(each) for each in found), len(found))


def done_lines(acts: Sequence[CustodyRow]) -> Iterator[str]:
    """What people and programs did, as the log has it."""
    if not acts:
        yield "nothing yet"
    lines = (
        f"{iso(act.time)} {visible(act.actor)}: {visible(f'{act.action} {act.subject} {act.detail}'.rstrip())}"
        for act in acts
    )
    yield from few(lines, len(acts))


def task_line(task: TaskRow, *, now: float) -> str:
    """A task with its sign: to do, done or dropped."""
    owner = f", {visible(task.owner)}" if task.owner else ""
    return f"{SIGNS.get(task.state, '[x]')} T{task.id} {visible(task.text)}{owner}{due_words(task, now=now)}"


def one_line(text: str) -> str:
    """A note of several lines on one."""
    return " / ".join(part.strip() for part in text.splitlines() if part.strip())


def due_words(task: TaskRow, *, now: float) -> str:
    """`, due in 40 min`, `, OVERDUE by 2 h`, or who did it and when."""
    if task.state != TO_DO:
        return f", {task.state} {iso(task.changed_time)} by {visible(task.actor)}"
    if task.due_time is None:
        return ""
    left = task.due_time - now
    hours = abs(left) / 3600
    span = f"{hours / 24:.0f} days" if hours >= 96 else f"{hours:.0f} h" if hours >= 2 else f"{hours * 60:.0f} min"
    return f", due in {span}" if left >= 0 else f", OVERDUE by {span}"


def todo_lines(told: CaseHour) -> Iterator[str]:
    """What is to be done now, the command beside it where there is one."""
    case = f"case-{told.case.id}"
    for incident in told.not_held[:MOST_NAMED]:
        yield f"preserve what is kept: earwitness hold add {incident} --reason {case}"
    if len(told.not_held) > MOST_NAMED:
        yield f"and {len(told.not_held) - MOST_NAMED} more incidents, of which nothing is held"
    if told.kept:
        command = f"earwitness unseal request {told.kept[0]} --reason {case} --hours 24 (two custodians approve)"
        yield f"content is kept, sealed, of {_named(told.kept)}; where it must be opened: {command}"
    elif not told.not_held:
        yield "everything that is kept is held"
    for incident in told.incidents[:MOST_NAMED]:
        yield f"take it to another machine: earwitness export --incident {incident} --out {case}-{incident}"
    yield from next_lines(told.hour)


def _who(each: Who) -> str:
    person = visible(f"{each.user or 'unknown account'} on {each.host or 'unknown host'}")
    by = f" with {visible(', '.join(each.processes))}" if each.processes else ""
    ways = ", ".join(visible(words(channel)) for channel in each.channels)
    times = (
        iso(each.first_time)
        if each.first_time == each.last_time
        else f"{iso(each.first_time)} to {iso(each.last_time)}"
    )
    return f"{person}{by}: {ways}, {times} ({_named(each.findings)})"


def _elsewhere(each: Elsewhere) -> str:
    left = "left" if each.is_leaving else "was seen"
    person = visible(f"{each.user or 'unknown account'} on {each.host or 'unknown host'}")
    about = f" of {visible(', '.join(each.items))}" if each.items else ""
    what = f"{visible(each.channel)} {visible(each.name)}{about} {left}"
    return f"{each.id} {iso(each.time)} {what}, {person}: {visible(each.reason)}"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _title(told: CaseHour) -> str:
    return f"case-{told.case.id}"


def _plain(text: str) -> str:
    """Text in which nothing is a mark of Markdown, nor HTML."""
    return _MARKS.sub(r"\\\1", text)
