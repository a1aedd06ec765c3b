"""When things happened, block by block of the log, so that a question about a time reads only where it can be.

Row ids rise with the time of recording; what was seen is mostly recorded at once, but an old capture is read today and
the entries of another machine come late. So of each block of ids the days (UTC) are kept on which something in it
happened: a few old times among many new ones do not make it a block that might hold everything between.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from forensics.database import Connection
from forensics.store.access import fetch_all

BITS = 10
Day = tuple[int, int]
"""A day, counted from 1970, and a block in which something of that day lies."""
Range = tuple[int, int]
"""First and last id, both included."""
_DAY_S = 86_400.0
_MOST = 1 << 40


def of(id: int, time: float) -> Day:
    """The day and the block of an entry that tells of this time."""
    return int(time // _DAY_S), id >> BITS


def write(connection: Connection, days: Iterable[Day]) -> None:
    """Note the days of blocks."""
    connection.executemany("INSERT OR IGNORE INTO blocks VALUES (?, ?)", days)


def ranges(connection: Connection, *, since: float = -math.inf, until: float = math.inf, most: int) -> list[Range]:
    """Where in the log something may lie that happened in `[since, until)`: `most` ranges of ids, the newest first.

    Of more, those that lie nearest to one another are joined, with what is between them.
    """
    sql = "SELECT DISTINCT block FROM blocks WHERE day BETWEEN ? AND ? ORDER BY block DESC"
    found = [block for (block,) in fetch_all(connection, sql, [_day(since), _day(until)])]
    holes = sorted((one - other - 1 for one, other in pairwise(found)), reverse=True)
    smallest = max(holes[most - 1], 0) if len(holes) >= most else 0
    joined: list[Range] = []
    for block in found:
        low, high = block << BITS, ((block + 1) << BITS) - 1
        if joined and joined[-1][0] - high - 1 <= smallest << BITS:
            joined[-1] = (low, joined[-1][1])
        else:
            joined.append((low, high))
    return joined


def _day(time: float) -> int:
    return int(time // _DAY_S) if math.isfinite(time) else int(math.copysign(_MOST, time))
