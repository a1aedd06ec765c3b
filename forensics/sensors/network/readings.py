"""Which files a process has read lately: what an encrypted upload carried can be inferred from a size that fits."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from forensics.sensors.files.opens import CLOSE_NOWRITE, CLOSE_WRITE, OPEN, OPEN_EXEC, Opening, Opens
from forensics.sensors.hearing import Hearer, Hearing
from forensics.sensors.network.held import (
    FIXED,
    held,
    is_of_the_system,
    is_only_written,
    is_worth_noting,
    without_mark,
)
from forensics.sensors.network.notes import Note, Notes

FANOTIFY = "fanotify"
SAMPLE = "/proc sample"
_MASK = OPEN | OPEN_EXEC | CLOSE_NOWRITE | CLOSE_WRITE
_SHARE = 20
_TIDY_S = 1.0
_JUST_WRITTEN_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One file that a process had open for reading.

    `path` is as the kernel names it, `size` in bytes when last seen, `process` the name (comm) of the program.
    `first` and `last` are Unix seconds: when it was first and last seen open.
    """

    path: str
    size: int
    device: int
    inode: int
    mtime_ns: int
    first: float
    last: float
    pid: int
    process: str
    method: str


class Readings(Hearer):
    """Remembers who had which file open for reading; in memory only, never the content.

    With the right to it (CAP_SYS_ADMIN) the kernel tells of every opening on the machine's own file systems, as far as
    `hearing` may listen in a storm of them; files that a server (NFS, SMB) or a program (FUSE) holds are not among
    them. Without, `pids` (the processes that have sockets now) and their kin are looked at every `every_s` seconds, by
    a thread, more seldom when this would take over a twentieth of a processor: a file that was opened and closed
    between two looks is missed, and so are other users' processes.

    Left out are files below 1 KiB, those of the system and those that were only written, as far as the process lived
    long enough to be asked. At most `most` notes are held, each for `remember_s` seconds after it was last seen open.
    """

    def __init__(
        self,
        pids: Callable[[], Collection[int]],
        *,
        every_s: float = 0.1,
        remember_s: float = 120.0,
        most: int = 20_000,
        on_seen: Callable[[int], None] = lambda _pid: None,
        hearing: Hearing | None = None,
    ) -> None:
        """`on_seen` is told at once which process opened or closed a file, which may be about to end."""
        self._on_seen = on_seen
        self._seen: set[int] = set()
        self._pids = pids
        self._every_s = every_s
        self._hearing = hearing or Hearing()
        self._processes = self._hearing.processes
        self._guard = self._hearing.guard
        self._notes = Notes(self._processes, remember_s=remember_s, most=most)
        self._is_heard = False
        self._learnt = self._tidied = 0.0
        self._own = os.getpid()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="file-readings", daemon=True)

    @property
    def mask(self) -> int:
        """All openings and closings, and programs."""
        return _MASK

    def start(self) -> None:
        """Begin to look, by the better way that is allowed."""
        self._is_heard = self._hearing.join(self)
        self._thread.start()

    def stop(self) -> None:
        """End the looking; what is remembered stays."""
        self._stopping.set()
        self._hearing.leave(self)
        if self._thread.ident is not None:
            self._thread.join(5.0)

    @property
    def method(self) -> str:
        """What is in use since the start: `fanotify` or `/proc sample`."""
        return FANOTIFY if self._is_heard else SAMPLE

    def of(self, pid: int, *, since: float, until: float) -> list[Reading]:
        """What this process or its kin had open for reading in the interval, in the order of first opening."""
        with self._guard:
            process = self._processes.at(pid, until, time.time())
            return [_reading(note) for note in self._notes.of_kin(process, since=since, until=until)]

    def of_file(self, device: int, inode: int, *, since: float, until: float) -> list[Reading]:
        """Who had a file open for reading in the interval, in the order of first opening."""
        with self._guard:
            return [_reading(note) for note in self._notes.of_file((device, inode), since=since, until=until)]

    def _run(self) -> None:
        """Look at what is open already, and go on looking where nothing is heard."""
        if self._is_heard:
            self._look_at(int(name) for name in os.listdir("/proc") if name.isdigit())
        else:
            self._sample()

    def turn(self, now: float) -> None:
        """Tell who was seen, and every so often learn who has sockets and forget what is old."""
        seen, self._seen = self._seen, set()
        for pid in seen if not self._hearing.is_storm else ():
            self._on_seen(pid)
        if now - self._learnt < self._every_s:
            return
        pids, self._learnt = self._pids(), now
        with self._guard:
            self._processes.learn(pids, now)
            if now - self._tidied >= _TIDY_S:
                self._notes.forget(now)
                self._tidied = now

    def hear(self, event: Opening, opens: Opens, now: float) -> None:
        """Note an opening, or that it ended. One of the system's files costs the kernel no more work after this."""
        status = os.fstat(event.fd)
        is_executed = event.mask & OPEN_EXEC
        if not is_executed:
            if not is_worth_noting(status):
                return
            if not event.mask & OPEN:
                process = self._processes.known(event.pid)  # one that is closing files may be about to change
                is_noted = process is not None and self._notes.see(process, status, now) is not None
                if is_noted:
                    self._seen.add(event.pid)
                if is_noted or event.mask & CLOSE_WRITE:
                    return
        path = os.readlink(f"/proc/self/fd/{event.fd}")
        if is_of_the_system(path):
            if path.startswith(FIXED):
                opens.ignore(event.fd)
        elif not is_executed and not _is_writing(event, path, status, now):
            self._note(event.pid, path, status, now, FANOTIFY)
            self._seen.add(event.pid)

    def _look_at(self, pids: Iterable[int]) -> None:
        """Note what these processes hold."""
        for pid in pids:
            if pid == self._own:
                continue
            found = list(held(pid))
            now = time.time()
            with self._guard:
                if found:
                    self._processes.get(pid, now, within_s=0.0)
                for path, status in found:
                    self._note(pid, path, status, now, SAMPLE)

    def _sample(self) -> None:
        while not self._stopping.is_set():
            began = time.thread_time()
            pids = self._pids()
            with self._guard:
                now = time.time()
                looked_at = self._processes.with_kin(pids, now)
                self._notes.forget(now)
            self._look_at(looked_at)
            self._stopping.wait(max(self._every_s, _SHARE * (time.thread_time() - began)))

    def _note(self, pid: int, path: str, status: os.stat_result, now: float, method: str) -> None:
        process = self._processes.get(pid, now)
        path = without_mark(path, status)
        note = self._notes.see(process, status, now)
        if note is not None:
            note.path, note.comm = path, process.comm
            return
        self._notes.add(
            Note(
                process=process,
                comm=process.comm,
                path=path,
                file=(status.st_dev, status.st_ino),
                size=status.st_size,
                mtime_ns=status.st_mtime_ns,
                first=now,
                last=now,
                method=method,
            )
        )


def _reading(note: Note) -> Reading:
    return Reading(
        path=note.path,
        size=note.size,
        device=note.file[0],
        inode=note.file[1],
        mtime_ns=note.mtime_ns,
        first=note.first,
        last=note.last,
        pid=note.process.pid,
        process=note.comm,
        method=note.method,
    )


def _is_writing(event: Opening, path: str, status: os.stat_result, now: float) -> bool:
    """Say whether the file was opened to be written only; asked only where it may be so, since it takes long."""
    if event.mask & CLOSE_NOWRITE or now - status.st_mtime > _JUST_WRITTEN_S:
        return False
    return is_only_written(event.pid, path)
