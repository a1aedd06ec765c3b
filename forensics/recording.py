"""The thread that records: results, gaps, heartbeats and connections, in groups, one transaction each."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace

from forensics.database import REFUSALS
from forensics.errors import StoreError
from forensics.log import logger
from forensics.model import Gap, Opaque, SensorHealth
from forensics.protected import Spared
from forensics.provenance import Provenance
from forensics.recorder import Entry, Recorder, Report, unlocked
from forensics.sensors.files.settled import Method, SettledFile
from forensics.store.rows import LedgerRow
from forensics.workers import Result

GROUP_SIZE = 100
GROUP_WAIT_S = 0.05
RETRY_S = (0.2, 1.0, 5.0)
STOP_TRIES = 3
IN_FLIGHT = 512
"""Observations between a sensor and the store; more hold the sensors back."""


@dataclass(slots=True)
class Pending:
    """A result on its way to the store; `done` tells the sensor that it survives a crash from now on."""

    future: Future[Result]
    settled: SettledFile | None = None
    done: Callable[[], None] = lambda: None
    number: int = 0
    """The how manieth it is."""


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is recorded beside results."""

    gaps: list[Gap]
    health: list[SensorHealth]
    opaque: list[Opaque]
    spared: list[Spared]


News = Pending | Gap | Opaque | SensorHealth | Spared


