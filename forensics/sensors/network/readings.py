"""Which files a process has read lately: what an encrypted upload carried can be inferred from a size that fits."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass

from forensics.sensors.files.opens import CLOSE_NOWRITE, CLOSE_WRITE, OPEN, OPEN_EXEC, Opening, Opens
from forensics.sensors.network.held import (
    FIXED,
    held,
    is_of_the_system,
    is_only_written,
    is_worth_noting,
    without_mark,
)
from forensics.sensors.network.notes import Note, Notes
from forensics.sensors.processes import Processes

FANOTIFY = "fanotify"
SAMPLE = "/proc sample"
_MASK = OPEN | OPEN_EXEC | CLOSE_NOWRITE | CLOSE_WRITE
_SHARE = 20
_TIDY_S = 1.0
_NICE = -10
_STORM = 1000
"""Events a second; from then on several are taken at once, since to be woken for each costs more than to hear it."""
_BREATH_S = 0.001
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


class Readings:
    """Remembers who had which file open for reading, with a thread of its own; in memory only, never the content.

    With the right to it (CAP_SYS_ADMIN) the kernel tells of every opening on the machine's own file systems; files
    that a server (NFS, SMB) or a program (FUSE) holds are not among them. Without, `pids` (the processes that have
    sockets now) and their kin are looked at every `every_s` seconds, more seldom when this would take over a twentieth
    of a processor: a file that was opened and closed between two looks is missed, and so are other users' processes.

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
    ) -> None:
        """`on_seen` is told at once which process opened or closed a file, which may be about to end."""
        self._on_seen = on_seen
        self._seen: set[int] = set()
        self._pids = pids
        self._every_s = every_s
        self._processes = Processes()
        self._notes = Notes(self._processes, remember_s=remember_s, most=most)
        self._opens: Opens | None = None
        self._own = os.getpid()
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="file-readings", daemon=True)

    def start(self) -> None:
        """Begin to look, by the better way that is allowed."""
        try:
            self._opens = Opens(_MASK)
        except OSError:
            self._opens = None
        self._thread.start()

    def stop(self) -> None:
        """End the looking; what is remembered stays."""
        self._stopping.set()
        if self._thread.ident is None:
            return
        if self._opens is not None:
            self._opens.wake()
        self._thread.join(5.0)
        if self._opens is not None and not self._thread.is_alive():
            self._opens.close()

    @property
    def method(self) -> str:
        """What is in use since the start: `fanotify` or `/proc sample`."""
        return FANOTIFY if self._opens is not None else SAMPLE

    @property
    def overflows(self) -> int:
        """How often the kernel had to drop events that it could not hold."""
        return self._opens.overflows if self._opens is not None else 0

    def of(self, pid: int, *, since: float, until: float) -> list[Reading]:
        """What this process or its kin had open for reading in the interval, in the order of first opening."""
        with self._guard:
            process = self._processes.at(pid, until, time.time())
            return [_reading(note) for note in self._notes.of_kin(process, since=since, until=until)]

    def _run(self) -> None:
        if self._opens is None:
            self._sample()
        else:
            self._look_at(int(name) for name in os.listdir("/proc") if name.isdigit())
            self._follow(self._opens)

    def _follow(self, opens: Opens) -> None:
        with suppress(OSError):  # short-lived processes must be looked at before they end
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        learnt = tidied = 0.0
        heard, is_storm = 0, False
        while not self._stopping.is_set():
            if opens.wait(self._every_s):
                heard += self._take(opens)
                seen, self._seen = self._seen, set()
                for pid in seen if not is_storm else ():
                    self._on_seen(pid)
                if is_storm:
                    time.sleep(_BREATH_S)
            if (now := time.time()) - learnt >= self._every_s:
                heard, is_storm = 0, heard > _STORM * (now - learnt)
                pids, learnt = self._pids(), now
                with self._guard:
                    self._processes.learn(pids, now)
                    if now - tidied >= _TIDY_S:
                        self._notes.forget(now)
                        tidied = now

    def _take(self, opens: Opens) -> int:
        count = 0
        with self._guard:
            now = time.time()
            for event in opens.events():
                count += 1
                if event.pid not in (self._own, 0):
                    self._hear(event, opens, now)
        return count

    def _hear(self, event: Opening, opens: Opens, now: float) -> None:
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
        if is_executed:
            self._processes.execute(event.pid, path, now)
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
