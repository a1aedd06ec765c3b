"""The live shell: sensors notice, workers open and compare, one thread records; all threads live here."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path

from forensics.channels import folder as folder_channel
from forensics.config import MIB, Config
from forensics.errors import EarwitnessError
from forensics.expiry import Expiry, seal_what_is_clear
from forensics.listening import Listener
from forensics.log import logger
from forensics.model import Analysis, Gap, Observation, Opaque, OutcomeKind, SensorHealth
from forensics.pace import Overrun, Pace
from forensics.policy import Policy
from forensics.precedence import Precedence
from forensics.protected import spared
from forensics.provenance import Provenance
from forensics.recorder import Recorder, Report
from forensics.recording import Pending, Recording
from forensics.register.growth import Growth
from forensics.reloading import Reloaded, Reloading, under
from forensics.renewal import WHAT as REGISTER
from forensics.renewal import Renewal
from forensics.rulebook.book import Rulebook
from forensics.rulebook.choice import Choice, in_force
from forensics.rulebook.editions import Edition, Editions, kept
from forensics.rulebook.signing import signers_of
from forensics.selfchecking.schedule import Selfcheck
from forensics.sensors import clocks
from forensics.sensors.files.sensor import FileSensor
from forensics.sensors.files.settled import LaterError, Method, SettledFile, Stamp
from forensics.sensors.hearing import Hearing
from forensics.store import reader
from forensics.store.writer import Store
from forensics.usage import Usage
from forensics.witnessing import Witnessing
from forensics.workers import Result, WorkerPool, unfinished

OPEN_FILES = 65_536
SEEN = "seen.journal"
"""The file in the store that names what was noticed and is not recorded yet."""


class Monitor:
    """Watches folders and interfaces until stopped. What it tells (`on_...`) it tells in one thread, in order.

    `reference_key`, `on_opened` and `passwords` are what the worker pool makes of them. `passwords_stamp` tells one
    state of their list from another, and nothing of the words: under another one all files are scanned again.
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
        on_rules: Callable[[Reloaded], None] = lambda _: None,
        reference_key: Path | None = None,
        on_opened: Callable[[str], None] = lambda _: None,
        passwords: Sequence[str] = (),
        passwords_stamp: str = "",
    ) -> None:
        self._config = config
        self._folder = folder
        self._policy = policy
        self._log = logger("monitor")
        self._store = Store.open(folder, actor=actor, privacy=config.privacy, keep=config.keep)
        self._expiry = Expiry(
            self._store,
            days=config.keep.days,
            names_days=config.privacy.names_days,
            features_days=config.keep.features_days,
        )
        self._witnessing = Witnessing(self._store, config.custody, host=config.host_name)
        growth = Growth(folder)
        edition, self._rulebook = self._scan_anew(growth.reached(), passwords_stamp)
        self._recording = Recording(
            Recorder(store=self._store, policy=policy, folder=folder, process=clocks.process()),
            opaque_kib=config.network.opaque_kib,
            on_report=on_report,
            on_gap=on_gap,
            on_opaque=on_opaque,
            provenance=Provenance(lambda: self._network.inference),
        )
        self._pool = WorkerPool(
            config,
            folder,
            reference_key=reference_key,
            on_opened=on_opened,
            passwords=passwords,
            choice=Choice(places=edition.places, generation=edition.generation),
        )
        files = config.files
        self._pace = Pace(
            cpu_share=files.cpu_share,
            bytes_per_s=files.read_mib_s * MIB,
            patience_s=files.patience_s,
            cpu_s=self._pool.cpu_s,
        )
        self._usage = Usage(files, cpu_s=self._pool.cpu_s, read_bytes=lambda: self._pace.admitted_bytes)
        self._precedence = Precedence(folder)
        self._selfcheck = Selfcheck(self._store, config, self._pool, tell=self._missed, gap=self._recording.put)
        hearing = Hearing(self._recording.put, spared=folder)
        self._files = FileSensor(
            config.folders,
            config.files,
            emit=self._settled,
            gap=self._recording.put,
            health=self._beat,
            recall=self._recall,
            exclude=[folder],
            hearing=hearing,
            journal=folder / SEEN,
        )
        self._renewal = Renewal(self._store, growth, self._recording, self._files.look_again)
        self._reloading = Reloading(
            places=in_force(config.rules),
            edition=edition,
            editions=Editions(folder, signers_of(config.rules_signers)),
            store=self._store,
            pool=self._pool,
            recording=self._recording,
            actor=actor,
            on_change=on_rules,
            look_again=self._files.look_again if self._has_files else lambda: None,
        )
        self._network = Listener(
            config,
            folder,
            take=self._leaving,
            gap=self._recording.put,
            health=self._tell,
            opaque=self._unread,
            hearing=hearing,
        )

    def _scan_anew(self, register: str, passwords: str) -> tuple[Edition, Rulebook]:
        """Files that were scanned under other rules, or with less to know or to open them by, are to be scanned again.

        Returns the rules in force. Raises RuleError.
        """
        places = in_force(self._config.rules)
        try:
            edition, book = kept(Editions(self._folder, signers_of(self._config.rules_signers)), places)
            again = self._store.scan_under(under(book.version))
            again += self._store.scan_under(register, what=REGISTER)
            again += self._store.scan_under(passwords, what="passwords") if passwords else 0
        except EarwitnessError:
            self._store.close()
            raise
        if again:
            self._log.info("there is more to look for: files are scanned again", files=again)
        return edition, book

    def why_not_kept(self) -> str:
        """Why the content of alerts is not kept now; empty when it is."""
        return self._store.blobs.custodians.why_not()

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
            seal_what_is_clear(self._store)
            self._selfcheck.begin()
            self._pool.start()
        except BaseException:
            self._store.close()
            raise
        self._recording.start()
        self._expiry.start()
        self._witnessing.start()
        self._reloading.start(version=self._rulebook.version, rules=sum(r.is_active for r in self._rulebook.rules))
        if self._has_files:
            self._files.start()
            self._renewal.start()
        if self._config.network.interfaces:
            self._network.start()
        self._selfcheck.start()

    def reload_rules(self) -> None:
        """Look at the packs at once, not only when they change. From any thread."""
        self._reloading.look_now()

    def stop(self) -> None:
        """Stop the sensors, finish what they handed over, record it, close the store."""
        self._recording.is_stopping = True
        self._selfcheck.stop()
        self._expiry.stop()
        self._reloading.stop()
        if self._config.network.interfaces:
            self._network.stop()
        if self._has_files:
            self._renewal.stop()
            self._pace.stop()
            self._files.stop()
        self._pool.stop()
        self._recording.stop()
        self._witnessing.stop()
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
        if settled.method is Method.UNREADABLE:
            self._note_unread(settled)
            return
        if settled.content is None:
            self._recording.put(_file_gap(settled, "vanished", settled.method.value))
        else:
            is_first = partial(self._precedence.is_first, settled.content)
            if not self._pace.admit(settled.size, is_last_chance=settled.is_removed(), is_first=is_first):
                raise LaterError
        try:
            observation = folder_channel.observation(settled, host=self._config.host_name)
        except OSError as error:
            self._recording.put(_file_gap(settled, "unreadable", error.strerror or "read error"))
            settled.done()
            return
        self._submit(observation, Pending(Future(), settled, settled.done))

    def _note_unread(self, settled: SettledFile) -> None:
        """A file of which the sensor told the gap stands in evidence with its outcome, too."""
        observation = folder_channel.observation(settled, host=self._config.host_name)
        analysis = unfinished(observation, OutcomeKind.UNREADABLE, settled.method.value)
        future: Future[Result] = Future()
        future.set_result(Result(analysis=analysis))
        self._recording.expect(Pending(Future(), settled, settled.done), lambda: future)

    def _missed(self, analysis: Analysis, gap: Gap, done: Callable[[], None]) -> None:
        """Called by the self-check of a canary that was not seen: triage decides of it as of everything else."""
        future: Future[Result] = Future()
        future.set_result(Result(analysis=analysis))
        self._recording.put(gap)
        self._recording.expect(Pending(Future(), done=done), lambda: future)

    def _beat(self, health: SensorHealth) -> None:
        """Called by the file sensor every few seconds, in the thread that hands files on, and in order with them."""
        waited_s = int(max(0.0, time.time() - health.time))
        usage = self._usage.counters() if health.counters else {}
        self._tell(replace(health, counters={**health.counters, **usage, "lag_s": waited_s}))
        overrun = self._pace.overrun()
        if overrun is not None:
            self._recording.put(_over_budget(overrun))

    def _tell(self, health: SensorHealth) -> None:
        """A sensor is as far behind as what it handed on and what is not recorded yet."""
        lag_s = max(health.counters.get("lag_s", 0), int(self._recording.behind_s()))
        self._recording.put(replace(health, counters={**health.counters, "lag_s": lag_s}))

    def _leaving(self, observation: Observation, done: Callable[[], None]) -> None:
        """Called by the listener for every object off the wire."""
        spare = spared(observation, self._policy)
        if spare is None:
            self._submit(observation, Pending(Future(), done=done))
            return
        self._recording.put(spare)
        done()

    def _unread(self, flow: Opaque) -> None:
        """Called by the listener for every connection that could not be read."""
        self._recording.put(spared(flow, self._policy) or flow)

    def _submit(self, observation: Observation, pending: Pending) -> None:
        self._recording.expect(pending, lambda: self._pool.submit(observation))


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
