"""The live shell: sensors notice, workers open and compare, one thread records; all threads live here."""

from __future__ import annotations

import queue
import resource
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from forensics.channels import folder as folder_channel
from forensics.config import MIB, Config
from forensics.database import REFUSALS
from forensics.errors import EarwitnessError, StoreError
from forensics.listening import Listener
from forensics.log import logger
from forensics.model import Gap, Observation, Opaque, SensorHealth
from forensics.pace import Overrun, Pace
from forensics.pipeline import ENGINE
from forensics.policy import Policy
from forensics.provenance import Provenance
from forensics.recorder import Entry, Recorder, Report
from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook
from forensics.sensors.files.sensor import FileSensor
from forensics.sensors.files.settled import LaterError, SettledFile, Stamp
from forensics.sensors.hearing import Hearing
from forensics.store import reader
from forensics.store.rows import LedgerRow
from forensics.store.writer import Store
from forensics.workers import Result, WorkerPool

GROUP_SIZE = 100
GROUP_WAIT_S = 0.05
RETRY_S = (0.2, 1.0, 5.0)
STOP_TRIES = 3
IN_FLIGHT = 512
"""Observations between a sensor and the store; more hold the sensors back."""
OPEN_FILES = 65_536
SEEN = "seen.journal"
"""The file in the store that names what was noticed and is not recorded yet."""


