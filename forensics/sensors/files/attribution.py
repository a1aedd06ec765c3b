"""Remembers which process last wrote, created, linked or renamed a file, by the best way that is allowed."""

from __future__ import annotations

import os
import select
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress

from forensics.sensors.files.actors import Actor, Actors
from forensics.sensors.files.entries import Entries
from forensics.sensors.files.opens import CLOSE_WRITE, OPEN_EXEC, Opens, mount_points
from forensics.sensors.files.settled import Stamp
from forensics.sensors.files.sweep import writers

FANOTIFY, SWEEP = "fanotify", "/proc sweep"
_MOST = 50_000
_WAIT_S = 0.2
_NICE = -10
_SWEEP_SHARE = 20
_SWEEP_EVERY_S = 0.05
_BREATH_S = 0.002
"""Between two reads: a second wakening for each act would cost more than to hear it."""

_Key = bytes | tuple[int, int]


class Attribution:
    """Who did it. With CAP_SYS_ADMIN a thread hears of every act on the file systems of the `roots`, else /proc is
    looked through when a hint comes. The last one who touched an entry counts: `cp`, or `mv` for what it moved.

    `roots` is asked again and again, from that thread: folders of media come and go.

    At most 50,000 entries are remembered, the oldest are forgotten first. Acts on file systems that cannot name their
    entries (overlay) are known by inode: there renames and hard links keep the one who wrote.
    """

    def __init__(self, roots: Callable[[], Sequence[str]]) -> None:
        self._roots_now = roots
        self._roots: list[bytes] = []
        self._acts: OrderedDict[_Key, Actor] = OrderedDict()
        self._actors = Actors()
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._entries: Entries | None = None
        self._opens: Opens | None = None
        self._table = -1
        self._told = 0
        self._sweep_at = 0.0
        self._own = os.getpid()
        self._thread = threading.Thread(target=self._run, name="files-attribution", daemon=True)

    @property
    def method(self) -> str:
        """What is in use since the start: `fanotify` or `/proc sweep`."""
        return FANOTIFY if self._entries is not None else SWEEP

    def start(self) -> None:
        """Begin to listen, where that is allowed."""
        try:
            self._entries = Entries()
            self._table = os.open("/proc/self/mountinfo", os.O_RDONLY | os.O_CLOEXEC)
            self._mark(self._entries)
        except OSError:
            self._close()
            return
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the listening; what is remembered stays."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        if not self._thread.is_alive():
            self._close()

    def overflows(self) -> int:
        """How often, since the last call, the kernel dropped acts that it could not hold."""
        total = sum(group.overflows for group in (self._entries, self._opens) if group is not None)
        lost, self._told = max(0, total - self._told), total
        return lost

    def hint(self, path: str) -> None:
        """A file is being written there: without rights, see who holds what, for at most a twentieth of the time."""
        now = time.monotonic()
        if self._entries is not None or now < self._sweep_at:
            return
        with suppress(OSError):
            devices = {os.lstat(path).st_dev}
            began = time.thread_time()
            with self._guard:
                for key, pid in writers(devices, except_pid=self._own):
                    self._note(key, pid, SWEEP)
            self._sweep_at = now + max(_SWEEP_EVERY_S, _SWEEP_SHARE * (time.thread_time() - began))

    def of(self, path: str, stamp: Stamp | None) -> Actor:
        """Who last touched the entry or, where only that is known, wrote the file; unknown when nobody."""
        keys: list[_Key | None] = [self._entries.key(path) if self._entries is not None else None]
        keys.append((stamp.device, stamp.inode) if stamp is not None else None)
        with self._guard:
            for key in keys:
                actor = self._acts.get(key) if key is not None else None
                if actor is not None:
                    return actor
        return Actor()

    def _run(self) -> None:
        entries = self._entries
        assert entries is not None
        with suppress(OSError):  # one-shot processes must be looked at before they end
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        mounts = select.poll()
        mounts.register(self._table, select.POLLPRI)
        while not self._stopping.is_set():
            if mounts.poll(0) or self._encoded_roots() != self._roots:
                self._mark(entries)
            poll = select.poll()
            for group in (entries, self._opens):
                if group is not None:
                    poll.register(group, select.POLLIN)
            if poll.poll(_WAIT_S * 1000):
                self._take(entries)
                time.sleep(_BREATH_S)

    def _take(self, entries: Entries) -> None:
        """Take acts, and before they are judged all programs that began before them."""
        acts = list(entries.acts())
        with self._guard:
            now = time.time()
            self._hear(now)
            for act in acts:
                if act.pid not in (self._own, 0):
                    self._note(act.key, act.pid, FANOTIFY)

    def _hear(self, now: float) -> None:
        if self._opens is None:
            return
        is_more = True
        while is_more:
            is_more = False
            for event in self._opens.events():
                is_more = True
                if event.pid in (self._own, 0):
                    continue
                if event.mask & OPEN_EXEC:
                    self._actors.execute(event.pid, os.readlink(f"/proc/self/fd/{event.fd}"), now)
                if event.mask & CLOSE_WRITE:
                    status = os.fstat(event.fd)
                    self._note((status.st_dev, status.st_ino), event.pid, FANOTIFY)

    def _note(self, key: _Key, pid: int, method: str) -> None:
        actor = self._actors.actor(pid, time.time(), method)
        if actor is None:
            return
        self._acts[key] = actor
        self._acts.move_to_end(key)
        if len(self._acts) > _MOST:
            self._acts.popitem(last=False)

    def _mark(self, entries: Entries) -> None:
        """Hear of the file systems that hold the roots or lie below them; by inode where they cannot name entries."""
        self._roots = self._encoded_roots()
        points = mount_points(self._table)
        wanted = {point for point in points for root in self._roots if _is_below(point, root)}
        for root in self._roots:
            wanted.add(max((point for point in points if _is_below(root, point)), key=len, default=b""))
        is_refused = False
        for point in wanted - {b""}:
            is_refused |= not entries.mark(point)
        if self._opens is None:
            self._opens = Opens(OPEN_EXEC | CLOSE_WRITE if is_refused else OPEN_EXEC)
        elif is_refused and not self._opens.mask & CLOSE_WRITE:
            self._opens.close()
            self._opens = Opens(OPEN_EXEC | CLOSE_WRITE)
        else:
            self._opens.wait(0.0)  # it marks new mounts by itself

    def _encoded_roots(self) -> list[bytes]:
        return [os.fsencode(root) for root in self._roots_now()]

    def _close(self) -> None:
        for group in (self._entries, self._opens):
            if group is not None:
                group.close()
        if self._table >= 0:
            os.close(self._table)
        self._entries, self._opens, self._table = None, None, -1


def _is_below(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")
