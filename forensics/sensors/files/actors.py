"""Names processes for evidence: also those that ended before anybody could look, from the program they ran."""

from __future__ import annotations

from dataclasses import dataclass, replace

from forensics.sensors.processes import Processes

UNKNOWN, OWNER = "unknown", "file owner"
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
    """Makes actors of process numbers. Not for two threads."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._last: tuple[int, float, str, Actor] | None = None

    def execute(self, pid: int, now: float) -> None:
        """A process is about to run a program: look at its parents while it lives."""
        self._last = None
        self._parents(pid, now)

    def actor(self, pid: int, now: float, method: str) -> Actor | None:
        """The process with this number; None when nothing is known of it."""
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
