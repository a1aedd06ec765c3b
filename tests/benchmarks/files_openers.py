"""How late a file is told of while other programs open files as fast as they can.

`python -m tests.benchmarks.files_openers` runs `earwitness watch` on a folder and the loopback, drops files one after
the other, and prints how long each took to the line that tells of it, and what the monitor and the thread that hears
spent.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from tests.benchmarks.files_judging import share_of
from tests.benchmarks.network_wire import ROOT, environment

SECONDS = 12.0
EVERY_S = 0.5
PATIENCE_S = 60.0
OPENERS = 2
FILES = 2000
_TICKS = os.sysconf("SC_CLK_TCK")
_NICE = 18
OPENER = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # which is ignored in what a shell runs in the background
paths = [f"{sys.argv[1]}/{number}" for number in range(int(sys.argv[2]))]
count = 0
try:
    while True:
        for path in paths:
            os.close(os.open(path, os.O_RDONLY))
        count += len(paths)
except KeyboardInterrupt:
    print(count)
"""


class Monitor:
    """`earwitness watch` and the names of the files that it told of, with the time of the monotonic clock."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "forensics.cli", "--store", f"{folder}.store", "watch", "--json"]
        command += ["--folder", f"share:{folder}", "--interface", "lo"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.told: dict[str, float] = {}
        self.gaps: list[dict[str, object]] = []
        self._is_ready = threading.Event()
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        for read, stream in ((self._lines, self._process.stdout), (self._words, self._process.stderr)):
            threading.Thread(target=read, args=(stream,), daemon=True).start()
        if not self._is_ready.wait(PATIENCE_S):
            raise RuntimeError("earwitness watch did not start")

    def _words(self, stream: IO[str]) -> None:
        for line in stream:
            if line.startswith("watching "):
                self._is_ready.set()

    def _lines(self, stream: IO[str]) -> None:
        for line in stream:
            said = json.loads(line)
            if "gap" in said:
                self.gaps.append(said["gap"])
            elif len(said.get("path", ())) == 1:
                self.told[os.path.basename(said["path"][0])] = time.monotonic()

    def cpu_s(self) -> dict[int, tuple[float, int]]:
        """CPU seconds and niceness of its threads."""
        found = {}
        for task in Path(f"/proc/{self._process.pid}/task").iterdir():
            with suppress(OSError):
                fields = (task / "stat").read_text().rpartition(")")[2].split()
                found[int(task.name)] = (int(fields[11]) + int(fields[12])) / _TICKS, int(fields[_NICE - 2])
        return found

    def end(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait(PATIENCE_S)


@contextmanager
def openers(folder: Path, count: int) -> Iterator[list[int]]:
    """Programs that open and close files as fast as they can; how many each opened, once they ended."""
    folder.mkdir(exist_ok=True)
    for number in range(FILES):
        (folder / f"{number}").write_bytes(b"x" * 4096)
    command = [sys.executable, "-I", "-S", "-c", OPENER, str(folder), str(FILES)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    opened: list[int] = []
    try:
        yield opened
    finally:
        for each in running:
            each.send_signal(2)
            opened.append(int(each.communicate()[0] or 0))


def measure(base: Path, count: int) -> str:
    """A line: so many openers, what they opened, when files were told of, what was spent."""
    folder = base / f"watched{count}"
    folder.mkdir()
    monitor = Monitor(folder)
    hearing = {task for task, (_, nice) in monitor.cpu_s().items() if nice < 0}
    dropped = {}
    with openers(base / "opened", count) as opened:
        before, began = monitor.cpu_s(), time.monotonic()
        while time.monotonic() - began < SECONDS:
            name = f"clip{len(dropped)}"
            (folder / name).write_bytes(os.urandom(20_000))
            dropped[name] = time.monotonic()
            time.sleep(EVERY_S)
        spent, elapsed = monitor.cpu_s(), time.monotonic() - began
    deadline = time.monotonic() + PATIENCE_S
    while len(monitor.told) < len(dropped) and time.monotonic() < deadline:
        time.sleep(0.05)
    monitor.end()
    late = sorted(at - dropped[name] for name, at in monitor.told.items() if name in dropped)
    each = {task: cpu - before.get(task, (0.0, 0))[0] for task, (cpu, _) in spent.items()}
    heard = sum(each.get(task, 0.0) for task in hearing)
    causes = sorted({str(gap["cause"]) for gap in monitor.gaps})
    return (
        f"{count:7}{sum(opened) / elapsed:10.0f}{len(dropped) - len(late):8}"
        f"{share_of(late, 0.5):10.2f}{share_of(late, 1.0):8.2f}"
        f"{sum(each.values()) / elapsed:12.1%}{heard / elapsed:12.1%}  {', '.join(causes)}"
    )


def table(base: Path) -> list[str]:
    """Without openers, with one, with as many as would fill a small machine."""
    figures = f"{'openers':>7}{'opens/s':>10}{'untold':>8}{'p50 s':>10}{'max s':>8}"
    head = f"{figures}{'monitor CPU':>12}{'of hearing':>12}  gaps"
    return ["\nfiles dropped while others open files", head, *(measure(base, count) for count in (0, 1, OPENERS))]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        print("\n".join(table(Path(scratch))))
