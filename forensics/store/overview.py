"""What fits a query as a whole: how many, by which users, channels or rules, when, and how it is looked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from forensics.database import Connection, Row
from forensics.errors import StoreError
from forensics.store import issued, runs
from forensics.store.access import fetch_all, fetch_one, question, stoppable
from forensics.store.clauses import Parameters
from forensics.store.search import MOST, Bounds, compile_query
from forensics.store.shapes import ARTIFACT, MATCH, OBSERVATION
from forensics.store.texts import restored

Values = Callable[[Row, Sequence[Any]], Iterator[str]]
EVERYTHING = Bounds(limit=MOST)
_COLUMNS = "o.id, o.state, o.severity, (SELECT body FROM entries WHERE id = o.id) AS body"
_TIME = OBSERVATION.index("time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Counts over the newest `count` observations that fit, which are all of them where `is_whole`.

    `facets` are by field, then value; `times` by the beginning of each step, in Unix seconds.
    """

    count: int
    is_whole: bool
    facets: Mapping[str, Counter[str]]
    times: Counter[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How one way in which something may fit is looked for; `ranges` are of row ids, the newest first."""

    match: str
    trigrams: str
    sql: str
    parameters: Parameters
    ranges: tuple[tuple[int, int], ...]
    plan: tuple[str, ...]


@question
def count(connection: Connection, query: str) -> int:
    """How many alerts and sightings fit, exactly. Raises QueryError, StoreError."""
    compiled = compile_query(query, issued.known(connection))
    if len(compiled.clauses) > 1:
        return sum(1 for _ in runs.each(connection, compiled, EVERYTHING, columns="o.id"))
    total = 0
    for asked in runs.statements(connection, compiled.clauses[0], EVERYTHING, columns="o.id"):
        row = fetch_one(connection, f"SELECT count(*) FROM ({asked.sql})", [*asked.parameters, -1])
        total += int(row[0]) if row is not None else 0
    return total


@question
def overview(
    connection: Connection, query: str, *, fields: Sequence[str], step_s: float, is_over: Callable[[], bool]
) -> Overview:
    """Count what fits, the newest first, until all is counted or the time `is_over`. Raises QueryError, StoreError."""
    compiled = compile_query(query, issued.known(connection))
    facets: dict[str, Counter[str]] = {field: Counter() for field in fields}
    times: Counter[float] = Counter()
    counted = 0
    try:
        with stoppable(connection, is_over):
            for row in runs.each(connection, compiled, EVERYTHING, columns=_COLUMNS):
                body = msgspec.json.decode(row["body"])
                for field, counts in facets.items():
                    counts.update(dict.fromkeys(FACETS[field](row, body), 1))
                times[body[_TIME] // step_s * step_s] += 1
                counted += 1
    except StoreError:
        if not is_over():
            raise
        return Overview(count=counted, is_whole=False, facets=facets, times=times)
    return Overview(count=counted, is_whole=True, facets=facets, times=times)


@question
def explain(connection: Connection, query: str, bounds: Bounds) -> tuple[Explanation, ...]:
    """How a query is looked for, one answer for each alternative. Raises QueryError, StoreError."""
    found = []
    for clause in compile_query(query, issued.known(connection)).clauses:
        asked = list(runs.statements(connection, clause, bounds))
        if asked:
            parameters = (*asked[0].parameters, bounds.limit)
            plan = fetch_all(connection, f"EXPLAIN QUERY PLAN {asked[0].sql}", parameters)
            found.append(
                Explanation(
                    match=clause.expression(),
                    trigrams=asked[0].clause.paths(),
                    sql=asked[0].sql,
                    parameters=parameters,
                    ranges=tuple(each.among for each in asked),
                    plan=tuple(str(row["detail"]) for row in plan),
                )
            )
    return tuple(found)


def _field(name: str) -> Values:
    place = OBSERVATION.index(name)
    return lambda row, body: iter((restored(body[place]),) if body[place] else ())


def _column(name: str) -> Values:
    return lambda row, body: iter((str(row[name]),) if row[name] else ())


def _inner(list_name: str, fields: Sequence[str], name: str) -> Values:
    """The values of a field over the artifacts or the accepted matches of an observation."""
    outer, place = OBSERVATION.index(list_name), fields.index(name)

    def values(row: Row, body: Sequence[Any]) -> Iterator[str]:
        for each in body[outer] if len(body) > outer else ():
            if len(each) > place and each[place] and (fields is ARTIFACT or each[_ACCEPTED]):
                yield restored(each[place])

    return values


_ACCEPTED = MATCH.index("accepted")
FACETS: Mapping[str, Values] = {
    "channel": _field("channel"),
    "user": _field("user"),
    "host": _field("host"),
    "rule": _inner("matches", MATCH, "rule"),
    "clip": _inner("matches", MATCH, "item"),
    "package": _inner("matches", MATCH, "package"),
    "programme": _inner("matches", MATCH, "programme"),
    "severity": _column("severity"),
    "state": _column("state"),
    "outcome": _inner("artifacts", ARTIFACT, "outcome"),
}
"""How the values of each field are read; an alert alone has a severity and a state."""
