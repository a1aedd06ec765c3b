"""The kernel's word of every act below the roots: a hint for the sensor at once, and who it was for the attribution.

Where it can be had (Linux 5.17, CAP_SYS_ADMIN, a file system with handles) it needs no watch for each folder and misses
nothing while folders come; elsewhere watchdog gives the hints.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from forensics.sensors.files.actors import Actor
from forensics.sensors.files.attribution import Attribution
from forensics.sensors.files.entries import CLOSE_WRITE, CREATE, DELETE, ONDIR, RENAME, Act, Entries
from forensics.sensors.files.handles import Handles
from forensics.sensors.files.hint import Hint
from forensics.sensors.files.mounts import Mount, Mounts, is_afar, mounted
from forensics.sensors.files.opens import is_local
from forensics.sensors.hearing import Hearer, Hearing


class Acts(Hearer):
    """Follows the file systems of the roots. `cover` and `uncover` belong to the sensor's thread.

    `take` is called with hints of the covered roots, `doubt(cause, detail)` when some were lost, both from the hearing
    thread. Acts of this process give hints, but it is not named.
    """

    mask = 0

    def __init__(self, hearing: Hearing, attribution: Attribution) -> None:
        self._hearing = hearing
        self._attribution = attribution
        self._take: Callable[[list[Hint]], None] = lambda _: None
        self._doubt: Callable[[str, str], None] = lambda _cause, _detail: None
        self._entries: Entries | None = None
        self._mounts: Mounts | None = None
        self._handles = Handles()
        self._roots: dict[str, bool] = {}
        """Whether the hints of a root come from here; else its acts are only attributed, as far as they are told."""
        self._covered: tuple[str, ...] = ()
        self._is_stale = False
        self._news: list[Act] = []

    def start(self, take: Callable[[list[Hint]], None], doubt: Callable[[str, str], None]) -> bool:
        """Begin; False where it is not allowed or the kernel cannot do it."""
        self._take, self._doubt = take, doubt
        try:
            self._entries, self._mounts = Entries(), Mounts()
        except OSError:
            self._close()
            return False
        if not self._hearing.join(self):
            self._close()
            return False
        self._place()
        return True

    def stop(self) -> None:
        """End; a second time does nothing."""
        self._hearing.leave(self)
        self._close()

    @property
    def is_broken(self) -> bool:
        """Say whether it was started and the thread has ended."""
        return self._entries is not None and not self._hearing.is_alive

    def cover(self, root: str) -> bool:
        """Follow a folder and all below it; False when a file system of it cannot be followed in this way."""
        if self._entries is None:
            return False
        is_heard = True
        for mount in _mounts_of(root):
            is_heard &= is_local(mount.kind) and self._entries.mark(mount.point)
        with self._hearing.guard:
            self._roots[root] = is_heard
            self._place()
            key = self._handles.key(root)
            self._roots[root] = is_heard and key is not None and self._handles.path(key) == root.rstrip("/") + "/"
            self._handles.close_doors()
            self._place()
        return self._roots[root]

    def uncover(self, root: str) -> None:
        """Follow it no more."""
        with self._hearing.guard:
            if self._roots.pop(root, None) is not None:
                self._place()

    def covers(self, root: str) -> bool:
        """Say whether hints of this root come from here."""
        return self._roots.get(root, False)

    def fileno(self) -> int:
        """The descriptor with the acts."""
        return self._entries.fileno() if self._entries is not None else -1

    def begin(self) -> int:
        """Take acts, which are judged once all programs that began before them are known."""
        assert self._entries is not None
        self._news = self._entries.acts()
        return len(self._news)

    def end(self, now: float) -> None:
        """Judge the acts that were taken."""
        assert self._entries is not None
        news, self._news = self._news, []
        hints: list[Hint] = []
        actors: dict[int, Actor | None] = {}
        for act in news:
            folder = self._handles.path(act.folder)
            if folder is None and not act.mask & RENAME:
                continue
            if act.pid not in actors:
                actors[act.pid] = self._attribution.actor(act.pid, now)
            if act.mask & RENAME:
                self._rename(act, actors[act.pid], hints, now)
            elif folder is not None:
                self._judge(act.mask, folder + os.fsdecode(act.name), actors[act.pid], hints)
        self._handles.close_doors()
        if hints:
            self._take(hints)
        if self._entries.overflows:
            self._entries.overflows = 0
            self._doubt("event queue overflow", "the kernel dropped file events")

    def turn(self, now: float) -> None:
        """Follow what was mounted below the roots since; whether a root is still wholly covered is asked by `cover`."""
        assert self._entries is not None
        assert self._mounts is not None
        if self._mounts.is_changed:
            self._mounts.changed()
            for mount in [mount for root in list(self._roots) for mount in _mounts_of(root)]:
                self._entries.mark(mount.point)
            with self._hearing.guard:
                self._place()

    def lost(self, detail: str) -> None:
        """Acts may have been taken and not told."""
        self._doubt("hearing failed", detail)

    def _judge(self, mask: int, path: str, actor: Actor | None, hints: list[Hint]) -> None:
        """An entry was written, made or removed. A new folder needs no hint: what comes into it is heard by itself."""
        if mask & ONDIR:
            return
        if actor is not None and mask & (CLOSE_WRITE | CREATE):
            self._attribution.note(path, actor)
        if not path.startswith(self._covered):
            return
        if mask & CLOSE_WRITE:
            hints.append(Hint("closed", path, ""))
        elif mask & CREATE:
            hints.append(Hint("created", path, ""))
        if mask & DELETE:
            hints.append(Hint("deleted", path, ""))

    def _rename(self, act: Act, actor: Actor | None, hints: list[Hint], now: float) -> None:
        source, target = self._path(act.from_folder, act.from_name), self._path(act.folder, act.name)
        is_folder = bool(act.mask & ONDIR)
        if is_folder:
            self._handles.forget()
        if target and actor is not None:
            if is_folder:
                self._attribution.note_folder(target, actor, now)
            else:
                self._attribution.note(target, actor)
        if target.startswith(self._covered):
            hints.append(Hint("folder" if is_folder else "moved", source, target))
        elif source.startswith(self._covered) and not is_folder:
            hints.append(Hint("deleted", source, ""))

    def _path(self, folder: bytes, name: bytes) -> str:
        path = self._handles.path(folder)
        return path + os.fsdecode(name) if path is not None else ""

    def _place(self) -> None:
        self._attribution.expect(is_by_inode=not all(self._roots.values()))
        doors = [mount.point for root in self._roots for mount in _mounts_of(root)]
        self._handles.place(self._roots, dict.fromkeys(doors))
        self._covered = tuple(root.rstrip("/") + "/" for root, is_covered in self._roots.items() if is_covered)

    def _close(self) -> None:
        if self._entries is not None:
            self._entries.close()
        if self._mounts is not None:
            self._mounts.close()
        self._entries = self._mounts = None


def _mounts_of(root: str) -> list[Mount]:
    """The mount that a folder lies on, and those below it; of several on one point, the topmost.

    Those that are far away are left out: they have watchers of their own, and to look at one may take for ever.
    """
    top = {mount.point: mount for mount in mounted()}
    inside = [mount for point, mount in top.items() if point != root and _is_below(point, root)]
    below = [mount for mount in inside if not is_afar(mount.kind)]
    on = max((point for point in top if _is_below(root, point)), key=len)
    return [top[on], *below]


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
