"""The console over a million alerts, as a real process on a real terminal: `python -m tests.benchmarks.bench_tui`.

README.md says what is asked. Processor time is the console's own, read from the kernel.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from forensics.store import reader
from tests.benchmarks import tui_peers, tui_store
from tests.benchmarks.network_wire import ROOT
from tests.tui import hostile, hostile_store, strict, tour
from tests.tui.pseudo_terminal import OWN, Terminal, terminal
from tui.formatting import safe
from tui.pixels.ability import QUESTIONS

CACHE = ROOT / ".bench-cache" / "tui"
COLUMNS, LINES = 120, 40
PRESSES, ARRIVALS = 200, 60
RATE, BURST_S = 200.0, 20.0
IDLE_S = 30.0
NAMES, DETAILS = 10_000, 300
TAIL = 1 << 15
"""Bytes of output in which an arrival is looked for: two screens."""
PARTS = ("opening", "scrolling", "arriving", "burst", "idle", "names", "peers")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parts = {
        "opening": opening,
        "scrolling": scrolling,
        "arriving": arriving,
        "burst": burst,
        "idle": idle,
        "names": names,
    }
    parser.add_argument("--alerts", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=CACHE)
    parser.add_argument("--parts", type=lambda text: text.split(","), default=list(PARTS), help=", ".join(PARTS))
    asked = parser.parse_args()
    store = asked.folder / str(asked.alerts)
    tui_store.build(store, asked.alerts)
    empty = asked.folder / "empty"
    tui_store.build(empty, 1)
    print(f"{asked.alerts:,} alerts, {COLUMNS}x{LINES}\n\n| what | figure | goal |\n|---|---|---|", flush=True)
    for part in asked.parts:
        for row in tui_peers.rows() if part == "peers" else parts[part](store, empty):
            print("| " + " | ".join(row) + " |", flush=True)
    return 0


def opening(store: Path, empty: Path) -> list[Sequence[str]]:
    """From the start of the process until the list stands there, beside a store of one alert."""
    _opened(store)
    rows = [_opened(each) for each in (empty, store)]
    (wall, cpu, memory), (bare_wall, bare_cpu, bare_memory) = rows[1], rows[0]
    return [
        ("opens", f"{wall:.2f} s, {cpu:.2f} CPU s (one alert: {bare_wall:.2f}, {bare_cpu:.2f})", "1 s"),
        ("memory over that of one alert", f"{memory - bare_memory:.0f} MiB ({memory:.0f} in all)", "60 MB"),
    ]


def scrolling(store: Path, empty: Path) -> list[Sequence[str]]:
    """Keys to move by a row and by a page, each drawn before the next."""
    with _console(store) as console:
        console.press("i")
        console.wait_for(b"Alerts")
        rows = [
            ("a row down, CPU", f"{1000 * _cost(console, 'j', PRESSES):.1f} ms", "15 ms"),
            ("a page down, CPU", f"{1000 * _cost(console, chr(6), PRESSES):.1f} ms", "15 ms"),
            ("a row up, CPU", f"{1000 * _cost(console, 'k', PRESSES):.1f} ms", "15 ms"),
        ]
        assert console.leave() == 0
    return rows


def arriving(store: Path, empty: Path) -> list[Sequence[str]]:
    """Alerts that another process commits, three a second: until each is on the screen, and what it costs."""
    with _console(store) as console:
        console.press("i")
        console.wait_for(b"Alerts")
        console.watch(2)
        idle = _idle(console, 5.0)
        writer = _writer(store, ARRIVALS, 3.0)
        delays, before, began, since = [], console.cpu_s(), time.monotonic(), len(console.seen)
        assert writer.stdout is not None
        for line in writer.stdout:
            number, moment = line.split()
            console.wait_for(b"arrival" + number.encode(), since=since)
            delays.append(time.monotonic() - float(moment))
            since = max(since, len(console.seen) - TAIL)
        spent = console.cpu_s() - before - idle * (time.monotonic() - began)
        writer.wait()
        assert console.leave() == 0
    delays.sort()
    p50, p95 = (1000 * delays[int(share * len(delays))] for share in (0.5, 0.95))
    return [
        ("commit to screen, p50 / p95", f"{p50:.0f} / {p95:.0f} ms", "p95 500 ms"),
        ("an arrival, CPU", f"{1000 * spent / len(delays):.1f} ms", "15 ms"),
    ]


def burst(store: Path, empty: Path) -> list[Sequence[str]]:
    """Two hundred arrivals a second, while somebody moves down row by row: where the cursor is in the end."""
    newest = _newest(store)
    with _console(store) as console:
        console.press("i")
        console.wait_for(b"Alerts")
        console.press("j")
        console.watch(1)
        writer = _writer(store, int(RATE * BURST_S), RATE)
        assert writer.stdout is not None
        writer.stdout.readline()
        before, pressed = console.cpu_s(), 1
        until = time.monotonic() + BURST_S - 2
        while time.monotonic() < until:
            console.press("j")
            pressed += 1
            console.watch(0.1)
        spent = console.cpu_s() - before
        written = len(writer.stdout.readlines()) + 1
        writer.wait()
        console.watch(1)
        reached = newest - _alert_under_cursor(console)
        assert console.leave() == 0
    share = spent / BURST_S
    return [
        (f"keys that took effect under {RATE:.0f} arrivals a second", f"{reached} of {pressed}", "all"),
        ("processor time under them", f"{share:.0%} of a core, {written} arrivals", ""),
    ]


def idle(store: Path, empty: Path) -> list[Sequence[str]]:
    """Nothing happens, and nobody presses a key."""
    with _console(store) as console:
        console.watch(3)
        share = _idle(console, IDLE_S)
        assert console.leave() == 0
    return [("idle", f"{share:.2%} of a core", "1 %")]


def names(store: Path, empty: Path) -> list[Sequence[str]]:
    """Hostile names in every text of a store, and the whole console gone through over it, small and large."""
    folder = store.parent / f"hostile{NAMES}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        hostile_store.write(folder, hostile.names(NAMES))
        (folder / "done").touch()
    return [_toured(folder, columns, lines) for columns, lines in ((80, 24), (200, 60))]


def _toured(folder: Path, columns: int, lines: int) -> Sequence[str]:
    crashes = 0
    command = (sys.executable, "-m", "forensics.cli", "--store", str(folder), "tui")
    with terminal(command, columns=columns, lines=lines) as console:
        try:
            tour.walk(console, alerts=NAMES, lines=lines, details=DETAILS)
            crashes += console.leave() != 0
        except (AssertionError, OSError):
            crashes += 1
    crashes += b"Traceback" in console.seen
    leaked = strict.leaks(console.seen.replace(QUESTIONS, b"", 1), columns=columns, lines=lines)
    for leak in leaked[:20]:
        print(leak, file=sys.stderr)
    shown = strict.OWN.sub(b"", console.seen).decode("utf-8", "replace")
    seen = sum(safe(name).strip()[:8] in shown for name in hostile.names(NAMES))
    mib = len(console.seen) / (1 << 20)
    what = f"{NAMES:,} hostile names at {columns}x{lines}, {seen:,} of them seen in {mib:.0f} MiB"
    return (what, f"{len(leaked)} bytes leaked, {crashes} crashes", "0, 0")


@contextmanager
def _console(store: Path) -> Iterator[Terminal]:
    """A console whose list stands there."""
    command = (sys.executable, "-m", "forensics.cli", "--store", str(store), "tui")
    with terminal(command, columns=COLUMNS, lines=LINES) as console:
        console.wait_for(b"following")
        yield console


def _opened(store: Path) -> tuple[float, float, float]:
    began = time.monotonic()
    with _console(store) as console:
        wall = time.monotonic() - began
        cpu = console.cpu_s()
        console.watch(1)
        memory = console.memory_mib()
        assert console.leave() == 0
    return wall, cpu, memory


def _cost(console: Terminal, key: str, count: int) -> float:
    console.watch(1)
    before = console.cpu_s()
    for _ in range(count):
        console.press(key)
        console.collect(1.0)
        while console.collect(0.01):
            pass
    console.watch(0.5)
    return (console.cpu_s() - before) / count


def _idle(console: Terminal, seconds: float) -> float:
    before = console.cpu_s()
    console.watch(seconds)
    return (console.cpu_s() - before) / seconds


def _writer(store: Path, count: int, rate: float) -> subprocess.Popen[str]:
    first = int(time.time()) * 1000
    module = (sys.executable, "-m", "tests.benchmarks.tui_store")
    command = (*module, str(store), "arrive", str(count), str(rate), str(first))
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _alert_under_cursor(console: Terminal) -> int:
    """The number of the alert the cursor is on, as its own screen tells it; 0 when none is told."""
    begin = len(console.seen)
    console.press("\r")
    console.wait_for(b"Lineage")
    console.watch(0.5)
    told = re.search(rb"\bA(\d+) ", OWN.sub(b"", console.seen[begin:]))
    return int(told[1]) if told else 0


def _newest(store: Path) -> int:
    connection = reader.open_reader(store)
    try:
        return reader.queue(connection, limit=1)[0].id
    finally:
        connection.close()


if __name__ == "__main__":
    raise SystemExit(main())
