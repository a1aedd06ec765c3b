"""When things happened, block by block of the log, so that a question about a time reads only where it can be.

Row ids rise with the time of recording; what was seen is mostly recorded at once, but an old capture is read today and
the entries of another machine come late. So of each block of ids the days (UTC) are kept on which something in it
happened: a few old times among many new ones do not make it a block that might hold everything between. Of an entry
that tells of another day than those around it, the id itself is kept: one old time costs no reading of a whole block.
"""

from __future__ import annotations

import math
from itertools import pairwise

from forensics.database import Connection
from forensics.store.access import fetch_all

BITS = 10
Day = tuple[int, int]
"""A day, counted from 1970, and a block in which something of that day lies, or the id of an entry itself."""
Range = tuple[int, int]
"""First and last id, both included."""
_DAY_S = 86_400.0
_MOST = 1 << 40
_MOST_STRAYS = 2000


class Diary:
    """When the entries of one transaction happened."""

    def __init__(self) -> None:
        self._days: set[Day] = set()
        self._strays: set[Day] = set()
        self._usual: int | None = None
        self._last: int | None = None

    def note(self, id: int, time: float) -> None:
        """An entry tells of this time (Unix seconds). Two in a row of one day make it the usual one."""
        day = int(time // _DAY_S)
        if self._usual is None or day == self._last:
            self._usual = day
        if day == self._usual:
            self._days.add((day, id >> BITS))
        else:
            self._strays.add((day, id))
        self._last = day

    def mark(self) -> tuple[set[Day], set[Day]]:
        """What was noted until now, to come `back_to`."""
        return set(self._days), set(self._strays)

    def back_to(self, mark: tuple[set[Day], set[Day]]) -> None:
        """Forget what was noted since."""
        self._days, self._strays = mark

    def clear(self) -> None:
        """Forget everything noted."""
        self._days.clear()
        self._strays.clear()

    def write(self, connection: Connection) -> None:
        """Put down what was noted."""
        connection.executemany("INSERT OR IGNORE INTO blocks VALUES (?, ?)", self._days)
        connection.executemany("INSERT OR IGNORE INTO strays VALUES (?, ?)", self._strays)


def ranges(connection: Connection, *, since: float = -math.inf, until: float = math.inf, most: int) -> list[Range]:
    """Where in the log something may lie that happened in `[since, until)`: `most` ranges of ids, the newest first.

    Of more, those that lie nearest to one another are joined, with what is between them.
    """
    days = [_day(since), _day(until)]
    sql = "SELECT DISTINCT block FROM blocks WHERE day BETWEEN ? AND ?"
    found = [_block(block) for (block,) in fetch_all(connection, sql, days)]
    sql = "SELECT id FROM strays WHERE day BETWEEN ? AND ? LIMIT ?"
    strays = [(id, id) for (id,) in fetch_all(connection, sql, [*days, _MOST_STRAYS + 1])]
    if len(strays) > _MOST_STRAYS:
        sql = f"SELECT DISTINCT id >> {BITS} FROM strays WHERE day BETWEEN ? AND ?"
        strays = [_block(block) for (block,) in fetch_all(connection, sql, days)]
    newest_first = sorted(found + strays, key=lambda each: (each[1], each[0]), reverse=True)
    return _joined(_joined(newest_first, 0), most)


def _joined(ranges: list[Range], most: int) -> list[Range]:
    """Ranges, the one that ends last first, that touch as one; of more than `most` (0: any) the nearest too."""
    holes = sorted((low - high - 1 for (low, _), (_, high) in pairwise(ranges)), reverse=True)
    smallest = max(holes[most - 1], 0) if 0 < most <= len(holes) else 0
    joined: list[Range] = []
    for low, high in ranges:
        if joined and joined[-1][0] - high - 1 <= smallest:
            joined[-1] = (min(low, joined[-1][0]), joined[-1][1])
        else:
            joined.append((low, high))
    return joined


def _block(number: int) -> Range:
    return number << BITS, ((number + 1) << BITS) - 1


def _day(time: float) -> int:
    return int(time // _DAY_S) if math.isfinite(time) else int(math.copysign(_MOST, time))
