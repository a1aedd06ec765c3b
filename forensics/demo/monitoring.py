"""The real monitor as a process of its own, and what it says, line by line, with the time each line came."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.errors import EarwitnessError

START_TIMEOUT_S = 90.0


def earwitness(config: Path, *arguments: str) -> list[str]:
    """The command line of this very installation."""
    return [sys.executable, "-P", "-m", "forensics.cli", "--config", str(config), *arguments]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One JSON line of the monitor and when it came, in seconds of the monotonic clock."""

    record: dict[str, Any]
    time: float

    @property
    def names(self) -> list[str]:
        """The container path of an artifact line, empty for gaps."""
        return [str(part) for part in self.record.get("path", ())]


class Monitoring:
    """Collects what `watch` and `scan` print; `on_line` is called for each line in a thread of this object's own."""

    def __init__(self, config: Path, on_line: Callable[[Line], None]) -> None:
        self._config = config
        self._on_line = on_line
        self._lines: list[Line] = []
        self._news = threading.Condition()
        self._talk: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._threads: list[threading.Thread] = []

    @property
    def lines(self) -> Sequence[Line]:
        """What came so far."""
        with self._news:
            return tuple(self._lines)

    @property
    def pid(self) -> int:
        """The monitor's process id; 0 before it was started."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start `watch` and wait until it says that it watches. Raises EarwitnessError when it does not."""
        self._process = subprocess.Popen(
            earwitness(self._config, "watch", "--json"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._threads = [
            threading.Thread(target=self._read, args=(self._process,), name="monitor-lines", daemon=True),
            threading.Thread(target=self._listen, args=(self._process,), name="monitor-talk", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        if not self._wait(lambda: any(talk.startswith("watching") for talk in self._talk), START_TIMEOUT_S):
            self.stop()
            raise EarwitnessError("the monitor did not start: " + " ".join(self._talk[-3:]).strip())

    def wait_for(self, condition: Callable[[Sequence[Line]], bool], timeout_s: float) -> bool:
        """Wait until the lines satisfy a condition."""
        return self._wait(lambda: condition(self._lines), timeout_s)

    def replay(self, capture: Path) -> None:
        """Scan a recorded capture into the same store, its lines counted like the monitor's."""
        done = subprocess.run(
            earwitness(self._config, "scan", "--json", str(capture)), capture_output=True, text=True, check=False
        )
        for text in done.stdout.splitlines():
            self._take(text)

    def stop(self) -> None:
        """End the monitor as a service manager would, and read what it still says."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._process.kill()
        for thread in self._threads:
            thread.join(timeout=5)

    def _wait(self, is_met: Callable[[], bool], timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        with self._news:
            while not is_met():
                left = deadline - time.monotonic()
                if left <= 0 or (self._process is not None and self._process.poll() is not None):
                    return is_met()
                self._news.wait(min(left, 0.5))
        return True

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for text in process.stdout:
            self._take(text)

    def _take(self, text: str) -> None:
        try:
            record = json.loads(text)
        except ValueError:
            return
        line = Line(record=record, time=time.monotonic())
        with self._news:
            self._lines.append(line)
            self._news.notify_all()
        self._on_line(line)

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for text in process.stderr:
            with self._news:
                self._talk.append(text)
                self._news.notify_all()
