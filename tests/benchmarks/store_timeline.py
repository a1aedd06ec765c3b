"""What the timeline costs over a store of the bench: the last steps of every length, in a narrow and a wide window."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import TypeVar

from forensics.database import Connection
from forensics.reports import axis
from forensics.reports.lanes import chart
from forensics.store import timeline
from forensics.store.timeline import Axis, Bar, Window
from tests.benchmarks.store_rows import START, STEP_S

HEAD = (
    "| a column | columns | by | counted | CPU ms, first page | pages | CPU ms, all | CPU ms, laid out |\n"
    "|---|---|---|---|---|---|---|---|"
)
STEPS = (60.0, 600.0, 3600.0, 6 * 3600.0, 43_200.0, 86_400.0, 7 * 86_400.0)
COLUMNS = (56, 170)
"""What a terminal of 80 and one of 200 columns has room for."""
AXES: tuple[Axis, ...] = ("user", "host")
QUERIES = ("", "channel:http")
T = TypeVar("T")


def table(connection: Connection, rows: int, *, most_pages: int = 100) -> Iterator[str]:
    """A line for each length of step, width and axis; of a query, whose entries are read, at most so many pages."""
    end = START + rows * STEP_S
    for query in QUERIES:
        yield f"\nquery: {query or '(none)'}\n{HEAD}"
        for step_s in STEPS:
            for columns in COLUMNS:
                window = axis.ending(end, step_s, columns, UTC)
                for by in AXES:
                    yield _line(connection, window, by, query, most_pages)


def _line(connection: Connection, window: Window, by: Axis, query: str, most_pages: int) -> str:
    bars: list[Bar] = []
    first_ms = all_ms = 0.0
    before, count, pages = None, 0, 0
    while pages < most_pages and (not pages or before is not None):
        key = before
        page, cpu_ms = _timed(lambda key=key: timeline.bars(connection, window, by=by, query=query, before_id=key))
        first_ms, all_ms = first_ms or cpu_ms, all_ms + cpu_ms
        bars += page.bars
        before, count, pages = page.before_id, count + page.count, pages + 1
    _, drawn_ms = _timed(lambda: chart(bars, (), window))
    many = f"{pages}{'+' if before is not None else ''}"
    length = axis.length(window.step_s)
    return f"| {length} | {window.steps} | {by} | {count} | {first_ms:.0f} | {many} | {all_ms:.0f} | {drawn_ms:.0f} |"


def _timed(ask: Callable[[], T]) -> tuple[T, float]:
    started = time.process_time()
    answer = ask()
    return answer, (time.process_time() - started) * 1e3
