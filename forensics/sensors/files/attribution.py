"""Remembers which process last wrote, created, linked or renamed a file, by the best way that is allowed."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress

from forensics.sensors.files.actors import Actor, Actors
from forensics.sensors.files.opens import CLOSE_WRITE, OPEN_EXEC, Opening, Opens
from forensics.sensors.files.settled import Stamp
from forensics.sensors.files.sweep import writers
from forensics.sensors.hearing import Hearer, Hearing

FANOTIFY, SWEEP = "fanotify", "/proc sweep"
_MOST = 50_000
_MOST_FOLDERS = 1000
_SWEEP_SHARE = 20
_SWEEP_EVERY_S = 0.05

_Key = str | tuple[int, int]


class Attribution(Hearer):
    """Who did it: as `acts` tells, or by the closing of what was written; where nothing is told, /proc is looked
    through when a hint comes. The last one who touched an entry counts: `cp`, or `mv` for what it moved, also for what
    was in a folder that it moved.

    At most 50,000 entries are remembered, the oldest are forgotten first. On file systems that cannot name their
    entries (overlay) files are known by inode: there renames and hard links keep the one who wrote.
    """

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self._acts: dict[_Key, Actor] = {}
        self._older: dict[_Key, Actor] = {}
        self._folders: dict[str, tuple[Actor, float]] = {}
        self._actors = Actors(hearing.processes)
        self._guard = threading.Lock()
        self._is_told = False
        self._is_by_inode = True
        self._sweep_at = 0.0
        self._own = os.getpid()

    @property
    def method(self) -> str:
        """What is in use since the start: `fanotify` or `/proc sweep`."""
        return FANOTIFY if self._is_told else SWEEP

    @property
    def mask(self) -> int:
        """Programs, and what was written where entries are not told."""
        return OPEN_EXEC | CLOSE_WRITE if self._is_by_inode else OPEN_EXEC

    def start(self) -> None:
        """Begin to listen, where that is allowed."""
        self._is_told = self._hearing.join(self)

    def stop(self) -> None:
        """End the listening; what is remembered stays."""
        self._hearing.leave(self)

    def expect(self, *, is_by_inode: bool) -> None:
        """Say whether some file system cannot name its entries, so that files have to be known by inode."""
        self._is_by_inode = is_by_inode

    def hear(self, event: Opening, opens: Opens, now: float) -> None:
        """A process runs a program or closed what it wrote."""
        if event.mask & OPEN_EXEC:
            self._actors.execute(event.pid, now)
        if event.mask & CLOSE_WRITE:
            status = os.fstat(event.fd)
            self._note((status.st_dev, status.st_ino), event.pid, now, FANOTIFY)

    def actor(self, pid: int, now: float) -> Actor | None:
        """Who acted, as the kernel told; None when it is this process or unknown. For the hearing thread."""
        return self._actors.actor(pid, now, FANOTIFY) if pid not in (self._own, 0) else None

    def note_folder(self, path: str, actor: Actor, now: float) -> None:
        """A process moved a folder here, and with it what was in it."""
        self._folders.pop(path, None)
        self._folders[path] = actor, now
        if len(self._folders) > _MOST_FOLDERS:
            del self._folders[next(iter(self._folders))]

    def hint(self, path: str) -> None:
        """A file is being written there: without rights, see who holds what, for at most a twentieth of the time."""
        if self._is_told:
            return
        now = time.monotonic()
        if now < self._sweep_at:
            return
        with suppress(OSError):
            devices = {os.lstat(path).st_dev}
            began = time.thread_time()
            for key, pid in writers(devices, except_pid=self._own):
                self._note(key, pid, time.time(), SWEEP)
            self._sweep_at = now + max(_SWEEP_EVERY_S, _SWEEP_SHARE * (time.thread_time() - began))

    def of(self, path: str, stamp: Stamp | None) -> Actor:
        """Who last touched the entry or, where only that is known, wrote the file or brought its folder."""
        actor = self._acts.get(path) or self._older.get(path)
        if actor is None and stamp is not None:
            key = (stamp.device, stamp.inode)
            actor = self._acts.get(key) or self._older.get(key)
        if actor is None and stamp is not None and self._folders:
            actor = self._bringer(path, stamp)
        return actor or Actor()

    def _bringer(self, path: str, stamp: Stamp) -> Actor | None:
        """Who moved a folder on the way to a file that has not changed since."""
        while len(path) > 1:
            path = os.path.dirname(path)
            actor, moved = self._folders.get(path, (None, 0.0))
            if actor is not None and stamp.ctime_ns <= moved * 1e9:
                return actor
        return None

    def _note(self, key: _Key, pid: int, now: float, method: str) -> None:
        actor = self._actors.actor(pid, now, method)
        if actor is not None:
            self.note(key, actor)

    def note(self, key: str | tuple[int, int], actor: Actor) -> None:
        """A process acted on the entry with this path, or on the file with this device and inode."""
        self._acts[key] = actor
        if len(self._acts) > _MOST // 2:
            self._older, self._acts = self._acts, {}
