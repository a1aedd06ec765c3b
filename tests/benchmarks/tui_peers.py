"""What other lists of rows cost: Textual's DataTable, and textual-fastdatatable where it is installed."""

from __future__ import annotations

import asyncio
import importlib.util
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult
from textual.widgets import DataTable

SIZE = (120, 40)
COLUMNS = ("SEV", "AGE", "STATE", "CHANNEL", "WHO", "WHAT")
MOVES, INSERTS = 100, 20
PEERS = (("DataTable", 10_000), ("DataTable", 100_000), ("fastdatatable", 100_000), ("fastdatatable", 1_000_000))


def rows() -> Iterator[Sequence[str]]:
    """A line of the table for each, measured in a process of its own; one that is not installed says so."""
    for name, count in PEERS:
        if name == "fastdatatable" and importlib.util.find_spec("textual_fastdatatable") is None:
            yield f"{name}, {count:,} rows", "not installed", ""
            continue
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.tui_peers", name, str(count)],
            check=False,
            capture_output=True,
            text=True,
            timeout=600,
        )
        told = done.stdout.strip() or done.stderr.strip().splitlines()[-1]
        yield f"{name}, {count:,} rows", told, ""


class Peer(App[None]):
    """One table that fills the screen."""

    def __init__(self, table: Any) -> None:
        super().__init__()
        self.table = table

    def compose(self) -> ComposeResult:
        """The table."""
        yield self.table


async def measure(name: str, count: int) -> str:
    """Load, move the cursor, insert: CPU."""
    began, memory = time.process_time(), _memory_mib()
    table = DataTable(cursor_type="row") if name == "DataTable" else _fast(count)
    app = Peer(table)
    async with app.run_test(size=SIZE) as pilot:
        if name == "DataTable":
            table.add_columns(*COLUMNS)
            table.add_rows(_row(number) for number in range(count))
        await pilot.pause()
        loaded, held = time.process_time() - began, _memory_mib() - memory
        table.focus()
        moved = await _each(MOVES, lambda: pilot.press("down"))

        async def insert() -> None:
            table.add_row(*_row(count))
            await pilot.pause()

        inserted = await _each(INSERTS, insert)
    return f"load {loaded:.1f} s, {held:.0f} MiB, row down {1000 * moved:.1f} ms, insert {1000 * inserted:.0f} ms CPU"


async def _each(count: int, deed: Callable[[], Awaitable[None]]) -> float:
    before = time.process_time()
    for _ in range(count):
        await deed()
    return (time.process_time() - before) / count


def _fast(count: int) -> Any:
    from textual_fastdatatable import ArrowBackend
    from textual_fastdatatable import DataTable as Fast

    columns = zip(*(_row(number) for number in range(count)), strict=True)
    return Fast(
        backend=ArrowBackend.from_pydict(dict(zip(COLUMNS, map(list, columns), strict=True))), cursor_type="row"
    )


def _row(number: int) -> tuple[str, ...]:
    return "H", f"{number % 60}m", "new", "http", f"user{number % 997}@ws-{number % 89}", f"Clip C-{number} by HTTP"


def _memory_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / (1 << 20)


if __name__ == "__main__":
    print(asyncio.run(measure(sys.argv[1], int(sys.argv[2]))))
