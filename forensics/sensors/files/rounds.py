"""Keeps the watches in place and goes over the folders: at start, after every doubt, and every so often.

A folder whose watches cannot all be had (the watch limit, a dead watcher) is gone over far more often instead, at a
bounded share of a processor.
"""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from forensics.model import Gap, SensorHealth
from forensics.sensors.clocks import boot_s
from forensics.sensors.files.folders import Folders
from forensics.sensors.files.hints import Hints
from forensics.sensors.files.mounts import Mount, Mounts, is_afar
from forensics.sensors.files.outbox import Outbox
from forensics.sensors.files.reconcile import Found, Reconciliation
from forensics.sensors.files.roots import Root
from forensics.sensors.files.sightings import Sightings
from forensics.sensors.files.watches import Lacking, Watches

_ENTRIES_AT_ONCE = 256
_COMINGS_EVERY_S = 60.0
_EAGER_S = 2.0
_EAGER_SHARE = 20


@dataclass(slots=True)
class _Round:
    root: Root
    is_due_at: float = 0.0
    cost_s: float = 0.0
    doubted: str = ""
    is_doubted_again: bool = False
    lacking: Lacking = field(default_factory=Lacking)


class Comings:
    """Which roots come and go by themselves; here, none do. Asked from the thread of the rounds."""

    def compare(self, table: Sequence[Mount]) -> tuple[list[Root], list[Root]]:
        """The roots that came and those that went since the last call."""
        return [], []

    def check(self) -> None:
        """Once a second or so."""

    def health(self, state: str) -> Sequence[SensorHealth]:
        """How it is with noticing those that come."""
        return ()

    def forget(self) -> None:
        """What was handed on is to be handed on once more, also of roots that are not here."""


