"""Watches roots in a thread of its own: notices, settles, scans, and says how it is."""

from __future__ import annotations

import threading
import time
from collections import deque

from forensics.config import Files
from forensics.model import BEAT_S, SensorHealth
from forensics.sensors.clocks import Clocks, boot_s
from forensics.sensors.files.acts import Acts
from forensics.sensors.files.attribution import Attribution
from forensics.sensors.files.copying import Copies, Room
from forensics.sensors.files.hint import Hint
from forensics.sensors.files.hints import Hints
from forensics.sensors.files.outbox import Outbox
from forensics.sensors.files.roots import Root
from forensics.sensors.files.rounds import Comings, Rounds
from forensics.sensors.files.seen import Seen
from forensics.sensors.files.settle import Patience
from forensics.sensors.files.sightings import Sightings
from forensics.sensors.hearing import Hearing

_TICK_S = 1.0
_SLICE_S = 0.02
_HINTS_AT_ONCE = 512
_ROOM_S = 0.02
_LONGEST_BACK_OFF_S = 60.0


class Watcher:
    """One thread, the roots it watches, and what it knows of them; `comings` are the roots that come to it and go.

    Nothing that it does to one of its roots can hold up what other watchers do to theirs. Where `hearing` cannot hear
    of the files, watchdog adds a reader, a dispatcher and one thread a folder.
    """

    def __init__(
        self,
        name: str,
        roots: list[Root],
        settings: Files,
        outbox: Outbox,
        *,
        comings: Comings,
        hearing: Hearing,
        seen: Seen,
        room: Room | None = None,
    ) -> None:
        """With `room`, files are copied there, and only copies are handed on."""
        self.copies = Copies(room, self._may_go_on) if room is not None else None
        self.roots = roots
        self.turned = time.monotonic()
        """When the thread last came round, on the monotonic clock: long ago when a file system does not answer."""
        self._settings = settings
        self._outbox = outbox
        self._comings = comings
        self._hearing = hearing
        self._seen = seen
        self._stopping = threading.Event()
        self._watching = threading.Event()
        self._again = threading.Event()
        self._doubts: deque[tuple[str, str]] = deque(maxlen=64)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin, and return at once."""
        self._thread.start()

    def wait_until_watching(self, timeout_s: float) -> bool:
        """Wait until the watches are in place; False when that takes longer."""
        return self._watching.wait(timeout_s)

    def ask_to_stop(self) -> None:
        """End soon: files not yet settled are found at the next start."""
        self._stopping.set()

    def stop(self, timeout_s: float) -> None:
        """End within `timeout_s`, or leave the thread behind where its file system does not answer."""
        self.ask_to_stop()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def doubt(self, cause: str, detail: str) -> None:
        """Hints may have been lost: go over all roots again, and tell. From any thread."""
        self._doubts.append((cause, detail))

    def look_again(self) -> None:
        """Hand on once more, as soon as may be, what was handed on. From any thread."""
        self._again.set()

    def _may_go_on(self) -> bool:
        self.turned = time.monotonic()
        return not self._stopping.is_set()

    def _run(self) -> None:
        back_off_s = 1.0
        while not self._stopping.is_set():
            began = time.time()
            try:
                self._watch()
            except Exception as error:  # noqa: BLE001 - a sensor that fails starts again, with a gap
                for root in self.roots:
                    root.is_swept = False
                    self._outbox.put(root.gap("sensor failed", start=began, detail=f"{type(error).__name__}: {error}"))
                self._stopping.wait(back_off_s)
                self.turned = time.monotonic()
                back_off_s = min(2 * back_off_s, _LONGEST_BACK_OFF_S)

    def _watch(self) -> None:
        attribution = Attribution(self._hearing)
        hints = Hints(self.doubt, Acts(self._hearing, attribution))
        patience = Patience(
            quiet_after_close_s=self._settings.quiet_after_close_s,
            quiet_after_scan_s=self._settings.quiet_after_scan_s,
        )
        sightings = Sightings(
            self.roots, patience, self._outbox, self.doubt, attribution, seen=self._seen, copies=self.copies
        )
        every_s = self._settings.reconcile_every_s
        rounds = Rounds(
            self.roots, hints, sightings, self._outbox, self._doubts, comings=self._comings, every_s=every_s
        )
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
        for root in self.roots:
            root.stand_on(None)
            root.missing_since, root.trouble = 0.0, ""
            self._outbox.put(health_of(root, "starting", 0))
        try:
            hints.start()
        except OSError as error:
            for root in self.roots:
                detail = (
                    f"{error.strerror}: raise fs.inotify.max_user_instances (sysctl); folders are gone over instead"
                )
                self._outbox.put(root.gap("folder not watched", unit="folders", detail=detail))
                root.trouble = "folder not watched"

    def _loop(self, hints: Hints, sightings: Sightings, rounds: Rounds) -> None:
        next_tick = next_health = 0.0
        clocks = Clocks()
        while not self._stopping.is_set():
            self.turned = now = time.monotonic()
            if now >= next_tick or rounds.is_remounted:
                for disturbed in clocks.check():
                    rounds.distrust(disturbed.cause, disturbed.detail)
                rounds.tick()
                if self._again.is_set():
                    self._again.clear()
                    rounds.look_again()
                sightings.tell_left()
                self._seen.tidy()
                self._watching.set()
                next_tick = now + _TICK_S
            if now >= next_health:
                self._report(sightings, rounds)
                next_health = now + BEAT_S
            news = self._hints_from(hints, sightings, rounds, next_tick)
            sightings.take(news)
            for hint in news:
                if hint.kind == "folder":
                    rounds.folder(hint.target or hint.path)
            self._seen.flush()
            rounds.step(time.monotonic() + _SLICE_S)
            sightings.settle()

    def _hints_from(self, hints: Hints, sightings: Sightings, rounds: Rounds, next_tick: float) -> list[Hint]:
        """Wait for hints as long as nothing else is due, unless too many files are waiting to settle."""
        pause_s = self._pause_s(sightings, rounds, next_tick)
        if not sightings.is_full:
            return hints.take(pause_s, _HINTS_AT_ONCE)
        time.sleep(pause_s)
        return []

    def _pause_s(self, sightings: Sightings, rounds: Rounds, next_tick: float) -> float:
        if rounds.has_work:
            return 0.0
        now = time.monotonic()
        due = sightings.next_due()
        if due is not None and due <= now:
            self._outbox.wait_for_room(_ROOM_S)
        return max(0.0, min(next_tick, due if due is not None else next_tick, now + 0.25) - now)

    def _report(self, sightings: Sightings, rounds: Rounds) -> None:
        """Beat, also while nobody takes what was seen: it is seen nevertheless."""
        for health in self._comings.health("running"):
            self._outbox.put(health)
        for root in self.roots:
            is_well = root.identity is not None and not root.trouble
            state = "running" if is_well else "degraded"
            self._outbox.put(health_of(root, state, len(sightings), is_scanning=rounds.is_scanning))


def health_of(root: Root, state: str, pending: int = 0, *, is_scanning: bool = False) -> SensorHealth:
    """How a root is, as evidence keeps it."""
    return SensorHealth(
        sensor=root.sensor,
        kind="files",
        state=state,
        time=time.time(),
        counters={**root.counters, "pending": pending, "scanning": int(is_scanning)},
        detail="folder missing" if root.missing_since else root.trouble,
        channels=(root.role,),
        boot=boot_s(),
    )
