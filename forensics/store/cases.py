"""Cases: what people investigate together. Every step is an act of the log, and the tables are made from those acts.

A case is named by the entry that opened it (`agent:epoch:seq`), its tasks by theirs, and what belongs to it as every
machine names it (`A:...`, `I:...`), so that the order in which logs come into a store does not matter. Notes are only
ever added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from forensics.database import Connection, open_scratch
from forensics.store.texts import stored_time

FACTS: Final = "case"
"""The name under which an act says what becomes of a case."""
ABOUT: Final = "case:"
"""How the name of what such an act is about begins."""
OPEN, CLOSED = "open", "closed"
TO_DO, DONE, DROPPED = "open", "done", "dropped"
DISPOSITIONS: Final = ("confirmed leak", "authorised", "false alarm", "not proven", "duplicate", "opened by mistake")
"""How a case may end; a field of its own, apart from the reason in words."""
_CASE = ("title", "state", "owner", "disposition", "reason")
_TASK = ("text", "state", "owner")
TABLES: Final = (
    """CREATE TABLE cases (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL DEFAULT 'open', owner TEXT NOT NULL DEFAULT '', disposition TEXT NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '', actor TEXT NOT NULL, made REAL NOT NULL, changed REAL NOT NULL) STRICT""",
    "CREATE INDEX cases_state ON cases(state, id)",
    """CREATE TABLE case_members (
        case_name TEXT NOT NULL, subject TEXT NOT NULL, PRIMARY KEY (case_name, subject)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX case_members_subject ON case_members(subject)",
    """CREATE TABLE case_notes (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, case_name TEXT NOT NULL, text TEXT NOT NULL,
        actor TEXT NOT NULL, time REAL NOT NULL) STRICT""",
    "CREATE INDEX case_notes_case ON case_notes(case_name, id)",
    """CREATE TABLE case_tasks (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, case_name TEXT NOT NULL,
        text TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT 'open', owner TEXT NOT NULL DEFAULT '',
        due REAL NOT NULL DEFAULT 0.0, actor TEXT NOT NULL, made REAL NOT NULL, changed REAL NOT NULL) STRICT""",
    "CREATE INDEX case_tasks_case ON case_tasks(case_name, id)",
)
"""`actor` opened the case, wrote the note, or was the last to change the task; `due` is 0 where no time is set."""
_MADE: Mapping[str, str] = {
    "cases": "name, title, state, owner, disposition, reason, actor, made, changed",
    "case_members": "case_name || ' ' || subject, 1",
    "case_notes": "name, case_name, text, actor, time",
    "case_tasks": "name, case_name, text, state, owner, due, actor, made, changed",
}
"""What of each table is made from the log; the first column names the row."""


def take(connection: Connection, entry: str, act: Mapping[str, Any]) -> None:
    """Put what an act says of a case into the tables; `entry` is the act's own name, `agent:epoch:seq`.

    Raises what values of a wrong kind raise (LookupError, TypeError, ValueError).
    """
    facts = act["facts"][FACTS]
    case, actor, time = str(act["about"]).removeprefix(ABOUT), str(act["actor"]), stored_time(float(act["time"]))
    execute = connection.execute
    if execute("SELECT 1 FROM cases WHERE name = ?", [case]).fetchone() is None:
        execute("INSERT INTO cases (name, actor, made, changed) VALUES (?, ?, ?, ?)", (case, actor, time, time))
    execute("UPDATE cases SET changed = max(changed, ?) WHERE name = ?", (time, case))
    for name in _CASE:
        if name in facts:
            execute(f"UPDATE cases SET {name} = ? WHERE name = ?", (str(facts[name]), case))
    for subject in facts.get("added", ()):
        execute("INSERT OR IGNORE INTO case_members VALUES (?, ?)", (case, str(subject)))
    for subject in facts.get("removed", ()):
        execute("DELETE FROM case_members WHERE case_name = ? AND subject = ?", (case, str(subject)))
    if "note" in facts:
        sql = "INSERT INTO case_notes (name, case_name, text, actor, time) VALUES (?, ?, ?, ?, ?)"
        execute(sql, (entry, case, str(facts["note"]), actor, time))
    for number, task in enumerate(facts.get("tasks", ())):
        name = str(task.get("name") or f"{entry}:{number}")
        if execute("SELECT 1 FROM case_tasks WHERE name = ?", [name]).fetchone() is None:
            sql = "INSERT INTO case_tasks (name, case_name, actor, made, changed) VALUES (?, ?, ?, ?, ?)"
            execute(sql, (name, case, actor, time, time))
        execute("UPDATE case_tasks SET actor = ?, changed = ? WHERE name = ?", (actor, time, name))
        _take_task(connection, name, task)


def _take_task(connection: Connection, name: str, task: Mapping[str, Any]) -> None:
    for field in _TASK:
        if field in task:
            connection.execute(f"UPDATE case_tasks SET {field} = ? WHERE name = ?", (str(task[field]), name))
    if "due" in task:
        connection.execute("UPDATE case_tasks SET due = ? WHERE name = ?", (stored_time(float(task["due"])), name))


def breaks(connection: Connection, acts: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[tuple[str, str]]:
    """Where the tables are not what these acts (each with its name, in the order they came) make of them.

    Gives what it is about (`case-3`, or a name) and what is wrong.
    """
    scratch = open_scratch()
    try:
        for sql in TABLES:
            scratch.execute(sql)
        for entry, act in acts:
            with suppress(LookupError, TypeError, ValueError, AttributeError):
                take(scratch, entry, act)
        for table, columns in _MADE.items():
            said, found = (_rows(each, table, columns) for each in (scratch, connection))
            for name in sorted(said.keys() | found.keys()):
                if said.get(name) != found.get(name):
                    what = "no longer there" if name not in found else "not as it was decided"
                    yield _called(connection, name), f"{table.replace('_', ' ')}: {what}"
    finally:
        scratch.close()


def _rows(connection: Connection, table: str, columns: str) -> dict[str, tuple[Any, ...]]:
    return {str(row[0]): tuple(row) for row in connection.execute(f"SELECT {columns} FROM {table}")}


def _called(connection: Connection, name: str) -> str:
    """A case as people name it, anything else by its full name."""
    case = name.partition(" ")[0]
    row = None
    with suppress(UnicodeEncodeError):
        row = connection.execute("SELECT id FROM cases WHERE name = ?", [case]).fetchone()
    return f"case-{row[0]}" if row is not None else f"{ABOUT}{case}"
