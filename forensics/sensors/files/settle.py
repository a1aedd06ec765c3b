"""When a file has come to rest: the rule, without a clock or a file system of its own.

A file is settled when two looks at least `quiet` apart show the same stamp, or one shows that its last change was so
long ago, and nobody has it open for writing. A
writer that merely keeps it open delays this for `writer_patience_s`, and one that never stops changing it for
`overdue_s`, so that neither hides a file for ever.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from forensics.sensors.files.settled import Method, Stamp

_SOON = (Method.CLOSED, Method.MOVED)
GONE_GRACE_S = 1.0
"""How long a missing file may turn up under another name; watchdog pairs renames for half a second."""
LONGEST_WAIT_S = 2.0


class Look(Enum):
    """What a look at a pending file says."""

    WAIT = auto()
    SETTLED = auto()
    STILL_OPEN = auto()
    STILL_CHANGING = auto()
    VANISHED = auto()


@dataclass(slots=True)
class Pending:
    """A file that was noticed and is not at rest yet. Times are on the caller's monotonic clock."""

    method: Method
    quiet_s: float
    first: float
    stamp: Stamp | None
    since: float
    due: float
    missing_since: float | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The times of the rule, in seconds."""

    quiet_after_close_s: float = 0.15
    quiet_after_scan_s: float = 2.0
    writer_patience_s: float = 10.0
    overdue_s: float = 120.0


class SettleTable:
    """The pending files by path, and when each is due for its next look."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._pending: dict[str, Pending] = {}
        self._queue: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._pending)

    def __contains__(self, path: str) -> bool:
        return path in self._pending

    def pending(self, path: str) -> Pending | None:
        """What is known of a pending file."""
        return self._pending.get(path)

    def paths(self) -> list[str]:
        """All pending paths."""
        return list(self._pending)

    def below(self, folder: str) -> list[str]:
        """The pending paths below a folder."""
        start = folder + "/"
        return [path for path in self._pending if path.startswith(start)]

    def note(self, path: str, method: Method, stamp: Stamp | None, now: float) -> None:
        """A file was noticed; `stamp` is what a look shows right now, None when it cannot be seen."""
        quiet_s = self._quiet_s(method)
        entry = self._pending.get(path)
        if entry is None:
            entry = self._pending[path] = Pending(method, quiet_s, now, stamp, now, 0.0)
            self._schedule(path, entry, now + quiet_s)
            return
        entry.is_gone, entry.missing_since = False, None
        if quiet_s < entry.quiet_s:
            entry.method, entry.quiet_s = method, quiet_s
        if stamp is not None and stamp != entry.stamp:
            entry.stamp, entry.since = stamp, now
        elif stamp is None and entry.stamp is not None and entry.stamp.size == 0:
            entry.stamp = None  # something was written to an empty file that is gone already
        if entry.due > now + entry.quiet_s:
            self._schedule(path, entry, now + entry.quiet_s)

    def rename(self, path: str, target: str, stamp: Stamp | None, now: float) -> None:
        """A file got another name: what was known of it follows; a file at the target name was replaced."""
        entry = self._pending.pop(path, None)
        if entry is not None:
            self._pending[target] = entry
            self._schedule(target, entry, now + min(entry.quiet_s, self._quiet_s(Method.MOVED)))
        self.note(target, Method.MOVED, stamp, now)

    def remove(self, path: str, now: float) -> None:
        """The file's name was removed: the next look, due at once, says vanished unless the name is back."""
        entry = self._pending.get(path)
        if entry is not None:
            entry.is_gone = True
            self._schedule(path, entry, now)

    def forget(self, path: str) -> None:
        """The file needs no more looks."""
        self._pending.pop(path, None)

    def postpone(self, path: str, now: float, seconds: float) -> None:
        """Look again later; for when the caller could not act on a settled file."""
        entry = self._pending.get(path)
        if entry is not None:
            self._schedule(path, entry, now + seconds)

    def due(self, now: float, limit: int) -> list[str]:
        """Up to `limit` paths whose look is due; each must be looked at, forgotten or postponed."""
        paths: list[str] = []
        while self._queue and self._queue[0][0] <= now and len(paths) < limit:
            due, path = heapq.heappop(self._queue)
            entry = self._pending.get(path)
            if entry is not None and entry.due == due:
                entry.due = math.inf
                paths.append(path)
        return paths

    def next_due(self) -> float | None:
        """When the next look is due, or somewhat earlier."""
        return self._queue[0][0] if self._queue else None

    def look(
        self,
        path: str,
        stamp: Stamp | None,
        now: float,
        *,
        rested_s: float = 0.0,
        has_writer: Callable[[], bool],
    ) -> Look:
        """Judge a due file by what a look shows now; SETTLED and VANISHED end its pending.

        `rested_s` is how long it has not changed by its own word. `has_writer` is asked only when everything else is at
        rest.
        """
        entry = self._pending[path]
        if stamp is None:
            return self._judge_missing(path, entry, now)
        entry.missing_since = None
        if stamp != entry.stamp:
            if rested_s < entry.quiet_s:
                return self._judge_changed(path, entry, stamp, now)
            entry.stamp, entry.since = stamp, now - rested_s
        still_s = now - entry.since
        if still_s < entry.quiet_s:
            return self._wait(path, entry, entry.since + entry.quiet_s)
        if not has_writer():
            return self._end(path, Look.SETTLED)
        if still_s >= self._patience.writer_patience_s:
            return self._end(path, Look.STILL_OPEN)
        return self._wait(path, entry, now + min(max(still_s, entry.quiet_s), LONGEST_WAIT_S))

    def _judge_missing(self, path: str, entry: Pending, now: float) -> Look:
        if entry.missing_since is None:
            entry.missing_since = now
        if entry.is_gone or now - entry.missing_since >= GONE_GRACE_S:
            return self._end(path, Look.VANISHED)
        return self._wait(path, entry, now + GONE_GRACE_S / 4)

    def _judge_changed(self, path: str, entry: Pending, stamp: Stamp, now: float) -> Look:
        age_s = now - entry.first
        entry.stamp, entry.since = stamp, now
        if age_s >= self._patience.overdue_s:
            return self._end(path, Look.STILL_CHANGING)
        return self._wait(path, entry, now + max(entry.quiet_s, min(age_s / 4, LONGEST_WAIT_S)))

    def _end(self, path: str, verdict: Look) -> Look:
        self.forget(path)
        return verdict

    def _wait(self, path: str, entry: Pending, due: float) -> Look:
        self._schedule(path, entry, due)
        return Look.WAIT

    def _schedule(self, path: str, entry: Pending, due: float) -> None:
        entry.due = due
        heapq.heappush(self._queue, (due, path))

    def _quiet_s(self, method: Method) -> float:
        is_soon = method in _SOON
        return self._patience.quiet_after_close_s if is_soon else self._patience.quiet_after_scan_s