class Recording:
    """Takes news from any thread, and tells (`on_...`) what became of it in its own, in order.

    Connections that were not read are kept by name when they sent `opaque_kib` or more upward.
    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        opaque_kib: int,
        on_report: Callable[[Report], None],
        on_gap: Callable[[Gap], None],
        on_opaque: Callable[[Opaque], None],
        provenance: Provenance,
    ) -> None:
        self._recorder = recorder
        self._opaque_kib = opaque_kib
        self._on_report = on_report
        self._on_gap = on_gap
        self._on_opaque = on_opaque
        self._log = logger("recording")
        self._news: queue.Queue[News | None] = queue.Queue()
        self._room = threading.Semaphore(IN_FLIGHT)
        self._counting = threading.Lock()
        self._last = 0
        self._open: dict[int, float] = {}
        self._thread = threading.Thread(target=self._record, name="recorder")
        self._provenance = provenance
        self.is_stopping = False
        """Nothing is tried for long any more."""

    def start(self) -> None:
        """Begin to record."""
        self._thread.start()

    def stop(self) -> None:
        """Record what was put, and end."""
        self._news.put(None)
        self._thread.join()

    def put(self, news: News) -> None:
        """Have something recorded; never blocks."""
        self._news.put(news)

    def expect(self, pending: Pending, future: Callable[[], Future[Result]]) -> None:
        """Have a result recorded when it comes; blocks while too many are on their way."""
        self._room.acquire()
        with self._counting:
            self._last += 1
            number = self._last
            self._open[number] = time.monotonic()
        # what is told bears the future, not what the future calls: a circle would keep files open until it is collected
        future().add_done_callback(lambda done: self._news.put(replace(pending, future=done, number=number)))

    def mark(self) -> int:
        """A number for all that is expected so far."""
        with self._counting:
            return self._last

    def is_past(self, mark: int) -> bool:
        """Say whether all that was expected up to the mark has come and is recorded, or was given up."""
        with self._counting:
            return all(number > mark for number in self._open)

    def behind_s(self) -> float:
        """For how long the oldest of what is expected has been under way, in seconds; 0.0 for nothing."""
        with self._counting:
            oldest = next(iter(self._open.values()), None)
        return 0.0 if oldest is None else time.monotonic() - oldest

    def _record(self) -> None:
        """Drain the news in groups, one transaction each, until told to stop.

        Between groups nothing of the last is held, whose files would stay open: a medium could not be unmounted.
        """
        while self._record_next():
            pass

    def _record_next(self) -> bool:
        """Wait for news and record what comes together; False when it ends with the word to stop."""
        group = [self._news.get()]
        deadline = time.monotonic() + GROUP_WAIT_S
        while group[-1] is not None and len(group) < GROUP_SIZE:
            try:
                group.append(self._news.get(timeout=max(0.0, deadline - time.monotonic())))
            except queue.Empty:
                break
        items = [item for item in group if item is not None]
        try:
            self._record_group(items)
        except Exception as error:  # noqa: BLE001 - the monitor goes on, and says what it lost
            self._log.error("recording failed", error=repr(error))
            self._on_gap(lost("recording failed", sum(isinstance(item, Pending) for item in items), repr(error)))
        for item in items:
            if isinstance(item, Pending):
                with self._counting:
                    self._open.pop(item.number, None)
                self._room.release()
        return group[-1] is not None

    def _record_group(self, items: list[News]) -> None:
        judged = [(item, self._is_whole(item)) for item in items if isinstance(item, Pending)]
        pending = [item for item, is_whole in judged if is_whole]
        gaps = [item for item in items if isinstance(item, Gap)]
        beside = _Beside(
            gaps,
            [item for item in items if isinstance(item, SensorHealth)],
            [item for item in items if isinstance(item, Opaque)],
            [item for item in items if isinstance(item, Spared)],
        )
        for gap in gaps:
            self._on_gap(gap)
        for flow in beside.opaque:
            if flow.up >= self._opaque_kib << 10:
                self._on_opaque(self._recorder.called(flow))
        entries = [
            Entry(result=self._provenance.placed(unlocked(each.future.result()), each.settled), ledger=_ledger(each))
            for each in pending
        ]
        reports = self._persist(entries, beside)
        if reports is None:
            return
        for item, _ in judged:
            if item.future.exception() is None:
                item.done()
        settled = {
            entry.result.analysis.observation.key: each.settled for entry, each in zip(entries, pending, strict=True)
        }
        for report in reports:
            self._provenance.keep(settled.get(report.analysis.observation.key), report)
            self._on_report(report)

    def _is_whole(self, pending: Pending) -> bool:
        """Say whether a result stands. A file that changed while it was read is dropped, since the sensor sees the new
        state by itself; not so when it matched or is gone: then what was read is all there will be.
        """
        if pending.future.exception() is not None:
            self._log.error("analysis failed", error=repr(pending.future.exception()))
            self._gap_for(pending)
            return False
        settled = pending.settled
        if settled is None or settled.method is Method.UNREADABLE or settled.is_unchanged() or settled.is_removed():
            return True
        return any(match.accepted for match in pending.future.result().analysis.matches)

    def _gap_for(self, pending: Pending) -> None:
        self._news.put(lost("analysis failed", 1, repr(pending.future.exception())))
        pending.done()

    def _persist(self, entries: list[Entry], beside: _Beside) -> list[Report] | None:
        """Record, trying again while the store cannot be written; what waits holds the sensors back, not lost.

        None when it was given up because the monitor ends: nothing is done then, so that the next start finds it.
        """
        tries = 0
        started = time.time()
        while True:
            try:
                reports = self._write(entries, beside)
            except StoreError as error:
                if isinstance(error.__cause__, REFUSALS) and entries:
                    return self._one_by_one(entries, beside)
                if tries == 0:
                    gap = lost("store not writable", len(entries), str(error))
                    self._on_gap(gap)
                    self._recorder.told_full(gap)
                tries += 1
                if self.is_stopping and tries >= STOP_TRIES:
                    self._log.error("evidence could not be written; it is found again at the next start")
                    return None
                time.sleep(RETRY_S[min(tries, len(RETRY_S)) - 1])
                continue
            except Exception as error:  # noqa: BLE001 - one entry nobody can judge takes no other with it
                self._log.error("an entry failed", error=repr(error))
                return self._one_by_one(entries, beside)
            if tries:
                self._news.put(
                    replace(lost("store not writable", len(entries), "written after waiting"), start=started)
                )
            return reports

    def _write(self, entries: list[Entry], beside: _Beside) -> list[Report]:
        return self._recorder.record(
            entries,
            gaps=beside.gaps,
            health=beside.health,
            opaque=beside.opaque,
            opaque_kib=self._opaque_kib,
            spares=beside.spared,
        )

    def _one_by_one(self, entries: list[Entry], beside: _Beside) -> list[Report]:
        """The store works, so it is an entry that fails: record the others and say which could not be."""
        reports = []
        for entry in entries:
            try:
                reports += self._recorder.record([entry])
            except Exception as error:  # noqa: BLE001 - told as a gap
                name = entry.result.analysis.observation.name
                beside.gaps.append(lost("observation refused by the store", 1, f"{name}: {error}"))
                self._on_gap(beside.gaps[-1])
        self._write([], beside)
        return reports


def lost(cause: str, count: int, detail: str) -> Gap:
    """A gap of the monitor itself, now, that concerns every channel."""
    now = time.time()
    return Gap(
        sensor="monitor", channel="all", start=now, end=now, cause=cause, size=count, unit="observations", detail=detail
    )


def _ledger(pending: Pending) -> LedgerRow | None:
    settled = pending.settled
    if settled is None or settled.stamp is None or settled.method is Method.UNREADABLE:
        return None
    stamp = settled.stamp
    return LedgerRow(
        root=settled.root,
        path=settled.path,
        dev=stamp.device,
        ino=stamp.inode,
        size=stamp.size,
        mtime_ns=stamp.mtime_ns,
        ctime_ns=stamp.ctime_ns,
    )
