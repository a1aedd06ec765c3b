"""The file sensor: watches folders and hands on every file that settles in them, once."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from forensics.config import Files, Folder
from forensics.model import Gap, SensorHealth
from forensics.sensors.files.acts import Acts
from forensics.sensors.files.arrivals import Arrivals
from forensics.sensors.files.attribution import Attribution
from forensics.sensors.files.hints import Hints
from forensics.sensors.files.known import Recall
from forensics.sensors.files.outbox import Outbox
from forensics.sensors.files.roots import Root, resolve
from forensics.sensors.files.rounds import Rounds
from forensics.sensors.files.settle import Patience
from forensics.sensors.files.settled import LaterError, SettledFile, as_text
from forensics.sensors.files.sightings import Sightings
from forensics.sensors.hearing import Hearing

_TICK_S = 1.0
_SLICE_S = 0.02
_HEALTH_EVERY_S = 5.0
_HINTS_AT_ONCE = 512
_LONGEST_BACK_OFF_S = 60.0


class FileSensor:
    """Notices files in watched folders; what happened while it was down is found by going over them at start.

    `recall` answers by `SettledFile.root` with the `.path` and `.stamp` of what was handed on in earlier runs; it is
    asked at once for configured folders, and from the sensor's thread for media and others that come by themselves.
    `exclude` names folders never to be opened.

    Threads: one watches, settles and scans; one calls `emit`, `gap` and `health`, in order, and may be blocked by
    them for as long as it takes (meanwhile files wait on disk, and what is short-lived is held open as far as
    descriptors go). `hearing` has one that others may share; where it cannot hear of the files, watchdog adds a reader,
    a dispatcher and one thread a folder.
    """

    def __init__(
        self,
        folders: Sequence[Folder],
        settings: Files,
        *,
        emit: Callable[[SettledFile], None],
        gap: Callable[[Gap], None],
        health: Callable[[SensorHealth], None],
        recall: Recall = lambda _: (),
        exclude: Sequence[Path] = (),
        hearing: Hearing | None = None,
    ) -> None:
        self._settings = settings
        self._roots = resolve(folders, settings, recall, exclude)
        self._arrivals = Arrivals(settings, self._roots, recall, exclude=exclude)
        self._outbox = Outbox(emit, gap, health, refused=self._refused)
        self._hearing = hearing or Hearing(self._outbox.put)
        self._stopping = threading.Event()
        self._watching = threading.Event()
        self._thread = threading.Thread(target=self._run, name="files-sensor", daemon=True)

    def start(self) -> None:
        """Begin, and return at once."""
        self._outbox.start()
        for zone in self._settings.private:
            self._outbox.put(_unseen(zone))
        self._thread.start()

    def wait_until_watching(self, timeout_s: float) -> bool:
        """Wait until the watches are in place; False when that takes longer."""
        return self._watching.wait(timeout_s)

    def stop(self, timeout_s: float = 5.0) -> None:
        """End within `timeout_s`: files not yet settled are found at the next start."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
            for root in self._roots:
                self._outbox.put(self._health_of(root, "stopped", 0))
            self._outbox.stop(timeout_s)

    def _run(self) -> None:
        back_off_s = 1.0
        while not self._stopping.is_set():
            began = time.time()
            try:
                self._watch()
            except Exception as error:  # noqa: BLE001 - a sensor that fails starts again, with a gap
                for root in self._roots:
                    root.is_swept = False
                    self._outbox.put(root.gap("sensor failed", start=began, detail=f"{type(error).__name__}: {error}"))
                self._stopping.wait(back_off_s)
                back_off_s = min(2 * back_off_s, _LONGEST_BACK_OFF_S)

    def _watch(self) -> None:
        doubts: deque[tuple[str, str]] = deque(maxlen=64)

        def doubt(cause: str, detail: str) -> None:
            doubts.append((cause, detail))

        attribution = Attribution(self._hearing)
        hints = Hints(doubt, Acts(self._hearing, attribution))
        patience = Patience(
            quiet_after_close_s=self._settings.quiet_after_close_s,
            quiet_after_scan_s=self._settings.quiet_after_scan_s,
        )
        sightings = Sightings(self._roots, patience, self._outbox, doubt, attribution)
        every_s = self._settings.reconcile_every_s
        rounds = Rounds(self._roots, hints, sightings, self._outbox, doubts, arrivals=self._arrivals, every_s=every_s)
        try:
            attribution.start()
            self._start(hints)
            self._loop(hints, sightings, rounds)
        finally:
            hints.stop()
            attribution.stop()
            sightings.close()
            rounds.close()

    def _start(self, hints: Hints) -> None:
        for root in self._roots:
            root.stand_on(None)
            root.missing_since, root.trouble = 0.0, ""
            self._outbox.put(self._health_of(root, "starting", 0))
        try:
            hints.start()
        except OSError as error:
            for root in self._roots:
                detail = (
                    f"{error.strerror}: raise fs.inotify.max_user_instances (sysctl); folders are gone over instead"
                )
                self._outbox.put(root.gap("folder not watched", unit="folders", detail=detail))
                root.trouble = "folder not watched"

    def _loop(self, hints: Hints, sightings: Sightings, rounds: Rounds) -> None:
        next_tick = next_health = 0.0
        while not self._stopping.is_set():
            now = time.monotonic()
            if now >= next_tick or rounds.is_remounted:
                rounds.tick()
                self._watching.set()
                next_tick = now + _TICK_S
            if now >= next_health:
                self._report(sightings, rounds)
                next_health = now + _HEALTH_EVERY_S
            for hint in hints.take(self._pause_s(sightings, rounds, next_tick), _HINTS_AT_ONCE):
                sightings.take(hint)
                if hint.kind == "folder":
                    rounds.folder(hint.target or hint.path)
            rounds.step(time.monotonic() + _SLICE_S)
            sightings.settle()

    def _pause_s(self, sightings: Sightings, rounds: Rounds, next_tick: float) -> float:
        if rounds.has_work:
            return 0.0
        now = time.monotonic()
        due = sightings.next_due()
        if due is not None and due <= now and self._outbox.room == 0:
            due = now + 0.02
        return max(0.0, min(next_tick, due if due is not None else next_tick, now + 0.25) - now)

    def _report(self, sightings: Sightings, rounds: Rounds) -> None:
        if self._outbox.room == 0:
            return
        for root in self._roots:
            is_well = root.identity is not None and not root.trouble
            state = "running" if is_well else "degraded"
            self._outbox.put(self._health_of(root, state, len(sightings), is_scanning=rounds.is_scanning))

    def _health_of(self, root: Root, state: str, pending: int, *, is_scanning: bool = False) -> SensorHealth:
        return SensorHealth(
            sensor=root.sensor,
            kind="files",
            state=state,
            time=time.time(),
            counters={**root.counters, "pending": pending, "scanning": int(is_scanning)},
            detail="folder missing" if root.missing_since else root.trouble,
        )

    def _refused(self, file: SettledFile, error: Exception) -> None:
        for root in tuple(self._roots):
            if root.sensor == file.sensor and file.stamp is not None:
                root.forget(file)
                if isinstance(error, LaterError):
                    continue
                detail = f"{file.path}: {type(error).__name__}: {error}"
                self._outbox.put(root.gap("sighting not taken", size=1, unit="files", detail=detail))


def _unseen(zone: str) -> Gap:
    """What the store says, once a start, of a zone that is left alone."""
    now = time.time()
    return Gap(
        sensor="files",
        channel="all",
        start=now,
        end=now,
        cause="private zone, not opened",
        unit="files",
        detail=f"{as_text(zone)}: left out by files.private",
    )
