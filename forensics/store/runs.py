"""A query is run over the ranges of the log where its times can lie, the newest first, until enough is found."""

from __future__ import annotations

import math
from collections.abc import Sequence

from forensics.database import Connection, Row
from forensics.store import blocks
from forensics.store.access import fetch_all, fetch_one, marks
from forensics.store.search import MOST, Bounds, Compiled, statement

MOST_RANGES = 64
"""Of more, one that spans them all is looked at."""
FEW = 5000
"""Alerts in a state up to which they are gone through one by one."""


def rows(connection: Connection, compiled: Compiled, bounds: Bounds) -> list[Row]:
    """Rows of the view `observations` that fit, newest first."""
    is_by_state = bool(compiled.states) and _are_few(connection, compiled.states)
    found: list[Row] = []
    for among in _ranges(connection, compiled, bounds):
        left = bounds.limit - len(found)
        if left <= 0:
            break
        sql, parameters = statement(compiled, bounds, among, is_by_state=is_by_state)
        found += fetch_all(connection, sql, [*parameters, left])
    return found


def _are_few(connection: Connection, states: Sequence[str]) -> bool:
    sql = f"SELECT count(*) FROM (SELECT 1 FROM alerts WHERE state IN ({marks(len(states))}) LIMIT ?)"
    row = fetch_one(connection, sql, [*states, FEW + 1])
    return row is None or row[0] <= FEW


def _ranges(connection: Connection, compiled: Compiled, bounds: Bounds) -> list[tuple[int, int]]:
    """Where to look: the blocks that the times allow, between the ids that the bounds allow."""
    ranges = [(0, MOST)]
    if not (math.isinf(compiled.since) and math.isinf(compiled.until)):
        ranges = blocks.ranges(connection, since=compiled.since, until=compiled.until)
    if len(ranges) > MOST_RANGES:
        ranges = [(ranges[-1][0], ranges[0][1])]
    if bounds.after_id == 0 and bounds.before_id == MOST:
        return ranges
    cut = [(max(low, bounds.after_id + 1), min(high, bounds.before_id - 1)) for low, high in ranges]
    return [(low, high) for low, high in cut if low <= high]
