"""The ring: dumpcap writes files of about a second, the follower hands them on in order, while they grow.

    ring = Ring(store, settings, gap=record)
    ring.start()
    for file in ring.files():      # blocks; ends after stop(), when the last file was handed on
        ...                        # read it to its end, again and again while ring.is_growing(file)
        ring.done(file)            # only now is it removed; in any order, and later is fine
    ring.close()

A file that was handed on but not done is handed on again after a restart.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from forensics.config import MIB, Network
from forensics.errors import CaptureError, EarwitnessError
from forensics.model import Gap, SensorHealth
from forensics.sensors.clocks import boot_s
from forensics.sensors.network import dumpcap, ringfolder
from forensics.sensors.network.dumpcap import why_not_capture
from forensics.sensors.network.keeper import LOCK, Order
from forensics.sensors.network.keeping import Event, Keeping
from forensics.sensors.network.ringfiles import RingFile, has_packets, list_files

__all__ = ["Ring", "RingFile", "why_not_capture"]

GRACE_S = 60.0
_POLL_S = 0.1
_CHECK_S = 2.0
_LOCK_S = 4.0
_RETRY = "it is tried again"


class Ring:
    """Capture on interfaces into memory, and its follower. `gap` is called from the thread that runs `files`.

    It has no thread of its own: a keeper process holds dumpcap and outlives a monitor that was killed by `grace_s`;
    a ring started meanwhile for the same store takes the keeper over and goes on with the files that are left.
    """

    def __init__(self, store: Path, settings: Network, *, gap: Callable[[Gap], None], grace_s: float = GRACE_S) -> None:
        self._settings = settings
        self._gap = gap
        self._grace_s = grace_s
        self.folder = ringfolder.place(store, settings.ring_folder)
        self._keeping = Keeping(self.folder)
        self._lock: int | None = None
        self._missing: dict[str, float] = {}
        self._handed: set[Path] = set()
        self._changing = threading.Lock()
        self._is_stopping = False
        self._stopped = threading.Event()
        self._next_check = 0.0
        self._last_alive = time.time()
        self._trouble = ""
        self.budget_bytes = settings.ring_file_mib * settings.ring_files * MIB
        """What the files may hold together; beyond it the oldest are lost, read or not."""
        self._counters = {"files": 0, "bytes": 0, "empty": 0, "dropped": 0, "gaps": 0}

    @property
    def sensor(self) -> str:
        """The sensor's name in evidence."""
        return "network:" + ",".join(self._settings.interfaces)

    @property
    def interfaces(self) -> tuple[str, ...]:
        """The interfaces that are captured on right now."""
        return tuple(name for name in self._settings.interfaces if name not in self._missing)

    def health(self) -> SensorHealth:
        """How the ring does."""
        trouble = self._trouble or (f"no interface {', '.join(self._missing)}" if self._missing else "")
        state = "stopped" if self._stopped.is_set() else "degraded" if trouble else "running"
        held = sum(file.size for file in list_files(self.folder)) if self._lock is not None else 0
        ring = {
            "waiting": len(self._handed),
            "ring_kib": held >> 10,
            "ring_kib_allowed": self.budget_bytes >> 10,
        }
        return SensorHealth(
            sensor=self.sensor,
            kind="network",
            state=state,
            time=time.time(),
            counters={**self._counters, **ring},
            detail=trouble,
            channels=("network",),
            limit=f"capture filter: {self._settings.capture_filter}" if self._settings.capture_filter else "",
            boot=boot_s(),
        )

    def start(self) -> None:
        """Begin to capture, or take over a capture that a killed monitor left running.

        An interface that is not there is a gap, and joins when it appears. Raises MissingToolError without dumpcap,
        CaptureError without the right to capture, for a bad filter, or when another monitor holds the ring.
        """
        dumpcap.program()
        ringfolder.prepare(self.folder)
        self._lock = ringfolder.lock(self.folder, patience_s=_LOCK_S)
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def files(self, *, idle: Callable[[], None] = lambda: None) -> Iterator[RingFile]:
        """Files with packets in them, oldest first, the last of which may grow still; ends when the ring was stopped.

        `idle` is called while there is none, several times a second.
        """
        while True:
            is_last = self._stopped.is_set()
            self._read_events()
            yield from self._fresh()
            if is_last:
                return
            self.mind()
            idle()
            self._stopped.wait(_POLL_S)

    def is_growing(self, file: RingFile) -> bool:
        """Say whether dumpcap may still write to the file."""
        return not self._stopped.is_set() and file.path == self._writing(list_files(self.folder))

    def wait(self, wait_s: float) -> None:
        """Let time pass, but not when the ring is stopped."""
        self._stopped.wait(wait_s)

    def mind(self) -> None:
        """What is due now and then, and while a file is read that grows: drops are told, what died is begun again."""
        if time.monotonic() < self._next_check:
            return
        self._next_check = time.monotonic() + _CHECK_S
        self._read_events()
        try:
            self._look_after()
        except EarwitnessError as error:
            self._trouble = str(error)

    def done(self, file: RingFile) -> None:
        """The file is no longer needed."""
        with suppress(OSError):
            file.path.unlink()
        self._handed.discard(file.path)

    def stop(self) -> None:
        """End keeper and dumpcap at once; `files` hands on what is left and ends. May be called from any thread."""
        with self._changing:
            self._is_stopping = True
            if self._lock is not None:
                self._keeping.end()
        self._stopped.set()

    def close(self) -> None:
        """Let the ring go; its folder is removed unless files in it are not done, which wait for the next start."""
        self.stop()
        if self._lock is None:
            return
        self._read_events()
        files = list_files(self.folder)
        if not any(has_packets(file) for file in files):
            for file in files:
                self.done(file)
            ringfolder.remove(self.folder)
        ringfolder.unlock(self._lock)
        self._lock = None

    def _begin(self) -> None:
        for name in self._settings.interfaces:
            if obstacle := why_not_capture(name):
                if dumpcap.is_forbidden(obstacle):
                    raise CaptureError(obstacle)
                self._miss(name, obstacle)
        if self.interfaces:
            dumpcap.check_filter(self.interfaces[0], self._settings.capture_filter)
        self._capture()

    def _capture(self) -> None:
        """Have a keeper run that captures on just the interfaces that are there."""
        running = self._keeping.running()
        order = self._order()
        is_right = running is not None and running.order.arguments == order.arguments
        if running is not None and not (is_right and self.interfaces):
            self._keeping.end()
        if self.interfaces and not is_right:
            self._keeping.start(order)

    def _order(self) -> Order:
        room = ringfolder.free_bytes(self.folder) + sum(file.size for file in list_files(self.folder))
        wanted = self._settings.ring_file_mib * self._settings.ring_files * MIB
        self.budget_bytes = wanted if room >= 2 * wanted else room // 2
        program, arguments = dumpcap.command(self.interfaces, self._settings)
        return Order(
            program=program,
            arguments=arguments,
            grace_s=self._grace_s,
            budget_bytes=self.budget_bytes,
        )

    def _writing(self, files: list[RingFile]) -> Path | None:
        """The file that dumpcap writes to."""
        running = self._keeping.running()
        return next((file.path for file in reversed(files) if running and file.generation == running.capturing), None)

    def _fresh(self) -> Iterator[RingFile]:
        files = list_files(self.folder)
        writing = None if self._stopped.is_set() else self._writing(files)
        for file in files:
            if file.path in self._handed:
                continue
            if not has_packets(file):
                if file.path != writing:
                    self._counters["empty"] += 1
                    self.done(file)
            elif file.path.exists():
                self._counters["files"] += 1
                self._counters["bytes"] += file.size
                self._handed.add(file.path)
                yield file

    def _look_after(self) -> None:
        """Mind interfaces that came or went, and a keeper that died."""
        with self._changing:
            if self._is_stopping:
                return
            was_removed = self._mind_folder()
            before, missed = self.interfaces, dict(self._missing)
            for name in self._settings.interfaces:
                self._mind(name)
            running, last_alive = self._keeping.running(), self._last_alive
            if running is None or before != self.interfaces:
                self._capture()
            self._last_alive = time.time()
            for name in missed.keys() - self._missing.keys():
                self._report("interface was missing", missed[name], detail=f"{name} is back")
            if was_removed:
                self._report("ring folder removed", last_alive, detail="it was made again")
            elif running is None and before and self.interfaces:
                self._report("capture keeper died", last_alive, detail="it was started again")

    def _mind(self, name: str) -> None:
        is_there = dumpcap.is_present(name)
        if name not in self._missing and not is_there:
            self._miss(name, f"there is no interface {name}")
        elif name in self._missing and is_there and not why_not_capture(name):
            del self._missing[name]

    def _mind_folder(self) -> bool:
        """Make the folder again when somebody removed it: login managers clean memory-backed folders at logout."""
        if self._lock is None or (self.folder / LOCK).exists():
            return False
        self._keeping.end()
        ringfolder.prepare(self.folder)
        ringfolder.unlock(self._lock)
        self._lock = ringfolder.lock(self.folder, patience_s=_LOCK_S)
        return True

    def _miss(self, name: str, obstacle: str) -> None:
        self._missing[name] = time.time()
        self._report("interface missing", self._missing[name], detail=f"{obstacle}; {_RETRY}")

    def _read_events(self) -> None:
        for event in self._keeping.events():
            self._tell(event)

    def _tell(self, event: Event) -> None:
        for name, _, dropped in dumpcap.drops(event.said):
            if dropped:
                self._counters["dropped"] += dropped
                self._report("packets dropped", event.start, event.end, size=dropped, unit="packets", detail=name)
        if event.kind == "ended":
            self._trouble = dumpcap.complaint(event.said) or f"dumpcap ended with {event.code}"
            self._report("capture ended", event.end, event.end, detail=f"{self._trouble}; {_RETRY}")
        elif event.kind == "resumed":
            self._trouble = ""
            self._report("capture was down", event.start, event.end)
        elif event.kind == "overrun":
            self._report(
                "ring overrun", event.start, event.end, size=event.size, detail="packets came faster than read"
            )
        elif event.kind == "abandoned":
            detail = f"no monitor for {self._grace_s:g} s, so capture was ended"
            self._report("monitor was away", event.start, detail=detail)

    def _report(
        self, cause: str, start: float, end: float = 0.0, *, size: int = -1, unit: str = "bytes", detail: str = ""
    ) -> None:
        self._counters["gaps"] += 1
        end = end or time.time()
        gap = Gap(
            sensor=self.sensor,
            channel="network",
            start=min(start, end),
            end=end,
            cause=cause,
            size=size,
            unit=unit,
            detail=detail,
        )
        self._gap(gap)
