"""Names processes for evidence: also those that ended before anybody could look, from the program they ran."""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass, replace

from forensics.sensors.processes import Processes

UNKNOWN, OWNER = "unknown", "file owner"
_MOST_BRIEF = 4096
_GENERATIONS = 6
_PARENT_FRESH_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did something to a file, as far as known. Empty, 0 and -1 (uid) stand for unknown.

    `lineage` is the executable and the names of its parents, "/usr/bin/cp < bash < sshd". `method` says how it is
    known, with its doubts: "fanotify", "/proc sweep", "file owner", "unknown".
    """

    process: str = ""
    pid: int = 0
    uid: int = -1
    lineage: str = ""
    method: str = UNKNOWN

    def or_owner(self, uid: int) -> Actor:
        """The same, with the file's owner where the user is unknown: often who did it, but not certainly."""
        if self.uid >= 0:
            return self
        return replace(self, uid=uid, method=OWNER if self.method == UNKNOWN else f"{self.method}, user by {OWNER}")


class Actors:
    """Makes actors of process numbers, bounded. Not for two threads."""

    def __init__(self) -> None:
        self._processes = Processes()
        self._brief: OrderedDict[int, Actor] = OrderedDict()
        self._last: tuple[int, float, str, Actor] | None = None

    def execute(self, pid: int, path: str, now: float) -> None:
        """A process is about to run a program: look at it while it lives, remember the program when it does not."""
        if os.path.basename(path).startswith("ld-"):
            return
        self._last = None
        if os.path.exists(f"/proc/{pid}"):
            self._brief.pop(pid, None)
            self._processes.execute(pid, path, now)
            self._parents(pid, now)
            return
        self._brief[pid] = Actor(process=os.path.basename(path)[:15], pid=pid, lineage=path)
        self._brief.move_to_end(pid)
        if len(self._brief) > _MOST_BRIEF:
            self._brief.popitem(last=False)

    def actor(self, pid: int, now: float, method: str) -> Actor | None:
        """The process with this number; None when nothing is known of it."""
        brief = self._brief.get(pid)
        if brief is not None:
            return Actor(process=brief.process, pid=pid, lineage=brief.lineage, method=method)
        process = self._processes.get(pid, now)
        if not process.comm:
            return None
        last = self._last
        if last is not None and last[:3] == (pid, process.checked, method):
            return last[3]
        lineage = " < ".join([process.exe or process.comm, *self._parents(pid, now)])
        actor = Actor(process=process.comm, pid=pid, uid=process.uid, lineage=lineage, method=method)
        self._last = (pid, process.checked, method, actor)
        return actor

    def _parents(self, pid: int, now: float) -> list[str]:
        """The names of its parents, nearest first; they are looked at on the way, since they may end too."""
        names: list[str] = []
        process = self._processes.known(pid)
        while process is not None and process.ppid > 1 and len(names) < _GENERATIONS:
            process = self._processes.get(process.ppid, now, within_s=_PARENT_FRESH_S)
            names.append(process.comm or "?")
        return names
