"""How much was recorded of each contractor and each workstation in each hour and on each day (UTC).

Made from the log, like the word index, so that a timeline of months reads a row for each name, day and kind, not every
observation. It counts what is in the log, by names as they stand there (pseudonyms, where people have them), and no
more: of what is clean and matches nothing there is no entry, so it does not tell how much somebody works.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from forensics.database import Connection
from forensics.model import Severity
from forensics.store.access import fetch_all
from forensics.store.shapes import OBSERVATION

TABLE = """CREATE TABLE activity (
    axis TEXT NOT NULL, hours INTEGER NOT NULL, start INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    count INTEGER NOT NULL, worst INTEGER NOT NULL, PRIMARY KEY (axis, hours, start, name, kind))
    STRICT, WITHOUT ROWID"""
"""`hours` is a spell's length, `start` its number since 1970; `worst` the rank of the gravest alert, -1 for none."""
AXES = ("user", "host")
HOUR_S = 3600
SPELLS = (24, 1)
"""How many hours a spell lasts, the longest first."""
_BATCH = 50_000
_ADD = (
    "INSERT INTO activity VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
    " SET count = count + excluded.count, worst = max(worst, excluded.worst)"
)
_RANKS = {severity.rank: severity for severity in Severity}
_TIME, _USER, _HOST, _ITEMS = (OBSERVATION.index(name) for name in ("time", "user", "host", "items"))


class Deed(NamedTuple):
    """One observation as it counts: `kind` is alert, returned, both, or seen; `worst` a severity's rank or -1."""

    time: float
    user: str
    host: str
    kind: str
    worst: int


class Spell(NamedTuple):
    """So many of a kind under one name within one step of what was asked."""

    name: str
    kind: str
    step: int
    many: int
    worst: Severity | None


def deed(observation: Mapping[str, Any], severity: str | None) -> Deed:
    """How an observation counts that raised an alert of this severity, or none."""
    is_back = any(item.startswith("returned:") for item in observation["items"])
    return _deed(observation["time"], observation["user"], observation["host"], severity, is_back=is_back)


class Activity:
    """The deeds of one transaction."""

    def __init__(self) -> None:
        self._deeds: list[Deed] = []

    def note(self, done: Deed) -> None:
        """Count this too."""
        self._deeds.append(done)

    def mark(self) -> int:
        """What was noted until now, to come `back_to`."""
        return len(self._deeds)

    def back_to(self, mark: int) -> None:
        """Forget what was noted since."""
        del self._deeds[mark:]

    def clear(self) -> None:
        """Forget everything noted."""
        self._deeds.clear()

    def write(self, connection: Connection) -> None:
        """Put down what was noted."""
        if self._deeds:
            connection.executemany(_ADD, _rows(self._deeds))
            self._deeds.clear()


def fill(connection: Connection) -> None:
    """Count all that was recorded before this table was there."""
    found = Activity()
    sql = (
        "SELECT e.body, a.severity FROM entries e LEFT JOIN alerts a ON a.entry = e.id WHERE e.kind = 'O' ORDER BY e.id"
    )
    for number, (body, severity) in enumerate(connection.execute(sql), 1):
        try:
            values = msgspec.json.decode(body)
            is_back = any(item.startswith("returned:") for item in values[_ITEMS])
            found.note(_deed(values[_TIME], values[_USER], values[_HOST], severity, is_back=is_back))
        except (msgspec.DecodeError, LookupError, TypeError, ValueError, AttributeError):
            continue  # a body of no known shape counts as nothing; custody tells of it
        if number % _BATCH == 0:
            found.write(connection)
    found.write(connection)


def hours_of(since: float, step_s: float) -> int | None:
    """The longest spell of which every step from `since` on is made, in hours, or None."""
    whole = (hours for hours in SPELLS if not since % (hours * HOUR_S) and not step_s % (hours * HOUR_S))
    return next(whole, None)


def spells(connection: Connection, axis: str, since: float, step_s: float, steps: int) -> Iterator[Spell]:
    """What was done in each step of a window that `hours_of` has spells for. Raises StoreError."""
    hours = hours_of(since, step_s)
    if hours is None:
        raise ValueError("the window begins or goes on within a spell")
    unit, first, step = hours * HOUR_S, int(since), int(step_s)
    sql = (
        "SELECT name, kind, (start * ? - ?) / ? AS step, sum(count) AS count, max(worst) AS worst FROM activity"
        " WHERE axis = ? AND hours = ? AND start >= ? AND start < ? GROUP BY 1, 2, 3"
    )
    ends = (first // unit, (first + steps * step) // unit)
    for row in fetch_all(connection, sql, (unit, first, step, axis, hours, *ends)):
        yield Spell(row["name"], row["kind"], row["step"], row["count"], _RANKS.get(row["worst"]))


def _deed(time: float, user: str, host: str, severity: str | None, *, is_back: bool) -> Deed:
    if severity is None:
        return Deed(time, user, host, "returned" if is_back else "seen", -1)
    return Deed(time, user, host, "both" if is_back else "alert", Severity(severity).rank)


def _rows(deeds: Iterable[Deed]) -> Iterator[tuple[str, int, int, str, str, int, int]]:
    """One row for each spell, name and kind, the deeds of it added up."""
    found: dict[tuple[str, int, int, str, str], tuple[int, int]] = {}
    for done in deeds:
        for hours in SPELLS:
            start = int(done.time // (hours * HOUR_S))
            for axis, name in zip(AXES, (done.user, done.host), strict=True):
                key = axis, hours, start, name, done.kind
                count, worst = found.get(key, (0, -1))
                found[key] = count + 1, max(worst, done.worst)
    for key, totals in sorted(found.items()):
        yield *key, *totals
