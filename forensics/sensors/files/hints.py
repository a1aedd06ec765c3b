"""Paths worth a look, quickly, and a doubt when some may have been lost: by the kernel's own word, else by watchdog.

This is the door to watchdog. Hints are only hints: the settled-file rule and the reconciler decide. watchdog 7 says
neither to the handler that the kernel's queue overflowed nor to anybody that the watch limit is reached; the first is
read off its loggers, the second off the kernel's own list of the watches it holds.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import ObservedWatch
from watchdog.observers.inotify import InotifyObserver

from forensics.sensors.files.acts import Acts
from forensics.sensors.files.hint import Hint

HINTS_WAITING = 1 << 16
_KINDS: dict[type[FileSystemEvent], str] = {
    FileCreatedEvent: "created",
    FileClosedEvent: "closed",
    FileMovedEvent: "moved",
    FileDeletedEvent: "deleted",
    DirCreatedEvent: "folder",
    DirMovedEvent: "folder",
}
_LOGGER = "watchdog"


class _Complaints(logging.Handler):
    """Listens to watchdog's warnings: the only place where it tells of a queue overflow."""

    def __init__(self, doubt: Callable[[str, str], None]) -> None:
        super().__init__(logging.WARNING)
        self._doubt = doubt

    def emit(self, record: logging.LogRecord) -> None:
        """logging's call for each warning."""
        message = record.getMessage()
        if "overflow" in message:
            self._doubt("event queue overflow", "the kernel dropped file events")
        elif "inactive" not in message:
            self._doubt("watcher complained", message[:200])


class Hints(FileSystemEventHandler):
    """Watches folders and queues hints; `doubt(cause, detail)` is called, from any thread, when some may be lost.

    `acts` gives them where it can; watchdog, with a thread for each folder, runs only for the other folders.
    """

    def __init__(self, doubt: Callable[[str, str], None], acts: Acts, *, limit: int = HINTS_WAITING) -> None:
        self._doubt = doubt
        self._acts = acts
        self._complaints = _Complaints(doubt)
        self._limit = limit
        self._queue: queue.SimpleQueue[Sequence[Hint]] = queue.SimpleQueue()
        self._waiting = 0
        self._counting = threading.Lock()
        self._observer: InotifyObserver | None = None
        self._watches: dict[str, ObservedWatch] = {}
        self._descriptors: tuple[int, ...] = ()

    def start(self) -> None:
        """Begin; OSError (EMFILE) when watchdog is needed and the system has no inotify instance left."""
        if not self._acts.start(self.put, self._doubt):
            self._observe()

    def stop(self) -> None:
        """End every watch and thread; hints not yet taken stay."""
        self._acts.stop()
        logging.getLogger(_LOGGER).removeHandler(self._complaints)
        observer, self._observer = self._observer, None
        self._watches.clear()
        self._descriptors = ()
        if observer is not None:
            with suppress(OSError, RuntimeError, KeyError):
                observer.stop()
                observer.join(2.0)

    def watch(self, folder: str) -> None:
        """Watch a folder and all below it.

        OSError when it is missing (ENOENT), or no watch (ENOSPC) or inotify instance (EMFILE) is left.
        """
        if self._acts.cover(folder):
            return
        observer = self._observer or self._observe()
        self._watches[folder] = observer.schedule(self, folder, recursive=True, event_filter=list(_KINDS))

    def unwatch(self, folder: str) -> None:
        """Stop watching a folder; a folder that is not watched is no matter."""
        self._acts.uncover(folder)
        watch = self._watches.pop(folder, None)
        if watch is not None and self._observer is not None:
            with suppress(OSError, RuntimeError, KeyError):
                self._observer.unschedule(watch)

    @property
    def is_broken(self) -> bool:
        """Say whether one of the threads that all watches share was started and has ended."""
        if self._acts.is_broken:
            return True
        if self._observer is None:
            return False
        reader = getattr(self._observer, "_inotify_fd", None)
        return not self._observer.is_alive() or (reader is not None and not reader.is_alive())

    def is_watching(self, folder: str) -> bool:
        """Say whether the folder's watch is in place and its threads live."""
        if self.is_broken:
            return False
        if self.is_whole(folder):
            return True
        watch = self._watches.get(folder)
        if watch is None or self._observer is None:
            return False
        return any(emitter.watch == watch and emitter.is_alive() for emitter in self._observer.emitters)

    def is_whole(self, folder: str) -> bool:
        """Say whether all below a watched folder is watched by what needs no watch for each folder."""
        return self._acts.covers(folder)

    def take(self, timeout_s: float, limit: int) -> list[Hint]:
        """About `limit` hints in order, waiting for the first."""
        taken: list[Hint] = []
        with suppress(queue.Empty):
            if timeout_s > 0:
                taken += self._queue.get(timeout=timeout_s)
            while len(taken) < limit:
                taken += self._queue.get_nowait()
        with self._counting:
            self._waiting -= len(taken)
        return taken

    def watched_inodes(self) -> set[int]:
        """The inodes the kernel watches for us, as its file systems number them inside."""
        inodes: set[int] = set()
        for descriptor in self._descriptors:
            with suppress(OSError), open(f"/proc/self/fdinfo/{descriptor}") as lines:
                inodes.update(int(line.split()[2][4:], 16) for line in lines if line.startswith("inotify wd:"))
        return inodes

    def dispatch(self, event: FileSystemEvent) -> None:
        """watchdog's call for each event: copy the path, nothing else."""
        kind = _KINDS.get(type(event))
        if kind is None:
            return
        self.put([Hint(kind, os.fsdecode(event.src_path), os.fsdecode(event.dest_path))])

    def put(self, hints: Sequence[Hint]) -> None:
        """Queue hints; from any thread."""
        with self._counting:
            is_full = self._waiting >= self._limit
            self._waiting += 0 if is_full else len(hints)
        if is_full:
            self._doubt("hint queue overflow", f"more than {self._limit} hints were waiting")
        else:
            self._queue.put(hints)

    def _observe(self) -> InotifyObserver:
        warnings.filterwarnings("ignore", module=r"watchdog\.")
        before = _inotify_descriptors()
        observer = InotifyObserver()
        observer.start()
        self._observer = observer
        self._descriptors = tuple(_inotify_descriptors() - before)
        logger = logging.getLogger(_LOGGER)
        logger.propagate = False
        logger.addHandler(self._complaints)
        return observer


def watch_limit() -> int:
    """How many folders this user may watch; -1 when the system does not tell."""
    try:
        return int(Path("/proc/sys/fs/inotify/max_user_watches").read_text())
    except (OSError, ValueError):
        return -1


def _inotify_descriptors() -> set[int]:
    found: set[int] = set()
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            if os.readlink(f"/proc/self/fd/{name}") == "anon_inode:inotify":
                found.add(int(name))
    return found
