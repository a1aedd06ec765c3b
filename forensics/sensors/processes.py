"""What is known of processes, also after they ended, and which of them belong together."""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

_MOST = 16_384
_FRESH_S = 1.0
_COMM = 15
_INTERPRETER = re.compile(r"(?:python|pypy|perl|ruby|node|java|php|lua|tclsh|busybox|(?:ba|da|z|k|c|tc|fi)?sh)[\d.]*$")


@dataclass(slots=True, eq=False)
class Process:
    """One process. Empty and 0 stand for what could not be read any more, -1 for an unknown user.

    `start` (clock ticks since boot) tells it from a later one with the same number. `ppid` is the first one seen:
    orphans are given another. `exe` and `comm` are those of the program it runs now. Unix seconds: when first `seen`,
    last `checked` and last told to be `executing` a program.
    """

    pid: int
    start: int
    ppid: int
    pgid: int
    uid: int
    exe: str
    comm: str
    seen: float
    checked: float = 0.0
    executing: float = 0.0

    @property
    def program(self) -> tuple[str, int] | None:
        """The program and its user, None of one that runs programs in a language of its own."""
        return None if not self.exe or _INTERPRETER.match(os.path.basename(self.exe)) else (self.exe, self.uid)

    def is_kin(self, other: Process) -> bool:
        """Say whether files that the other one opened may leave through this one.

        A browser opens files in another process than the one that has the socket: same program, same user, and both
        run; not so what runs other people's programs. A shell opens them for its child, a child for its parent; the
        processes of a pipeline are one process group.
        """
        if self is other or (self.pid == other.pid and self.start == other.start):
            return True
        if self.pgid > 1 and self.pgid == other.pgid:
            return True
        child, parent = (self, other) if self.ppid == other.pid else (other, self)
        if child.ppid == parent.pid > 1 and parent.start <= child.start:
            return True
        return self.program is not None and self.program == other.program and other.is_running()

    def is_running(self) -> bool:
        """Say whether it has not ended."""
        found = _read(self.pid, 0.0)
        return found is not None and found.start == self.start


class Processes:
    """Remembers processes by number, bounded: those looked at longest ago are forgotten first. Not for two threads."""

    def __init__(self) -> None:
        self._current: dict[int, Process] = {}
        self._all: OrderedDict[tuple[int, int], Process] = OrderedDict()

    def get(self, pid: int, now: float, *, within_s: float = _FRESH_S) -> Process:
        """The process that has this number now, or lately had it; read anew when it was not within this time."""
        process = self._current.get(pid)
        if process is not None and now - process.checked < within_s:
            return process
        found = _read(pid, now)
        if process is None or (found is not None and found.start != process.start):
            process = found or Process(pid, 0, 0, 0, -1, "", "", now, now)
            self._remember(process)
            return process
        self._all.move_to_end((pid, process.start))
        if found is not None:
            process.pgid, process.uid = found.pgid, found.uid
            if found.exe != process.exe and now - process.executing < _FRESH_S:
                return process  # it has not come to the program that it is about to run
            process.comm, process.exe = found.comm, found.exe or process.exe
        process.checked = now
        return process

    def known(self, pid: int) -> Process | None:
        """The process that was last seen with this number, without a look."""
        return self._current.get(pid)

    def execute(self, pid: int, path: str, now: float) -> None:
        """A process is about to run this program: it may end before anybody can look at it.

        The kernel opens the script, then its interpreter, then the loader of shared libraries, which says nothing.
        """
        name = os.path.basename(path)
        if not name.startswith("ld-"):
            process = self.get(pid, now)
            process.exe, process.comm, process.executing, process.checked = path, name[:_COMM], now, 0.0

    def at(self, pid: int, until: float, now: float) -> Process:
        """The process that had this number at that time or, if none was seen by then, the next one."""
        self.get(pid, now)
        had = [process for (number, _), process in self._all.items() if number == pid]
        return max((p for p in had if p.seen <= until), key=lambda p: p.start, default=had[0])

    def with_kin(self, pids: Collection[int], now: float) -> set[int]:
        """These processes and their kin among all that run now and can be seen."""
        running = [self.get(int(name), now) for name in os.listdir("/proc") if name.isdigit()]
        own = [process for process in running if process.pid in pids]
        programs = {process.program for process in own if process.program}
        groups = {process.pgid for process in own if process.pgid > 1}
        parents = {process.ppid for process in own if process.ppid > 1}
        return {
            process.pid
            for process in running
            if process.pid in pids
            or process.program in programs
            or process.pgid in groups
            or process.pid in parents
            or process.ppid in pids
        }

    def learn(self, pids: Iterable[int], now: float) -> None:
        """Look at those of these processes that are not known yet."""
        for pid in pids:
            if pid not in self._current:
                self.get(pid, now)

    def _remember(self, process: Process) -> None:
        self._current[process.pid] = process
        self._all[process.pid, process.start] = process
        while len(self._all) > _MOST:
            _, oldest = self._all.popitem(last=False)
            if self._current.get(oldest.pid) is oldest:
                del self._current[oldest.pid]


def _read(pid: int, now: float) -> Process | None:
    """What /proc tells of a process (proc_pid_stat(5)); None when it has ended."""
    folder = f"/proc/{pid}"
    try:
        uid = os.stat(folder).st_uid
        fd = os.open(f"{folder}/stat", os.O_RDONLY | os.O_CLOEXEC)
        try:
            facts = os.read(fd, 4096)
        finally:
            os.close(fd)
        comm, _, rest = facts.partition(b"(")[2].rpartition(b")")
        fields = rest.split(None, 20)
        ppid, pgid, start = int(fields[1]), int(fields[2]), int(fields[19])
    except (OSError, ValueError, IndexError):
        return None
    try:
        exe = os.readlink(f"{folder}/exe").removesuffix(" (deleted)")
    except OSError:
        exe = ""
    return Process(pid, start, ppid, pgid, uid, exe, os.fsdecode(comm), now, now)
