"""What going over unchanged files costs: `python -m tests.benchmarks.files_reconciling FOLDER STORE`.

The process starts as the monitor does, from the ledger of a store, and goes over the folder twice: once against the
ledger, as at a start, and once more, as every so often. Prints JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from forensics.config import Files, Folder
from forensics.database import open_reader, open_writer
from forensics.sensors.files.reconcile import Found, Reconciliation
from forensics.sensors.files.roots import Root, resolve
from forensics.sensors.files.settled import Stamp
from forensics.store import reader
from forensics.store.schema import FILE_NAME
from forensics.store.writer import Store
from tests.benchmarks.network_wire import ROOT, environment, python

IN_A_FOLDER = 100


def table(place: Path, sizes: Sequence[int]) -> list[str]:
    """One line a size: CPU seconds and megabytes of each step."""
    lines = [
        "\ngoing over unchanged files",
        f"{'files':>9}{'ledger read, CPU s':>20}{'at start, CPU s':>17}{'again, CPU s':>14}{'peak MB':>9}"
        f"{'above an idle one':>19}{'unknown':>9}",
    ]
    for size in sizes:
        folder, store = place / "share", place / "store"
        for each in (folder, store):
            shutil.rmtree(each, ignore_errors=True)
        fill(folder, store, size)
        call = python("files_reconciling", str(folder), str(store))
        done = subprocess.run(call, cwd=ROOT, check=True, capture_output=True, text=True, env=environment())
        said = json.loads(done.stdout)
        lines.append(
            f"{size:9}{said['ledger_s']:20.2f}{said['start_s']:17.2f}{said['again_s']:14.2f}{said['peak_mb']:9.0f}"
            f"{said['peak_mb'] - said['idle_mb']:19.0f}{said['unknown']:9}"
        )
        for each in (folder, store):
            shutil.rmtree(each)
    return lines


def fill(folder: Path, store: Path, count: int) -> None:
    """So many empty files, all of them in the ledger of a new store."""
    for start in range(0, count, IN_A_FOLDER):
        part = folder / f"d{start // IN_A_FOLDER}"
        part.mkdir(parents=True)
        for each in range(start, min(count, start + IN_A_FOLDER)):
            os.close(os.open(part / f"f{each}", os.O_WRONLY | os.O_CREAT))
    store.mkdir()
    Store.open(store, actor="bench").close()
    root = _root(folder, ())
    entries = Reconciliation(root.real, root.ignore, root.is_known)
    rows = []
    while not entries.is_done:
        found = [each for each in entries.step(4096) if isinstance(each, Found)]
        rows += [(root.name, root.way(each.path), *each.stamp, "") for each in found]
    connection = open_writer(store / FILE_NAME)
    with connection:
        connection.executemany("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.close()


def main(folder: str, store: str) -> None:
    idle_mb = _peak_mb()
    spent = [time.process_time()]
    opened = Store.open(Path(store), actor="bench")
    connection = open_reader(Path(store) / FILE_NAME)
    root = _root(Path(folder), ((path, Stamp(*numbers)) for path, numbers in reader.ledger(connection, folder)))
    spent.append(time.process_time())
    unknown = 0
    for _ in range(2):
        unknown = max(unknown, go_over(root))
        spent.append(time.process_time())
    opened.close()
    ledger_s, start_s, again_s = (after - before for before, after in pairwise(spent))
    said: dict[str, Any] = {"ledger_s": ledger_s, "start_s": start_s, "again_s": again_s, "unknown": unknown}
    print(json.dumps({**said, "idle_mb": idle_mb, "peak_mb": _peak_mb()}))


def go_over(root: Root) -> int:
    """One pass, as the sensor makes it; how many files it takes for new."""
    root.begin_sweep()
    entries = Reconciliation(root.real, root.ignore, root.is_known)
    unknown = 0
    while not entries.is_done:
        unknown += len(entries.step(256))
    root.end_sweep(is_complete=True)
    return unknown


def _root(folder: Path, known: Iterable[tuple[str, Stamp]]) -> Root:
    return resolve([Folder(role="share", path=folder)], Files(), lambda _: known, [])[0]


def _peak_mb() -> float:
    """Of this program alone: what getrusage says counts the process it was started by, too."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise OSError("no VmHWM in /proc/self/status")


if __name__ == "__main__":
    main(*sys.argv[1:])
