"""What people do about cases: each step one transaction, in which the tables change and the log says who did what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from forensics.errors import StoreError
from forensics.model import AlertState, CustodyEntry
from forensics.store import cases, states, subjects
from forensics.store.cases import ABOUT, CLOSED, DISPOSITIONS, DONE, FACTS, OPEN, TO_DO
from forensics.store.pen import Pen
from forensics.store.states import Decision
from forensics.store.tasks import LONGEST_LINE, Task, first_tasks, one_line, said_of
from forensics.store.texts import restored, stored, stored_time

LONGEST = 4000
"""Letters of a note; what is longer is refused, for nothing of it may be lost."""
NAMED = 1000
"""Alerts of an incident that are named one by one where it comes into a case."""
Member = tuple[Literal["A", "I"], int]
"""An alert or an incident, by letter and id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What came into a case: the case, what of it was not in it before, and the decisions that take it back."""

    case: int
    members: tuple[str, ...]
    before: tuple[Decision, ...]


class Cases:
    """The cases of a store that is open for writing. Every method raises StoreError for what is not there."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen

    def begin(
        self, title: str, members: Sequence[Member] = (), *, owner: str = "", tasks: Sequence[Task] | None = None
    ) -> Joined:
        """Open a case, unless said otherwise with the tasks of the first hour.

        What comes into it and was new is acknowledged: somebody is looking at it.
        """
        with self._pen.transaction():
            name = self._pen.full_name(self._pen.log.id, self._pen.log.head.size + 1)
            said = {"title": one_line(title, "a title"), "state": OPEN, "owner": stored(owner, LONGEST_LINE)}
            names = self._names(members)
            given = first_tasks(self._pen, names) if tasks is None else tasks
            facts = {**said, "added": names, "tasks": [said_of(each) for each in given]}
            self._write("case opened", name, f"{title}{self._words(members)}", facts)
            return Joined(case=self._id(name), members=names, before=self._looked_at(members))

    def add(self, case: int, members: Sequence[Member]) -> Joined:
        """Put alerts and incidents into a case that is open; those in it already stay, and nothing is said of them."""
        with self._pen.transaction():
            name = self._name(case, state=OPEN)
            new = [each for each in dict.fromkeys(members) if not self._is_in(name, *self._names([each])[:1])]
            names = self._names(new)
            if new:
                self._write("case joined", name, self._words(new).removeprefix(": "), {"added": names})
            return Joined(case=case, members=names, before=self._looked_at(new))

    def remove(self, case: int, members: Sequence[Member]) -> None:
        """Take alerts and incidents out of a case; an incident's alerts with it."""
        with self._pen.transaction():
            name = self._name(case)
            names = [each for each in self._names(members) if self._is_in(name, each)]
            if not names:
                raise StoreError(f"nothing of that is in case-{case}")
            self._check_apart(name, members)
            self._write("case left", name, self._words(members).removeprefix(": "), {"removed": names})

    def take_back(self, joined: Joined, *, is_whole: bool) -> None:
        """Undo `begin` (`is_whole`) or `add`: what came into the case leaves it, and is as it was before."""
        with self._pen.transaction():
            name = self._name(joined.case)
            facts: dict[str, Any] = {"removed": list(joined.members)}
            if is_whole:
                facts |= {"state": CLOSED, "disposition": DISPOSITIONS[-1], "reason": "taken back"}
            self._write("case left", name, "taken back", facts)
            states.decide(self._pen, joined.before)

    def note(self, case: int, text: str) -> None:
        """Write a note into a case, for good."""
        if not text.strip() or len(text) > LONGEST:
            raise StoreError(f"a note has some words, and at most {LONGEST:,} letters")
        with self._pen.transaction():
            self._write("case note", self._name(case), text, {"note": stored(text)})

    def set_task(self, case: int, task: Task) -> int:
        """Set a task; returns its id."""
        with self._pen.transaction():
            name = self._name(case, state=OPEN)
            task_name = f"{self._pen.full_name(self._pen.log.id, self._pen.log.head.size + 1)}:0"
            self._write("case task", name, f"to do: {task.text}", {"tasks": [said_of(task)]})
            return self._id(task_name, "case_tasks")

    def turn_task(self, id: int, state: str) -> str:
        """Say what became of a task: open, done or dropped; returns what it was."""
        sql = "SELECT t.name, t.text, t.state, t.case_name FROM case_tasks t WHERE t.id = ?"
        with self._pen.transaction():
            row = self._pen.connection.execute(sql, [id]).fetchone()
            if row is None:
                raise StoreError(f"there is no task T{id}")
            if row["state"] != state:
                words = {DONE: "done", TO_DO: "to do again"}.get(state, state)
                said = {"tasks": [{"name": row["name"], "state": state}]}
                self._write("case task", row["case_name"], f"T{id} {words}: {restored(row['text'])}", said)
            return str(row["state"])

    def assign(self, case: int, owner: str) -> str:
        """Give a case to somebody, or (empty) to nobody; returns whose it was."""
        with self._pen.transaction():
            name = self._name(case)
            before = restored(str(self._row(case)["owner"]))
            said = {"owner": stored(owner, LONGEST_LINE)}
            self._write("case owner", name, f"{before or 'nobody'} -> {owner or 'nobody'}", said)
            return before

    def close(self, case: int, disposition: str, reason: str) -> None:
        """Close a case that is open, with one of DISPOSITIONS and the reason in words."""
        if disposition not in DISPOSITIONS:
            raise StoreError(f"a case ends as one of: {', '.join(DISPOSITIONS)}")
        with self._pen.transaction():
            name = self._name(case, state=OPEN)
            said = {"state": CLOSED, "disposition": disposition, "reason": one_line(reason, "a reason")}
            self._write("case closed", name, f"{disposition}: {reason}", said)

    def reopen(self, case: int, reason: str = "") -> None:
        """Open a case again that was closed."""
        with self._pen.transaction():
            name = self._name(case, state=CLOSED)
            self._write("case reopened", name, reason, {"state": OPEN, "disposition": "", "reason": ""})

    def _write(self, action: str, name: str, words: str, facts: Mapping[str, Any]) -> None:
        """Put an act into the log, and what it says into the tables."""
        entry = self._pen.full_name(self._pen.log.id, self._pen.log.head.size + 1)
        about, now = f"{ABOUT}{name}", stored_time(self._pen.clock())
        act = {"about": about, "actor": stored(self._pen.actor, LONGEST_LINE), "time": now, "facts": {FACTS: facts}}
        cases.take(self._pen.connection, entry, act)
        said = CustodyEntry(
            actor=self._pen.actor, action=action, subject=f"case-{self._id(name)}", detail=words, time=now
        )
        self._pen.act(said, about=about, facts={FACTS: dict(facts)})

    def _looked_at(self, members: Iterable[Member]) -> tuple[Decision, ...]:
        """Acknowledge what of these is new; what takes that back."""
        asked: list[Decision] = []
        for letter, id in members:
            table = "alerts" if letter == "A" else "incidents"
            row = self._pen.connection.execute(f"SELECT state FROM {table} WHERE id = ?", [id]).fetchone()
            if row["state"] == AlertState.NEW:
                asked.append(Decision(kind=letter, id=id, state=AlertState.ACKNOWLEDGED))
        return states.decide(self._pen, asked)

    def _names(self, members: Sequence[Member]) -> tuple[str, ...]:
        """What every machine calls these: an incident, and the newest NAMED alerts that are in it now.

        They stay in the case when they are merged into another incident.
        """
        names: dict[str, None] = {}
        for letter, id in members:
            name = subjects.resolve(self._pen.connection, f"{letter}{id}")
            if not name.startswith(f"{letter}:"):
                raise StoreError(f"there is no {letter}{id}")
            names[name] = None
            if letter == "I":
                sql = f"SELECT id FROM alerts WHERE incident = ? ORDER BY id DESC LIMIT {NAMED}"
                for row in self._pen.connection.execute(sql, [id]).fetchall():
                    names[subjects.resolve(self._pen.connection, f"A{row['id']}")] = None
        return tuple(names)

    def _check_apart(self, name: str, members: Sequence[Member]) -> None:
        """Raise StoreError for an alert that would stay, because its incident does."""
        leaving = {id for letter, id in members if letter == "I"}
        for letter, id in members:
            if letter == "A":
                row = self._pen.connection.execute("SELECT incident FROM alerts WHERE id = ?", [id]).fetchone()
                incident = row["incident"]
                of = subjects.resolve(self._pen.connection, f"I{incident}")
                if incident not in leaving and self._is_in(name, of):
                    raise StoreError(f"A{id} is in the case with all of I{incident}: split it from that first")

    def _words(self, members: Sequence[Member]) -> str:
        return f": {', '.join(f'{letter}{id}' for letter, id in members)}" if members else ""

    def _is_in(self, name: str, member: str) -> bool:
        sql = "SELECT 1 FROM case_members WHERE case_name = ? AND subject = ?"
        return self._pen.connection.execute(sql, (name, member)).fetchone() is not None

    def _row(self, case: int) -> Mapping[str, Any]:
        row = self._pen.connection.execute("SELECT * FROM cases WHERE id = ?", [case]).fetchone()
        if row is None:
            raise StoreError(f"there is no case-{case}")
        return dict(row)

    def _name(self, case: int, *, state: str = "") -> str:
        """What every machine calls a case, which must be in that state if one is asked for."""
        row = self._row(case)
        if state and row["state"] != state:
            raise StoreError(f"case-{case} is {row['state']}")
        return str(row["name"])

    def _id(self, name: str, table: str = "cases") -> int:
        return int(self._pen.connection.execute(f"SELECT id FROM {table} WHERE name = ?", [name]).fetchone()[0])
