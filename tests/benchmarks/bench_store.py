"""The evidence store as it grows: `python -m tests.benchmarks.bench_store --rows 1000000`.

Builds a store through its own writer, then asks a fixed list of questions of it; README.md says what is measured.
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from forensics.model import IncidentKey, Observation, Verdict
from forensics.store import reader
from forensics.store.writer import Store
from tests.benchmarks import store_peers, store_timeline
from tests.benchmarks.network_wire import ROOT
from tests.benchmarks.store_queries import HEAD, ask, everything
from tests.benchmarks.store_rows import Rows

CACHE = ROOT / ".bench-cache" / "store"
PARTS = ("build", "search", "timeline", "peers")
GROUP = 1000
SINGLES, HUNDREDS = 1000, 20_000
"""Rows that are recorded one by one and in groups of a hundred, beside the large groups."""


def main() -> int:
    asked = options()
    folder = asked.folder / str(asked.rows)
    if "build" in asked.parts or not folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
        build(folder, asked.rows)
        print("\n".join(sizes(folder / "evidence.sqlite", asked.rows)), flush=True)
    if "search" in asked.parts:
        search(folder, asked.rows, asked.times, asked.only)
    if "timeline" in asked.parts:
        connection = reader.open_reader(folder)
        for line in store_timeline.table(connection, asked.rows):
            print(line, flush=True)
        connection.close()
    if "peers" in asked.parts:
        for line in store_peers.table(folder / "evidence.sqlite", asked.times):
            print(line, flush=True)
    return 0


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--parts", type=lambda text: text.split(","), default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--times", type=int, default=100, help="warm questions of each kind")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="one kind of question")
    parser.add_argument("--folder", type=Path, default=CACHE, help="where stores are kept between runs")
    return parser.parse_args()


def build(folder: Path, count: int) -> None:
    """Record so many rows and say what a row costs, in CPU of this process and by the clock."""
    rows = Rows()
    with Store.open(folder, actor="bench") as store:
        print("| rows a group | rows | CPU us a row | wall us a row | rows/s |\n|---|---|---|---|---|")
        done = 0
        for size, until in ((1, SINGLES), (100, SINGLES + HUNDREDS), (GROUP, count)):
            cpu = wall = 0.0
            first = done
            for batch in _batches(rows, first, until, size):
                started, clock = time.process_time(), time.perf_counter()
                with store.group() as group:
                    for analysis, verdict in batch:
                        group.record(analysis, verdict, grouper=latest)
                cpu, wall = cpu + time.process_time() - started, wall + time.perf_counter() - clock
            done = max(done, until)
            number = max(1, until - first)
            micro = f"{cpu / number * 1e6:.0f} | {wall / number * 1e6:.0f} | {number / max(wall, 1e-9):.0f}"
            print(f"| {size} | {number} | {micro} |", flush=True)


def _batches(rows: Rows, first: int, until: int, size: int) -> Iterator[list]:  # type: ignore[type-arg]
    for start in range(first, until, size):
        yield list(rows.stream(start, min(size, until - start)))


def latest(verdict: Verdict, seen: Observation, offered: Sequence[IncidentKey]) -> int | None:
    """Join the latest incident that shares an item."""
    wanted = set(verdict.items)
    fitting = [key for key in offered if wanted.intersection(key.items)]
    return max(fitting, key=lambda key: key.last_time).id if fitting else None


def sizes(file: Path, count: int) -> Iterator[str]:
    """Bytes a row, by part; the parts of an index are its shadow tables."""
    connection = reader.open_reader(file.parent)
    tables = {
        "bodies": "SELECT sum(length(CAST(body AS BLOB))) FROM entries",
        "word index": "SELECT sum(length(block)) FROM evidence_fts_data",
        "trigrams": "SELECT sum(length(block)) FROM path_trigrams_data",
    }
    yield "| part | bytes a row |\n|---|---|"
    for name, sql in tables.items():
        yield f"| {name} | {connection.execute(sql).fetchone()[0] / count:.0f} |"
    connection.close()
    yield f"| the whole file | {file.stat().st_size / count:.0f} |"


def search(folder: Path, count: int, times: int, names: list[str]) -> None:
    """Ask every kind of question, warm over many values and once after the page cache was dropped."""
    print(f"{count} rows, {times} questions of each kind\n{HEAD}", flush=True)
    for name, draw in everything(count, names):
        connection = reader.open_reader(folder)
        timing = ask(connection, draw, times=times, drop=lambda: drop(folder / "evidence.sqlite"))
        connection.close()
        print(timing.line(name), flush=True)


def drop(file: Path) -> None:
    """Take a file out of the page cache."""
    handle = os.open(file, os.O_RDONLY)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(handle)


if __name__ == "__main__":
    raise SystemExit(main())
