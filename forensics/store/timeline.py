"""What happened when, by contractor or by workstation: counted step by step of time, and what lies within one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from forensics.database import Connection
from forensics.model import Severity
from forensics.store import activity, issued, runs
from forensics.store.access import fetch_one, question
from forensics.store.clauses import Clause, together
from forensics.store.rows import SearchHit
from forensics.store.search import MOST, Bounds, Compiled, compile_query
from forensics.store.snippets import snippets
from forensics.store.tags import tag
from forensics.store.texts import restored, stored

Axis = Literal["user", "host"]
Kind = Literal["alert", "returned", "seen"]
"""An alert; a sanctioned return; what was neither. A return that alerts is both of the first two."""
KINDS: tuple[Kind, ...] = ("alert", "returned", "seen")
PAGE = 20_000
"""Entries that are read for one page of bars: some 70 ms of CPU."""
_DAY_S = 86_400.0
_IS_RETURN = "(instr(o.items, '[\"returned:') OR instr(o.items, ',\"returned:'))"
"""Whether one of the packed items names what came back; a quote within an item has a backslash before it."""
_KIND: Mapping[str, Kind] = {kind: kind for kind in KINDS}
_CONDITIONS: Mapping[Kind, Clause] = {
    "alert": Clause(),
    "returned": Clause(where=_IS_RETURN),
    "seen": Clause(where=f"o.alert IS NULL AND NOT {_IS_RETURN}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Time from `since` (Unix seconds) on, cut into `steps` of `step_s` seconds."""

    since: float
    step_s: float
    steps: int

    @property
    def until(self) -> float:
        """Where it ends; the first moment that is not in it."""
        return self.start(self.steps)

    def start(self, step: int) -> float:
        """When a step begins."""
        return self.since + step * self.step_s

    def place(self, time: float) -> int:
        """The step a time lies in: below 0 before the window, `steps` or more after it."""
        return int((time - self.since) // self.step_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """So many of one kind by one contractor or on one workstation (`name`, empty where unknown) within one step.

    `worst` is the gravest severity of alerts, None of other kinds.
    """

    name: str
    kind: Kind
    step: int
    count: int
    worst: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Bars of `count` entries, the newest recorded first; where more are to be counted, `before_id` is the next key."""

    bars: tuple[Bar, ...]
    count: int
    before_id: int | None


@question
def bars(
    connection: Connection,
    window: Window,
    *,
    by: Axis,
    query: str = "",
    before_id: int | None = None,
    most: int = PAGE,
) -> Page:
    """Count what fits within a window, `most` entries at once. Raises QueryError with the column, StoreError.

    One step may stand in the bars of several pages: what they say is added up. Without a query, whole hours and days
    are counted already, and come at once.
    """
    if not query.strip() and before_id is None and activity.hours_of(window.since, window.step_s) is not None:
        return _counted(connection, window, by)
    compiled = _between(compile_query(query, issued.known(connection)), window.since, window.until)
    bounds = Bounds(limit=most, before_id=MOST if before_id is None else before_id)
    columns = f"o.id, o.time, o.{by} AS name, o.alert, o.severity, {_IS_RETURN} AS is_returned"
    found: dict[tuple[str, Kind, int], tuple[int, str]] = {}
    count, last = 0, 0
    for row in runs.each(connection, compiled, bounds, columns=columns):
        count, last = count + 1, row["id"]
        step = window.place(row["time"])
        if row["alert"] is not None:
            _add(found, (row["name"], "alert", step), row["severity"])
        if row["is_returned"]:
            _add(found, (row["name"], "returned", step))
        elif row["alert"] is None:
            _add(found, (row["name"], "seen", step))
        if count == most:
            break
    made = (
        Bar(name=restored(name), kind=kind, step=step, count=many, worst=Severity(worst) if worst else None)
        for (name, kind, step), (many, worst) in found.items()
    )
    return Page(bars=tuple(made), count=count, before_id=last if count == most else None)


@question
def within(
    connection: Connection,
    since: float,
    until: float,
    *,
    by: Axis,
    name: str | None = None,
    kind: Kind | None = None,
    query: str = "",
    before_id: int | None = None,
    limit: int = 50,
) -> tuple[SearchHit, ...]:
    """What fits in `[since, until)`, newest recorded first: of one contractor or workstation, of one kind, or of all.

    The next page from the row id of the last one on. Raises QueryError with the column, StoreError.
    """
    compiled = _between(compile_query(query, issued.known(connection)), since, until)
    asked = [_CONDITIONS[kind]] if kind is not None else []
    if name is not None:
        match = f'"{tag(by, stored(name))}"' if name else ""
        asked.append(Clause(match=match, where=f"o.{by} = ?", parameters=(stored(name),)))
    compiled = _narrowed(compiled, *asked)
    bounds = Bounds(limit=limit, is_alerts=kind == "alert", before_id=MOST if before_id is None else before_id)
    return snippets(connection, runs.rows(connection, compiled, bounds), compiled.words)


@question
def extent(connection: Connection) -> tuple[float, float] | None:
    """The first moment of the first day of which anything was recorded and the last of the last (UTC), or None.

    A few old times among many new ones do not count: those of old files in a new store.
    """
    row = fetch_one(connection, "SELECT min(day), max(day) FROM blocks")
    return None if row is None or row[0] is None else (row[0] * _DAY_S, (row[1] + 1) * _DAY_S)


def _counted(connection: Connection, window: Window, by: Axis) -> Page:
    """All bars of a window whose steps are whole hours."""
    found: list[Bar] = []
    count = 0
    for name, kind, step, many, worst in activity.spells(connection, by, window.since, window.step_s, window.steps):
        count += many
        kinds: tuple[Kind, ...] = ("alert", "returned") if kind == "both" else (_KIND[kind],)
        for each in kinds:
            grave = worst if each == "alert" else None
            found.append(Bar(name=restored(name), kind=each, step=step, count=many, worst=grave))
    return Page(bars=tuple(found), count=count, before_id=None)


def _between(compiled: Compiled, since: float, until: float) -> Compiled:
    times = Clause(where="o.time >= ? AND o.time < ?", parameters=(since, until), since=since, until=until)
    return _narrowed(compiled, times)


def _narrowed(compiled: Compiled, *asked: Clause) -> Compiled:
    return replace(compiled, clauses=tuple(together([clause, *asked]) for clause in compiled.clauses))


def _add(found: dict[tuple[str, Kind, int], tuple[int, str]], key: tuple[str, Kind, int], severity: str = "") -> None:
    count, worst = found.get(key, (0, ""))
    graver = severity if not worst or (severity and Severity(severity).rank > Severity(worst).rank) else worst
    found[key] = (count + 1, graver)