class Rounds:
    """Watches and reconciliations of all roots. Used from one thread.

    `roots` is changed in place as `comings` says. `doubts` holds (cause, detail) of hints that may have been
    lost; other threads append to it.
    """

    def __init__(
        self,
        roots: list[Root],
        hints: Hints,
        sightings: Sightings,
        outbox: Outbox,
        doubts: deque[tuple[str, str]],
        *,
        comings: Comings,
        every_s: float,
    ) -> None:
        self._roots = roots
        self._comings = comings
        self._comings_due = 0.0
        self._rounds = [_Round(root) for root in roots]
        self._hints = hints
        self._sightings = sightings
        self._outbox = outbox
        self._every_s = every_s
        self._mounts = Mounts()
        self._doubts = doubts
        self._trusted = time.time()
        self._folders = Folders()
        self._watches = Watches(hints, outbox, every_s=every_s)
        self._active: tuple[_Round, Reconciliation] | None = None

    @property
    def is_scanning(self) -> bool:
        """Say whether a pass is under way or due."""
        now = time.monotonic()
        return self._active is not None or any(r.is_due_at <= now for r in self._rounds if r.root.identity)

    @property
    def has_work(self) -> bool:
        """Say whether `step` would do something now."""
        return self._sightings.has_room and (self.is_scanning or self._folders.is_due)

    @property
    def is_remounted(self) -> bool:
        """Say whether mounts changed since the last tick, so that the next is due at once."""
        return self._mounts.is_changed

    def folder(self, path: str) -> None:
        """A folder appeared: its files may have been there before its watch was."""
        due = self._folders.add(path)
        if due is not None:
            for item in self._rounds:
                item.is_due_at = min(item.is_due_at, due)

    def tick(self) -> None:
        """Once a second or so: act on doubts, on mounts, and on roots that went, came or are no longer watched."""
        if self._hints.is_broken:
            raise RuntimeError("the threads that give hints ended")
        doubts = [self._doubts.popleft() for _ in range(len(self._doubts))]
        for item in self._rounds:
            for cause, detail in doubts:
                self._distrust(item, cause, detail)
        if not doubts:
            self._trusted = time.time()
        changed = self._mounts.changed()
        if changed or self._comings_due <= time.monotonic():
            self._comings_due = time.monotonic() + _COMINGS_EVERY_S
            self._compare()
        self._comings.check()
        for item in self._rounds:
            prefix = item.root.real.rstrip("/") + "/"
            is_remounted = any(
                mount.point == item.root.real or (mount.point.startswith(prefix) and not is_afar(mount.kind))
                for mount in changed
            )
            self._check(item, is_remounted=is_remounted)

    def distrust(self, cause: str, detail: str) -> None:
        """Something happened that concerns all roots: tell it, and go over them."""
        for item in self._rounds:
            self._distrust(item, cause, detail)

    def look_again(self) -> None:
        """Hand on once more what was handed on, as the passes find it."""
        self._comings.forget()
        for item in self._rounds:
            item.root.look_again()
            item.is_due_at = 0.0

    def step(self, until: float) -> None:
        """Go on with the passes that are due, until the monotonic clock says `until` or sightings are too many."""
        while self._sightings.has_room and time.monotonic() < until:
            if self._active is None:
                self._active = self._next()
            if self._active is None:
                return
            item, active = self._active
            began = time.thread_time()
            for entry in active.step(_ENTRIES_AT_ONCE):
                if isinstance(entry, Found):
                    self._sightings.found(entry)
                elif entry.path not in item.root.refused and entry.path != item.root.real:
                    self._put(item.root.refuse("folder", entry.path, entry.reason, -1))
            item.cost_s += time.thread_time() - began
            if active.is_done:
                self._active = None
                self._end(item, active)

    def close(self) -> None:
        """Let go of the mount table."""
        self._mounts.close()

    def _compare(self) -> None:
        come, gone = self._comings.compare(self._mounts.table)
        for item in [item for item in self._rounds if any(item.root is root for root in gone)]:
            self._retire(item)
        self._roots += come
        self._rounds += [_Round(root) for root in come]

    def _retire(self, item: _Round) -> None:
        """A medium was unmounted: nothing is lost with it but what was about to be looked at."""
        root = item.root
        self._abandon(item)
        self._hints.unwatch(root.real)
        self._sightings.part(root)
        self._rounds.remove(item)
        self._roots[:] = [other for other in self._roots if other is not root]
        if root.carried is not None:
            root.carried.unmounted()
        self._outbox.put(
            SensorHealth(
                sensor=root.sensor,
                kind="files",
                state="stopped",
                time=time.time(),
                counters=dict(root.counters),
                channels=(root.role,),
                boot=boot_s(),
            )
        )

    def _distrust(self, item: _Round, cause: str, detail: str) -> None:
        if item.doubted:
            item.is_doubted_again = True
            return
        item.doubted = cause
        item.is_due_at = 0.0
        self._outbox.put(item.root.gap(cause, start=self._trusted, detail=detail))

    def _check(self, item: _Round, *, is_remounted: bool) -> None:
        root = item.root
        real = os.path.realpath(root.path)
        identity = _identity(real)
        if identity is None:
            self._lose(item)
            return
        was_there = root.identity == identity and root.real == real
        if was_there and not is_remounted and self._hints.is_watching(real):
            return
        if was_there and not is_remounted and root.trouble and item.is_due_at > time.monotonic():
            return
        if root.missing_since:
            self._outbox.put(root.gap("folder was missing", start=root.missing_since, detail="it is back"))
        elif was_there and not is_remounted and not root.trouble:
            self._outbox.put(root.gap("watcher died", start=self._trusted))
        elif root.identity is not None and root.identity != identity:
            self._outbox.put(root.gap("folder replaced", start=self._trusted, detail="another one is in its place"))
        self._hints.unwatch(root.real)
        if root.identity != identity:
            root.stand_on(identity)
        root.real, root.missing_since = real, 0.0
        self._abandon(item)
        self._watches.arm(root)
        item.is_due_at = 0.0

    def _lose(self, item: _Round) -> None:
        root = item.root
        if root.missing_since:
            return
        root.missing_since = time.time()
        root.stand_on(None)
        root.trouble = ""
        self._abandon(item)
        self._hints.unwatch(root.real)
        self._outbox.put(root.gap("folder missing", detail="it is watched again when it returns"))

    def _abandon(self, item: _Round) -> None:
        if self._active is not None and self._active[0] is item:
            self._active = None

    def _put(self, gap: Gap | None) -> None:
        if gap is not None:
            self._outbox.put(gap)

    def _next(self) -> tuple[_Round, Reconciliation] | None:
        now = time.monotonic()
        for item in self._rounds:
            root = item.root
            if root.identity is not None and item.is_due_at <= now:
                item.is_due_at, item.cost_s = float("inf"), 0.0
                root.begin_sweep()
                return item, Reconciliation(root.real, root.ignore, root.is_known)
        return self._next_folder()

    def _next_folder(self) -> tuple[_Round, Reconciliation] | None:
        while (path := self._folders.next()) is not None:
            for item in self._rounds:
                root = item.root
                if root.identity and root.holds(path) and not root.ignore.matches(root.real, path):
                    return item, Reconciliation(root.real, root.ignore, root.is_known, folder=path)
        return None

    def _end(self, item: _Round, done: Reconciliation) -> None:
        if not done.is_whole:
            return
        root = item.root
        root.end_sweep(is_complete=not done.refused)
        root.refused = done.refused
        self._put(root.sum_refusals())
        root.counters["files"] = done.files
        if root.identity is not None:
            again_s = self._watches.count(root, done, item.lacking)
            if again_s is not None:
                again_s = max(again_s, _EAGER_SHARE * item.cost_s) if again_s else 0.0
                item.is_due_at = min(item.is_due_at, time.monotonic() + again_s)
        is_again, item.doubted, item.is_doubted_again = item.is_doubted_again, "", False
        if is_again:
            self._distrust(item, "event queue overflow", "more was lost while the folder was gone over")
        pause_s = self._every_s
        if root.trouble:
            pause_s = min(pause_s, max(_EAGER_S, _EAGER_SHARE * item.cost_s))
        item.is_due_at = min(item.is_due_at, time.monotonic() + (0.0 if is_again else pause_s))


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISDIR(status.st_mode) else None
