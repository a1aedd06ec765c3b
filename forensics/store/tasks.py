"""Tasks of cases: what one is, and with which every case begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from forensics.errors import StoreError
from forensics.store import subjects
from forensics.store.cases import TO_DO
from forensics.store.pen import Pen
from forensics.store.texts import stored, stored_time

LONGEST_LINE = 500
"""Letters of a title, a reason, a task."""
HOUR_S, NOTICE_S = 3600.0, 72 * 3600.0
FIRST_HOUR = (
    ("preserve: hold the evidence, and export it to another machine", False),
    ("tell the data protection officer: the 72 hours of GDPR article 33 run", False),
    ("decide whether anything sealed must be opened, and ask the custodians", False),
    ("notify the authority (GDPR article 33), or write down why not", True),
)
"""What a case begins with; whether it is due after the time that GDPR article 33(1) gives, or within the hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something to be done. `due` is when it must be (Unix seconds), 0 where no time is set."""

    text: str
    owner: str = ""
    due: float = 0.0


def first_tasks(pen: Pen, names: Sequence[str]) -> list[Task]:
    """What is to be done first for these alerts and incidents, by name.

    The 72 hours run from when the first of them was recorded, at the latest from now. When an organisation is aware is
    for its data protection officer to judge: this is the earliest reading.
    """
    now = pen.clock()
    aware = min([now, *_recorded(pen, names)])
    return [Task(text=text, due=aware + NOTICE_S if is_notice else now + HOUR_S) for text, is_notice in FIRST_HOUR]


def _recorded(pen: Pen, names: Sequence[str]) -> Iterator[float]:
    """When these alerts, and the first ones of these incidents, were recorded."""
    for name in names:
        column = "id" if name.startswith("A:") else "incident"
        sql = (
            "SELECT recorded FROM observations WHERE id ="
            f" (SELECT entry FROM alerts WHERE {column} = ? ORDER BY id LIMIT 1)"
        )
        row = pen.connection.execute(sql, [subjects.find(pen.connection, name)]).fetchone()
        if row is not None:
            yield float(row["recorded"])


def said_of(task: Task) -> dict[str, Any]:
    """What the log says of a new task. Raises StoreError where it says nothing."""
    said = {"text": one_line(task.text, "a task"), "state": TO_DO, "owner": stored(task.owner, LONGEST_LINE)}
    return {**said, "due": stored_time(task.due)}


def one_line(text: str, what: str) -> str:
    """Words as the log holds them. Raises StoreError for none, and for too many."""
    if not text.strip() or len(text) > LONGEST_LINE:
        raise StoreError(f"{what} has some words, and at most {LONGEST_LINE} letters")
    return stored(text)
