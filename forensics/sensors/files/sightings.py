"""From hints and finds to settled files: looks when looks are due, holds what is short-lived, hands on what rests."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import partial

from forensics.sensors.files.attribution import Attribution
from forensics.sensors.files.copying import Copies
from forensics.sensors.files.handing import Handing
from forensics.sensors.files.hint import Hint, needed
from forensics.sensors.files.holding import Held, is_open_for_writing, is_out_of_descriptors, open_seen
from forensics.sensors.files.outbox import Outbox
from forensics.sensors.files.placing import Places
from forensics.sensors.files.reconcile import Found
from forensics.sensors.files.roots import Root
from forensics.sensors.files.seen import Seen
from forensics.sensors.files.settle import Look, Patience, SettleTable
from forensics.sensors.files.settled import (
    Absent,
    Method,
    Stamp,
    look,
    stamp_from,
)

MOST_PENDING = 20_000
_MARGIN = 4096
_TOGETHER_S = 0.01
_AGAIN_S = 1.0
_METHODS = {"created": Method.CREATED, "closed": Method.CLOSED, "moved": Method.MOVED}
_VERDICTS = {Look.STILL_OPEN: Method.STILL_OPEN, Look.STILL_CHANGING: Method.STILL_CHANGING}


class Sightings:
    """The files that were noticed and not handed on yet. Used from one thread."""

    def __init__(
        self,
        roots: Sequence[Root],
        patience: Patience,
        outbox: Outbox,
        doubt: Callable[[str, str], None],
        attribution: Attribution,
        *,
        seen: Seen,
        copies: Copies | None = None,
    ) -> None:
        self._places = Places(roots)
        self._table = SettleTable(patience)
        self._held = Held()
        self._outbox = outbox
        self._doubt = doubt
        self._attribution = attribution
        self._handing = Handing(outbox, attribution, seen, copies)
        self._seen = seen
        seen.is_pending = self._table.__contains__

    def __len__(self) -> int:
        return len(self._table)

    @property
    def has_room(self) -> bool:
        """Say whether a scan may go on finding files."""
        return len(self._table) < MOST_PENDING

    @property
    def is_full(self) -> bool:
        """Say whether hints had better wait until more has settled."""
        return len(self._table) >= 2 * MOST_PENDING - _MARGIN

    def next_due(self) -> float | None:
        """When the next looks are due on the monotonic clock, those that are due in a short time together."""
        due = self._table.next_due()
        return None if due is None else due + _TOGETHER_S

    def take(self, hints: Sequence[Hint]) -> None:
        """Act on hints about files: open one at once when it was just closed, for it may soon be gone."""
        self._places.refresh()
        for hint in needed(hints):
            self._take(hint)

    def _take(self, hint: Hint) -> None:
        if hint.kind == "deleted":
            self._table.remove(hint.path, time.monotonic())
        elif hint.kind == "moved":
            self._move(hint.path, hint.target)
        elif hint.kind == "folder":
            self._move_folder(hint.path, hint.target)
        else:
            self._note(hint.path, _METHODS[hint.kind])

    def found(self, found: Found) -> None:
        """Act on an unknown file that a scan shows."""
        if found.path not in self._table:
            self._table.note(found.path, Method.FOUND, found.stamp, time.monotonic())
            self._seen.begin(found.path)

    def settle(self) -> None:
        """Look at the files that are due, as long as the outbox has room, and hand on what is ready."""
        now, due = time.monotonic(), self.next_due()
        if due is not None and due <= now:
            self._look(self._table.due(now, self._outbox.room))
        self._handing.flush()

    def _look(self, paths: Sequence[str]) -> None:
        self._places.refresh()
        for path in paths:
            root = self._places.holding(path)
            if root is None or path not in self._table:
                self._drop(path)
                continue
            state = look(path)
            if path in self._held and not self._is_held_in_place(path, state):
                self._part_from_name(root, path, state)
            else:
                self._judge(root, path, state)

    def tell_left(self) -> None:
        """Name what an earlier process had noticed and not come to the end of, where it is gone now."""
        self._places.refresh()
        for path in self._seen.left:
            root = self._places.holding(path)
            if root is None or root.identity is None or root.ignore.matches(root.real, path):
                continue
            if look(path) is Absent.MISSING:
                self._vanish(root, path, None, is_closed=False)
        self._seen.left = ()

    def part(self, root: Root) -> None:
        """A root is gone as a whole: hand on what is held of it, and name what else was about to be."""
        for path in filter(root.holds, self._table.paths()):
            entry = self._table.pending(path)
            if entry is not None:
                self._vanish(root, path, entry.stamp, is_closed=entry.method is Method.CLOSED)
            self._drop(path)
        self._handing.flush()

    def close(self) -> None:
        """Hand on what no later scan could find, and let go of everything else."""
        self._places.refresh()
        for path in self._held.paths():
            root = self._places.holding(path)
            if root is not None and self._held.status(path).st_nlink == 0:
                self._hand_on_held(root, path, Method.UNLINKED)
            self._drop(path)
        self._handing.flush()

    def _note(self, path: str, method: Method) -> None:
        root = self._places.root(path)
        if root is None:
            return
        is_pending = path in self._table
        state: Stamp | Absent | None = None
        if is_pending or method is not Method.CLOSED or not self._held.is_full:
            state = look(path)  # else it could not be held, and the look that it is settled by is soon enough
        if state is Absent.OTHER:
            return
        stamp = state if isinstance(state, Stamp) else None
        if stamp is not None and not is_pending and root.is_known(path, stamp):
            return
        if stamp is not None and path in self._held and not self._held.is_of(path, stamp):
            self._hand_on_held(root, path, Method.REPLACED)
            self._table.forget(path)
        if not is_pending and len(self._table) >= 2 * MOST_PENDING:
            self._doubt("too many files at once", f"more than {2 * MOST_PENDING} files wait to settle")
            return
        self._table.note(path, method, stamp, time.monotonic())
        self._seen.begin(path)
        if method is Method.CREATED:
            self._attribution.hint(path)
        if method is Method.CLOSED and stamp is not None:
            self._held.hold(path, stamp)

    def _move_folder(self, path: str, target: str) -> None:
        """A folder got another name: so did what waits to settle in it."""
        if path and target:
            for waiting in self._table.below(path):
                self._move(waiting, target + waiting[len(path) :])

    def _move(self, path: str, target: str) -> None:
        root = self._places.root(target)
        if root is None:
            self._table.remove(path, time.monotonic())
            return
        if target in self._held:
            self._hand_on_held(root, target, Method.REPLACED)
            self._table.forget(target)
        if path in self._table:
            self._held.follow(path, target)
            state = look(target)
            self._table.rename(path, target, state if isinstance(state, Stamp) else None, time.monotonic())
            self._seen.follow(path, target)
        else:
            self._note(target, Method.MOVED)
        if path and isinstance(look(path), Stamp):
            self._note(path, Method.MOVED)

    def _is_held_in_place(self, path: str, state: Stamp | Absent) -> bool:
        return isinstance(state, Stamp) and self._held.is_of(path, state)

    def _part_from_name(self, root: Root, path: str, state: Stamp | Absent) -> None:
        is_unlinked = self._held.status(path).st_nlink == 0
        if isinstance(state, Stamp):
            self._hand_on_held(root, path, Method.REPLACED)
            self._table.forget(path)
            self._note(path, Method.FOUND)
        elif is_unlinked:
            self._hand_on_held(root, path, Method.UNLINKED)
            self._table.forget(path)
        else:
            self._judge(root, path, Absent.MISSING)

    def _judge(self, root: Root, path: str, state: Stamp | Absent) -> None:
        entry = self._table.pending(path)
        if state is Absent.OTHER or entry is None:
            self._drop(path)
            return
        method, last = entry.method, entry.stamp
        stamp = state if isinstance(state, Stamp) else None
        now = time.monotonic()
        rested_s = 0.0 if stamp is None or root.is_afar else stamp.rested_s(time.time())
        has_writer = partial(self._has_writer, path, stamp)
        verdict = self._table.look(path, stamp, now, rested_s=rested_s, has_writer=has_writer)
        if verdict is Look.WAIT:
            return
        if verdict is Look.VANISHED:
            self._vanish(root, path, last, is_closed=method is Method.CLOSED)
        elif stamp is not None:
            self._hand_on(root, path, stamp, _VERDICTS.get(verdict, method))

    def _has_writer(self, path: str, stamp: Stamp | None) -> bool:
        if stamp is None:
            return False
        try:
            is_open = is_open_for_writing(self._held.keep(path, stamp))
        except OSError:
            return False
        if is_open and self._held.is_over_full:
            self._held.release(path)
        return is_open

    def _vanish(self, root: Root, path: str, last: Stamp | None, *, is_closed: bool) -> None:
        """A file is gone: hand on what is held of it, or its name and size, but not one that was closed empty."""
        if path in self._held:
            self._hand_on_held(root, path, Method.UNLINKED)
        elif last is None or last.size > 0 or not is_closed:
            self._handing.tell_gone(root, path, last)

    def _hand_on(self, root: Root, path: str, stamp: Stamp, method: Method) -> None:
        now = time.monotonic()
        fd = self._held.take(path)
        try:
            fd = open_seen(path, stamp) if fd is None else fd
        except FileNotFoundError:
            self._table.note(path, method, None, now)
            return
        except OSError as error:
            if is_out_of_descriptors(error):
                self._table.note(path, method, stamp, now)
                self._table.postpone(path, now, _AGAIN_S)
                return
            root.remember(path, stamp)
            self._handing.refuse(root, path, error, stamp.size)
            return
        status = os.fstat(fd)
        found = stamp_from(status)
        if found != stamp and method is not Method.STILL_CHANGING:
            os.close(fd)
            self._table.note(path, method, found, now)
            return
        self._give(root, path, fd, status, method)

    def _hand_on_held(self, root: Root, path: str, method: Method) -> None:
        fd = self._held.take(path)
        if fd is None:
            return
        status = os.fstat(fd)
        if status.st_size == 0:
            os.close(fd)
            return
        self._give(root, path, fd, status, method)

    def _give(self, root: Root, path: str, fd: int, status: os.stat_result, method: Method) -> None:
        again = self._handing.give(root, path, fd, status, method)
        if again is not None:
            now = time.monotonic()
            self._table.note(path, method, again, now)
            self._table.postpone(path, now, _AGAIN_S)

    def _drop(self, path: str) -> None:
        self._table.forget(path)
        self._held.release(path)
