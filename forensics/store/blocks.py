"""When things happened, block by block of the log, so that a question about a time reads only where it can be.

Row ids rise with the time of recording; what was seen is mostly recorded at once, but an old capture is read today and
the entries of another machine come late. For each block of ids the first and the last time in it are kept: a time that
lies outside passes the whole block by, whatever the order within.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from forensics.database import Connection
from forensics.store.access import fetch_all

BITS = 12
Range = tuple[int, int]
"""First and last id, both included."""


def of(id: int) -> int:
    """The block an id lies in."""
    return id >> BITS


def write(connection: Connection, spans: Mapping[int, tuple[float, float]]) -> None:
    """Widen the spans of blocks by these."""
    connection.executemany(
        "INSERT INTO blocks VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET"
        " first = min(first, excluded.first), last = max(last, excluded.last)",
        [(block, first, last) for block, (first, last) in spans.items()],
    )


def ranges(connection: Connection, *, since: float = -math.inf, until: float = math.inf) -> list[Range]:
    """Where in the log something may lie that happened in `[since, until)`: ranges of ids, the newest first."""
    sql = "SELECT block FROM blocks WHERE last >= ? AND first < ? ORDER BY block DESC"
    found: list[Range] = []
    for (block,) in fetch_all(connection, sql, [since, until]):
        low, high = block << BITS, ((block + 1) << BITS) - 1
        if found and found[-1][0] == high + 1:
            found[-1] = (low, found[-1][1])
        else:
            found.append((low, high))
    return found
