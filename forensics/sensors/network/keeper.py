"""The small process that holds dumpcap, so that capture outlives a monitor that was killed. Standard library only.

    python -m forensics.sensors.network.keeper FOLDER ORDER

ORDER is the JSON of `Order`. The keeper starts dumpcap again when it ends, bounds the ring, and watches the lock that
the monitor holds on FOLDER/lock: once that has been free for `grace_s` it ends dumpcap and itself. What happens is
left in FOLDER as `event-*.json`, for the monitor to read and remove; who keeps is in `keeper.json`.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from forensics.sensors.network.ringfiles import list_files

LOCK = "lock"
STATE = "keeper.json"
_PR_SET_PDEATHSIG = 1
_STDERR_KEPT = 8192
_LONGEST_BACK_OFF_S = 30.0
_SOUND_S = 30.0
_END_S = 3.0
_LINGER_S = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to run and within which bounds."""

    program: str
    arguments: list[str]
    grace_s: float
    budget_bytes: int


class Keeper:
    """Runs dumpcap in a ring folder until told to stop or the monitor has been away too long."""

    def __init__(self, folder: Path, order: Order) -> None:
        self._folder = folder
        self._order = order
        self._is_stopping = False
        self._child: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self._generation = 0
        self._said = b""
        self._back_off_s = 0.5
        self._start_at = 0.0
        self._failed_since = 0.0
        self._last_complaint = ""
        self._lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._last_owned = time.monotonic()
        self._next_check = 0.0
        self._events = 0

    def run(self) -> None:
        """Keep capturing; returns when it is over and everything is flushed."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._write_state(0)
        while not self._is_stopping:
            if self._child is None and time.monotonic() >= self._start_at:
                self._start()
            self._listen(0.2)
            if self._child is not None and self._child.poll() is not None:
                self._mourn(self._child)
            if time.monotonic() >= self._next_check:
                self._next_check = time.monotonic() + min(1.0, self._order.grace_s / 4)
                self._bound()
                self._is_stopping |= self._is_abandoned()
        self._end()

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._is_stopping = True

    def _start(self) -> None:
        self._generation = max([self._generation, *(file.generation for file in list_files(self._folder))]) + 1
        target = self._folder / f"g{self._generation:04}.pcap"
        command = [self._order.program, *self._order.arguments, "-w", str(target)]
        self._write_state(self._generation)
        self._said = b""
        self._began = time.time()
        try:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has one thread
            )
        except OSError as error:
            self._report("ended", self._began, code=-1, said=f"{self._order.program}: {error.strerror}")
            self._retry()

    def _listen(self, timeout_s: float) -> None:
        if self._child is None or self._child.stderr is None:
            time.sleep(timeout_s)
            return
        readable, _, _ = select.select([self._child.stderr], [], [], timeout_s)
        if readable:
            data = os.read(self._child.stderr.fileno(), 65536)
            self._said = (self._said + data)[-_STDERR_KEPT:]
            if self._failed_since and b"File: " in data:
                self._report("resumed", self._failed_since)
                self._failed_since = 0.0
                self._last_complaint = ""

    def _mourn(self, child: subprocess.Popen[bytes]) -> None:
        """dumpcap ended by itself: say why, once for each reason, and start it again after a while."""
        self._drain(child)
        self._child = None
        said = self._said.decode("utf-8", "replace")
        complaint = next((line for line in said.splitlines() if line.startswith(("dumpcap:", "tap:"))), "")
        if complaint != self._last_complaint or not self._failed_since:
            self._report("ended", self._began, code=child.returncode, said=said)
        self._last_complaint = complaint
        if time.time() - self._began > _SOUND_S:
            self._back_off_s = 0.5
        self._retry()

    def _retry(self) -> None:
        self._write_state(0)
        self._failed_since = self._failed_since or time.time()
        self._start_at = time.monotonic() + self._back_off_s
        self._back_off_s = min(2 * self._back_off_s, _LONGEST_BACK_OFF_S)

    def _bound(self) -> None:
        """Remove the oldest files above the budget, never the one being written."""
        files = list_files(self._folder)
        excess = sum(file.size for file in files) - self._order.budget_bytes
        lost, start, end = 0, 0.0, 0.0
        for index, file in enumerate(files[:-1]):
            if excess <= 0:
                break
            with suppress(OSError):
                file.path.unlink()
            excess -= file.size
            lost += file.size
            start = start or (files[index - 1].modified if index else file.modified)
            end = file.modified
        if lost:
            self._report("overrun", start, size=lost, end=end)

    def _is_abandoned(self) -> bool:
        """Say whether no monitor has held the lock for the grace time; the lock is then ours until we end."""
        now = time.monotonic()
        try:
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._last_owned = now
            return False
        if now - self._last_owned > self._order.grace_s:
            self._report("abandoned", time.time())
            return True
        fcntl.lockf(self._lock, fcntl.LOCK_UN)
        return False

    def _end(self) -> None:
        child = self._child
        if child is not None:
            self._linger(child)
            child.send_signal(signal.SIGINT)
            deadline = time.monotonic() + _END_S
            while child.poll() is None and time.monotonic() < deadline:
                self._listen(0.05)
            if child.poll() is None:
                child.kill()
            child.wait()
            self._drain(child)
            self._report("stopped", self._began, code=child.returncode, said=self._said.decode("utf-8", "replace"))
        with suppress(OSError):
            (self._folder / STATE).unlink()

    def _linger(self, child: subprocess.Popen[bytes]) -> None:
        """Let what was sent before the end reach dumpcap: the kernel hands packets over up to 250 ms late."""
        deadline = time.monotonic() + _LINGER_S
        while child.poll() is None and time.monotonic() < deadline:
            self._listen(0.05)

    def _drain(self, child: subprocess.Popen[bytes]) -> None:
        if child.stderr is not None:
            os.set_blocking(child.stderr.fileno(), False)
            with suppress(OSError):
                while data := os.read(child.stderr.fileno(), 65536):
                    self._said = (self._said + data)[-_STDERR_KEPT:]
            child.stderr.close()

    def _report(
        self, kind: str, start: float, *, end: float = 0.0, code: int = 0, said: str = "", size: int = 0
    ) -> None:
        self._events += 1
        event = {"kind": kind, "start": start, "end": end or time.time(), "code": code, "said": said, "size": size}
        _write(self._folder / f"event-{time.time_ns():020}-{self._events:06}.json", event)

    def _write_state(self, generation: int) -> None:
        own = {"pid": os.getpid(), "began": start_time(os.getpid()), "capturing": generation}
        _write(self._folder / STATE, {**own, "order": asdict(self._order)})


def start_time(pid: int) -> int:
    """When a process began, in clock ticks since boot: with the pid its identity; 0 for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in (b"Z", b"X") else int(fields[19])


def _write(path: Path, value: dict[str, object]) -> None:
    """Write whole or not at all; without room for it, not at all."""
    draft = path.with_name(f".{path.name}")
    with suppress(OSError):
        draft.write_text(json.dumps(value))
        draft.rename(path)


def _die_with_parent() -> None:
    """Have the kernel end dumpcap with its keeper. Where file capabilities void this, its broken stderr does."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


if __name__ == "__main__":
    Keeper(Path(sys.argv[1]), Order(**json.loads(sys.argv[2]))).run()
