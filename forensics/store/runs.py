"""A query is run over the ranges of the log where its times can lie, the newest first, until enough is found."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from forensics.database import Connection, Row
from forensics.store import blocks
from forensics.store.access import fetch_each, fetch_one, marks
from forensics.store.clauses import Clause
from forensics.store.search import MOST, Bounds, Compiled, Statement, Way, statement

MOST_RANGES = 256
"""Of more, neighbours are looked at together."""
FEW_RANGES = 8
FEW_WORDS = 1000
"""Rows that fit the words up to which they are compared one by one rather than looked for in many ranges."""
FEW = 5000
"""Alerts in a state up to which they are gone through one by one."""
FEW_PATHS = 1000
"""Rows that may hold a part up to which each is looked up in the word index."""
ENOUGH_TRIGRAMS = 4
"""Of a part's trigrams, so many are looked for, the rarest among the PROBED newest rows."""
PROBED = 4096
SHORT = 100_000
"""Row ids in all ranges up to which what fits the words is compared one by one."""
SOME_PATHS = 50_000
"""Rows that may hold a part up to which they are collected before the word index is gone through."""


def rows(connection: Connection, compiled: Compiled, bounds: Bounds) -> list[Row]:
    """Rows of the view `observations` that fit, newest first."""
    return list(islice(each(connection, compiled, bounds), bounds.limit))


def each(connection: Connection, compiled: Compiled, bounds: Bounds, *, columns: str = "o.*") -> Iterator[Row]:
    """What fits, newest first, once each, read as it is asked for; `columns` holds `o.id`."""
    found = [_found(connection, clause, bounds, columns) for clause in compiled.clauses]
    if len(found) == 1:
        yield from found[0]
        return
    before = None
    for row in heapq.merge(*found, key=lambda row: int(row["id"]), reverse=True):
        if row["id"] != before:
            yield row
        before = row["id"]


def _found(connection: Connection, clause: Clause, bounds: Bounds, columns: str) -> Iterator[Row]:
    left = bounds.limit
    for asked in statements(connection, clause, bounds, columns=columns):
        for row in fetch_each(connection, asked.sql, [*asked.parameters, left]):
            left -= 1
            yield row
        if left <= 0:
            return


def statements(connection: Connection, clause: Clause, bounds: Bounds, *, columns: str = "o.*") -> Iterator[Statement]:
    """What is asked of the database for one clause, range after range; the limit is its last parameter, not given."""
    ranges = _ranges(connection, clause, bounds)
    if not ranges:
        return
    if len(ranges) > FEW_RANGES and _are_few_words(connection, clause, span := (ranges[-1][0], ranges[0][1])):
        ranges = [span]
    clause = _with_rare_trigrams(connection, clause)
    way = _way(connection, clause, bounds, ranges)
    for among in ranges:
        yield statement(clause, bounds, among, way=way, columns=columns)


def _way(connection: Connection, clause: Clause, bounds: Bounds, ranges: Sequence[tuple[int, int]]) -> Way:
    """The quickest way to what fits, by counting a little of what there is."""
    if clause.states and _count_states(connection, clause, FEW + 1) <= FEW:
        return "states"
    if clause.trigrams and not clause.expression():
        return "parts"
    if clause.trigrams and sum(high - low for low, high in ranges) > SHORT:
        among = (ranges[-1][0], ranges[0][1])
        count = _count_paths(connection, clause, among, SOME_PATHS + 1)
        return "parts" if count <= FEW_PATHS else "words among parts" if count <= SOME_PATHS else "words"
    if clause.expression():
        return "words"
    return "alerts" if bounds.is_alerts or clause.states else "all"


def _count_states(connection: Connection, clause: Clause, most: int) -> int:
    sql = f"SELECT count(*) FROM (SELECT 1 FROM alerts WHERE state IN ({marks(len(clause.states))}) LIMIT ?)"
    return _number(fetch_one(connection, sql, [*clause.states, most]))


def _count_paths(connection: Connection, clause: Clause, among: tuple[int, int], most: int) -> int:
    sql = (
        "SELECT count(*) FROM (SELECT 1 FROM path_trigrams"
        " WHERE path_trigrams MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?)"
    )
    return _number(fetch_one(connection, sql, [clause.paths(), *among, most]))


def _are_few_words(connection: Connection, clause: Clause, among: tuple[int, int]) -> bool:
    """Say whether the words alone leave so little that looking range by range costs more than comparing the times."""
    sql = (
        "SELECT count(*) FROM (SELECT 1 FROM evidence_fts"
        " WHERE evidence_fts MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?)"
    )
    expression = clause.expression()
    count = _number(fetch_one(connection, sql, [expression, *among, FEW_WORDS + 1])) if expression else FEW_WORDS + 1
    return count <= FEW_WORDS


def _with_rare_trigrams(connection: Connection, clause: Clause) -> Clause:
    """The clause with the few trigrams that are rarest of late: common ones cost much to read and tell little."""
    if len(clause.trigrams) <= ENOUGH_TRIGRAMS:
        return clause
    newest = _number(fetch_one(connection, "SELECT max(id) FROM entries"))
    sql = "SELECT count(*) FROM path_trigrams WHERE path_trigrams MATCH ? AND rowid BETWEEN ? AND ?"
    counts = {each: _number(fetch_one(connection, sql, [each, newest - PROBED, newest])) for each in clause.trigrams}
    return replace(clause, trigrams=tuple(sorted(counts, key=lambda each: counts[each])[:ENOUGH_TRIGRAMS]))


def _number(row: Row | None) -> int:
    return 0 if row is None else int(row[0] or 0)


def _ranges(connection: Connection, clause: Clause, bounds: Bounds) -> list[tuple[int, int]]:
    """Where to look: the blocks that the times allow, between the ids that the bounds allow."""
    ranges = [(0, MOST)]
    if not (math.isinf(clause.since) and math.isinf(clause.until)):
        ranges = blocks.ranges(connection, since=clause.since, until=clause.until, most=MOST_RANGES)
    if bounds.after_id == 0 and bounds.before_id == MOST:
        return ranges
    cut = [(max(low, bounds.after_id + 1), min(high, bounds.before_id - 1)) for low, high in ranges]
    return [(low, high) for low, high in cut if low <= high]
