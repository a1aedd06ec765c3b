"""`earwitness watch` as a process on the loopback, with what it printed so far."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WAIT_S = 180
"""After that it hangs, however busy the machine is."""

Lines = list[dict[str, Any]]


class Watching:
    """A monitor that runs."""

    def __init__(self, process: subprocess.Popen[str], out: Path) -> None:
        self._process = process
        self._out = out

    @property
    def lines(self) -> Lines:
        """What was printed so far, but for a line that is not whole."""
        text = self._out.read_text()
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def wait_for(self, found: Callable[[Lines], Any], *, wait_s: float = WAIT_S) -> Any:
        """What `found` makes of the lines as soon as that is something, or in the end."""
        deadline = time.monotonic() + wait_s
        while not (result := found(self.lines)) and time.monotonic() < deadline:
            time.sleep(0.1)
        return result

    def called(self) -> list[bytes]:
        """The command lines of the monitor and of its workers."""
        own = Path(f"/proc/{self._process.pid}")
        children = [int(pid) for task in own.glob("task/*/children") for pid in task.read_text().split()]
        return [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in (self._process.pid, *children)]

    @property
    def pid(self) -> int:
        """The monitor's process."""
        return self._process.pid

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait(WAIT_S)

    def stop(self) -> int:
        """End it as a person would; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(WAIT_S)


@contextmanager
def watching(store: Path, folder: Path, port: int, *options: str | Path) -> Iterator[Watching]:
    """The monitor of one port of the loopback; `folder` is for its files."""
    settings = f'[network]\ncapture_filter = "tcp port {port}"\n'
    with _running(store, folder, settings, "--interface", "lo", *options) as monitor:
        yield monitor


@contextmanager
def watching_folder(
    store: Path, folder: Path, watched: Path, *options: str | Path, settings: str = ""
) -> Iterator[Watching]:
    """The monitor of one folder as if it were a medium; `folder` is for its own files."""
    settings += "[files]\nmedia = []\nsync = false\nquiet_after_scan_s = 0.1\n"
    with _running(store, folder, settings, "--folder", f"removable:{watched}", *options) as monitor:
        yield monitor


@contextmanager
def _running(store: Path, folder: Path, settings: str, *options: str | Path) -> Iterator[Watching]:
    config = folder / "earwitness.toml"
    config.write_text(settings)
    call: Sequence[str | Path] = [
        *(sys.executable, "-m", "forensics.cli", "--config", config, "--store", store),
        *("watch", "--json", *options),
    ]
    out = folder / "lines.jsonl"
    with out.open("w") as stdout:
        process = subprocess.Popen(call, stdout=stdout, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        while "watching" not in (line := process.stderr.readline()):
            assert line, "it did not start"
        yield Watching(process, out)
    finally:
        process.terminate()
        try:
            process.wait(WAIT_S)
        finally:
            process.kill()
            process.communicate()
