"""The monitor's side of the keeper: start it, find the one that runs, end it, read what it reports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import forensics
from forensics.sensors.network.keeper import STATE, Order, start_time
from forensics.sensors.network.ringfiles import list_files

_MODULE = "forensics.sensors.network.keeper"
_START_S = 5.0
_END_S = 6.0
_LINGER_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A keeper that runs: its process, the generation dumpcap writes (0: it does not run), and what was ordered."""

    pid: int
    began: int
    capturing: int
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a keeper reports. `kind`: ended, resumed, stopped, overrun, abandoned; times are since the epoch."""

    kind: str
    start: float
    end: float
    code: int
    said: str
    size: int


class Keeping:
    """The keeper of one ring folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._last: Running | None = None

    def running(self) -> Running | None:
        """The keeper that runs in the folder, whoever started it; None when there is none."""
        self._reap()
        try:
            state = json.loads((self._folder / STATE).read_bytes())
            running = Running(**{**state, "order": Order(**state["order"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None
        if not running.began or not self._is_keeper(running):
            return None
        self._last = running
        return running

    def start(self, order: Order) -> None:
        """Start a keeper and wait until dumpcap writes or something is reported, at most a few seconds."""
        before = self._signs()
        library = str(Path(forensics.__file__).resolve().parent.parent)
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-P", "-m", _MODULE, str(self._folder), json.dumps(asdict(order))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": library},
        )
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if self.running() is not None and self._signs() - before:
                return
            time.sleep(0.02)

    def end(self) -> None:
        """End the keeper, and dumpcap with it, and wait for it."""
        running = self.running() or self._last
        if running is None and self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_S)
        sent, started = 0, time.monotonic()
        while running is not None and start_time(running.pid) == running.began:
            if sent < (1 if time.monotonic() < started + _END_S else 2):
                _signal(running.pid, signal.SIGKILL if sent else signal.SIGTERM)
                sent += 1
            if time.monotonic() > started + _END_S + _LINGER_S:
                break
            time.sleep(0.02)
            self._reap()

    def events(self) -> list[Event]:
        """What was reported since the last call, oldest first; each is removed once it is returned."""
        events: list[Event] = []
        for path in self._event_files():
            with suppress(OSError, ValueError, TypeError):
                events.append(Event(**json.loads(path.read_bytes())))
            with suppress(OSError):
                path.unlink()
        return events

    def _signs(self) -> set[Path]:
        """Files that tell that dumpcap writes, or that something was reported."""
        return {*(file.path for file in list_files(self._folder)), *self._event_files()}

    def _event_files(self) -> list[Path]:
        return sorted(self._folder.glob("event-*.json"))

    def _is_keeper(self, running: Running) -> bool:
        if start_time(running.pid) != running.began:
            return False
        try:
            call = Path(f"/proc/{running.pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return _MODULE.encode() in call and os.fsencode(self._folder) in call

    def _reap(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            self._process = None


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