@dataclass(slots=True)
class _Pending:
    """A result on its way to the store; `done` tells the sensor that it survives a crash from now on."""

    future: Future[Result]
    settled: SettledFile | None = None
    done: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is recorded beside results."""

    gaps: list[Gap]
    health: list[SensorHealth]
    opaque: list[Opaque]


_News = _Pending | Gap | Opaque | SensorHealth


class Monitor:
    """Watches folders and interfaces until stopped. What it tells (`on_...`) it tells in one thread, in order.

    `reference_key` and `on_opened` are what the worker pool makes of them.
    """

    def __init__(
        self,
        *,
        config: Config,
        folder: Path,
        policy: Policy,
        actor: str,
        on_report: Callable[[Report], None],
        on_gap: Callable[[Gap], None],
        on_opaque: Callable[[Opaque], None] = lambda _: None,
        reference_key: Path | None = None,
        on_opened: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._config = config
        self._folder = folder
        self._on_report = on_report
        self._on_gap = on_gap
        self._on_opaque = on_opaque
        self._log = logger("monitor")
        self._news: queue.Queue[_News | None] = queue.Queue()
        self._is_stopping = False
        self._room = threading.Semaphore(IN_FLIGHT)
        self._store = Store.open(folder, actor=actor)
        self._renew_rules()
        self._recorder = Recorder(store=self._store, policy=policy, folder=folder)
        self._pool = WorkerPool(config, folder, reference_key=reference_key, on_opened=on_opened)
        files = config.files
        self._pace = Pace(
            cpu_share=files.cpu_share,
            bytes_per_s=files.read_mib_s * MIB,
            patience_s=files.patience_s,
            cpu_s=self._pool.cpu_s,
        )
        self._recording = threading.Thread(target=self._record, name="recorder")
        hearing = Hearing(self._news.put)
        self._files = FileSensor(
            config.folders,
            config.files,
            emit=self._settled,
            gap=self._news.put,
            health=self._beat,
            recall=self._recall,
            exclude=[folder],
            hearing=hearing,
            journal=folder / SEEN,
        )
        self._network = Listener(
            config,
            folder,
            take=self._leaving,
            gap=self._news.put,
            health=self._news.put,
            opaque=self._news.put,
            hearing=hearing,
        )

        self._provenance = Provenance(self._network.inference)

    def _renew_rules(self) -> None:
        """Files that were scanned under other rules are to be scanned again. Raises RuleError."""
        try:
            rules = Rulebook.load([rules_folder() / "starter", *self._config.rules]).version
            again = self._store.scan_under(f"{ENGINE} {rules}")
        except EarwitnessError:
            self._store.close()
            raise
        if again:
            self._log.info("the rules are new: files are scanned again", files=again)

    def describe(self) -> str:
        """What is watched, in words."""
        folders = [f"{each.role} {each.path}" for each in self._config.folders]
        coming = [*self._config.files.media, *(["sync folders"] if self._config.files.sync else [])]
        by_itself = [f"what comes by itself ({', '.join(coming)})"] if coming else []
        interfaces = [f"interface {name}" for name in self._config.network.interfaces]
        return ", ".join([*folders, *by_itself, *interfaces])

    def start(self) -> None:
        """Start workers and sensors. Raises what keeps the workers from loading (rules, register)."""
        _allow_open_files()
        try:
            self._pool.start()
        except BaseException:
            self._store.close()
            raise
        self._recording.start()
        if self._has_files:
            self._files.start()
        if self._config.network.interfaces:
            self._network.start()

    def stop(self) -> None:
        """Stop the sensors, finish what they handed over, record it, close the store."""
        self._is_stopping = True
        if self._config.network.interfaces:
            self._network.stop()
        if self._has_files:
            self._pace.stop()
            self._files.stop()
        self._pool.stop()
        self._news.put(None)
        self._recording.join()
        self._store.close()

    @property
    def _has_files(self) -> bool:
        return bool(self._config.folders or self._config.files.media or self._config.files.sync)

    def _recall(self, root: str) -> Iterator[tuple[str, Stamp]]:
        """Called by the file sensor, also in its own thread, hence with a connection of its own."""
        connection = reader.open_reader(self._folder)
        try:
            yield from ((path, Stamp(*numbers)) for path, numbers in reader.ledger(connection, root))
        finally:
            connection.close()

    def _settled(self, settled: SettledFile) -> None:
        """Called by the file sensor; blocks while the workers are busy, which holds the sensor back."""
        if settled.content is None:
            self._news.put(_file_gap(settled, "vanished", settled.method.value))
        elif not self._pace.admit(settled.size, is_last_chance=settled.is_removed()):
            raise LaterError
        try:
            observation = folder_channel.observation(settled, host=self._config.host_name)
        except OSError as error:
            self._news.put(_file_gap(settled, "unreadable", error.strerror or "read error"))
            settled.done()
            return
        self._submit(observation, _Pending(Future(), settled, settled.done))

    def _beat(self, health: SensorHealth) -> None:
        """Called by the file sensor every few seconds, in the thread that hands files on."""
        self._news.put(health)
        overrun = self._pace.overrun()
        if overrun is not None:
            self._news.put(_over_budget(overrun))

    def _leaving(self, observation: Observation, done: Callable[[], None]) -> None:
        """Called by the listener for every object off the wire."""
        self._submit(observation, _Pending(Future(), done=done))

    def _submit(self, observation: Observation, pending: _Pending) -> None:
        self._room.acquire()
        # what is told bears the future, not what the future calls: a circle would keep files open until it is collected
        future = self._pool.submit(observation)
        future.add_done_callback(lambda done: self._news.put(replace(pending, future=done)))

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
            self._on_gap(_lost("recording failed", sum(isinstance(item, _Pending) for item in items), repr(error)))
        for item in items:
            if isinstance(item, _Pending):
                self._room.release()
        return group[-1] is not None

    def _record_group(self, items: list[_News]) -> None:
        judged = [(item, self._is_whole(item)) for item in items if isinstance(item, _Pending)]
        pending = [item for item, is_whole in judged if is_whole]
        gaps = [item for item in items if isinstance(item, Gap)]
        beside = _Beside(
            gaps,
            [item for item in items if isinstance(item, SensorHealth)],
            [item for item in items if isinstance(item, Opaque)],
        )
        for gap in gaps:
            self._on_gap(gap)
        for flow in beside.opaque:
            if flow.up >= self._config.network.opaque_kib << 10:
                self._on_opaque(flow)
        entries = [
            Entry(result=self._provenance.placed(each.future.result(), each.settled), ledger=_ledger(each))
            for each in pending
        ]
        reports = self._persist(entries, beside)
        if reports is None:
            return
        for item, _ in judged:
            if item.future.exception() is None:
                item.done()
        settled = {each.future.result().analysis.observation.key: each.settled for each in pending}
        for report in reports:
            self._provenance.keep(settled.get(report.analysis.observation.key), report)
            self._on_report(report)

    def _is_whole(self, pending: _Pending) -> bool:
        """Say whether a result stands. A file that changed while it was read is dropped, since the sensor sees the new
        state by itself; not so when it matched or is gone: then what was read is all there will be.
        """
        if pending.future.exception() is not None:
            self._log.error("analysis failed", error=repr(pending.future.exception()))
            self._gap_for(pending)
            return False
        settled = pending.settled
        if settled is None or settled.is_unchanged() or settled.is_removed():
            return True
        return any(match.accepted for match in pending.future.result().analysis.matches)

    def _gap_for(self, pending: _Pending) -> None:
        self._news.put(_lost("analysis failed", 1, repr(pending.future.exception())))
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
                    self._on_gap(_lost("store not writable", len(entries), str(error)))
                tries += 1
                if self._is_stopping and tries >= STOP_TRIES:
                    self._log.error("evidence could not be written; it is found again at the next start")
                    return None
                time.sleep(RETRY_S[min(tries, len(RETRY_S)) - 1])
                continue
            except Exception as error:  # noqa: BLE001 - one entry nobody can judge takes no other with it
                self._log.error("an entry failed", error=repr(error))
                return self._one_by_one(entries, beside)
            if tries:
                self._news.put(replace(_lost("store not writable", 0, "written after waiting"), start=started))
            return reports

    def _write(self, entries: list[Entry], beside: _Beside) -> list[Report]:
        least = self._config.network.opaque_kib
        return self._recorder.record(
            entries, gaps=beside.gaps, health=beside.health, opaque=beside.opaque, opaque_kib=least
        )

    def _one_by_one(self, entries: list[Entry], beside: _Beside) -> list[Report]:
        """The store works, so it is an entry that fails: record the others and say which could not be."""
        reports = []
        for entry in entries:
            try:
                reports += self._recorder.record([entry])
            except Exception as error:  # noqa: BLE001 - told as a gap
                name = entry.result.analysis.observation.name
                beside.gaps.append(_lost("observation refused by the store", 1, f"{name}: {error}"))
                self._on_gap(beside.gaps[-1])
        self._write([], beside)
        return reports


def _lost(cause: str, count: int, detail: str) -> Gap:
    now = time.time()
    return Gap(
        sensor="monitor", channel="all", start=now, end=now, cause=cause, size=count, unit="observations", detail=detail
    )


def _allow_open_files() -> None:
    """Files are held open from sight to verdict, so use what the system grants."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _file_gap(settled: SettledFile, cause: str, detail: str) -> Gap:
    return Gap(
        sensor=settled.sensor,
        channel=settled.role,
        start=settled.time,
        end=settled.time,
        cause=cause,
        size=settled.size,
        detail=f"{settled.path}: {detail}",
    )


def _over_budget(overrun: Overrun) -> Gap:
    """What was not examined when it was due: told, for it may be gone before there is budget for it."""
    detail = f"{overrun.waited} files waited to be examined"
    if overrun.passed_over:
        size = f"{overrun.passed_over_bytes / MIB:.1f} MiB"
        detail += f", {overrun.passed_over} with {size} were passed over and are looked at again later"
    return Gap(
        sensor="files",
        channel="all",
        start=overrun.start,
        end=overrun.end,
        cause="over budget",
        size=overrun.passed_over,
        unit="files",
        detail=f"{detail} (files.cpu_share, files.read_mib_s)",
    )


def _ledger(pending: _Pending) -> LedgerRow | None:
    settled = pending.settled
    if settled is None or settled.stamp is None:
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
