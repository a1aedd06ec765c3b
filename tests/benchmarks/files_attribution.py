"""Says how many one-shot writers the file sensor names, and what it costs.

`python -m tests.benchmarks.files_attribution` prints a table; with `storm FOLDER` only the cost of a storm there. It
needs CAP_SYS_ADMIN for fanotify; without, it shows what the look through /proc gives.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from forensics.config import Files, Folder
from forensics.sensors.files.sensor import FileSensor
from forensics.sensors.files.settled import SettledFile

TIMES = 400
STORM = 10_000
GOAL = 0.99
PATIENCE_S = 60.0
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]
PYTHON = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"
STORM_OF = f"""
import sys
for number in range({STORM}):
    with open(f"{{sys.argv[1]}}/{{number}}", "wb") as file:
        file.write(b"x" * 100)
"""
Command = Callable[[Path, Path], list[str]]
WAYS: dict[str, tuple[str, Command]] = {
    "cp": ("cp", lambda source, target: ["cp", str(source), str(target)]),
    "mv": ("mv", lambda source, target: ["mv", str(source), str(target)]),
    "ln": ("ln", lambda source, target: ["ln", str(source), str(target)]),
    "python": (
        os.path.basename(sys.executable)[:15],
        lambda source, target: [sys.executable, "-I", "-S", "-c", PYTHON, str(source), str(target)],
    ),
    "unzip": ("unzip", lambda source, target: ["unzip", "-q", f"{source}.zip", "-d", str(target.parent)]),
    "rsync": ("rsync", lambda source, target: ["rsync", str(source), str(target)]),
}


@contextmanager
def watching(folder: Path) -> Iterator[dict[str, tuple[str, int, str]]]:
    """A sensor on the folder: by name the process, its number and how it is known."""
    seen: dict[str, tuple[str, int, str]] = {}

    def take(file: SettledFile) -> None:
        seen[file.path] = (file.process, file.pid, file.known_by)

    sensor = FileSensor(
        [Folder(role="removable", path=folder)],
        Files(),
        emit=take,
        gap=lambda gap: print(f"gap: {gap.cause} {gap.detail}"),
        health=lambda _: None,
    )
    sensor.start()
    sensor.wait_until_watching(PATIENCE_S)
    try:
        yield seen
    finally:
        sensor.stop()


def until_seen(seen: dict[str, tuple[str, int, str]], count: int) -> None:
    """Wait until so many files settled."""
    deadline = time.monotonic() + PATIENCE_S
    while len(seen) < count and time.monotonic() < deadline:
        time.sleep(0.05)


def named(base: Path, way: str) -> tuple[int, int, int]:
    """Of the files written one process each: how many settled, with the right program, with the right number too."""
    process, command = WAYS[way]
    sources, folder = base / f"{way}-sources", base / f"{way}-watched"
    sources.mkdir()
    folder.mkdir()
    for number in range(TIMES):
        source = sources / f"{number}"
        source.write_bytes(b"x" * 100)
        if way == "unzip":
            subprocess.run(["zip", "-qj", f"{source}.zip", source], check=True)
    pids = {}
    with watching(folder) as seen:
        for number in range(TIMES):
            done = subprocess.Popen(command(sources / f"{number}", folder / f"{number}"))
            done.wait()
            pids[f"{number}"] = done.pid
        until_seen(seen, TIMES)
    by_name = sum(found[0] == process for found in seen.values())
    by_number = sum(found[0] == process and found[1] == pids[name] for name, found in seen.items())
    return len(seen), by_name, by_number


def storm_cost_s(folder: Path) -> float:
    """Processor seconds of this process while a storm of files settles."""
    folder.mkdir()
    with watching(folder) as seen:
        began = time.process_time()
        subprocess.run([sys.executable, "-c", STORM_OF, str(folder)], check=True)
        until_seen(seen, STORM)
        return time.process_time() - began


def table(base: Path) -> int:
    """Print the table of what was made in a folder; how many ways fall short of the goal."""
    short = 0
    print(f"\nwho did it\n{'way':8} {'files':>6} {'settled':>8} {'program right':>14} {'pid right':>10}", flush=True)
    for way in WAYS:
        if way != "python" and shutil.which(way) is None:
            print(f"{way:8} not installed")
            continue
        settled, by_name, by_number = named(base, way)
        short += by_name < GOAL * TIMES
        print(f"{way:8} {TIMES:6} {settled:8} {by_name / TIMES:13.2%} {by_number / TIMES:9.2%}", flush=True)
    with_it = storm_cost_s(base / "with")
    command = [*WITHOUT_RIGHTS, sys.executable, "-m", "tests.benchmarks.files_attribution", "storm"]
    done = subprocess.run([*command, str(base / "without")], check=True, capture_output=True, text=True)
    without = done.stdout.split()[-1]
    print(f"CPU s per {STORM} files: {with_it:.2f} with fanotify, {without} without the right", flush=True)
    return short


def main() -> int:
    """Print the table; 1 when a way falls short of the goal."""
    if sys.argv[1:2] == ["storm"]:
        print(f"{storm_cost_s(Path(sys.argv[2])):.2f}")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        return int(table(Path(scratch)) > 0)


if __name__ == "__main__":
    sys.exit(main())
