"""From hints and finds to settled files: looks when looks are due, holds what is short-lived, hands on what rests."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import partial

from forensics.content import Content
from forensics.sensors.files.actors import Actor
from forensics.sensors.files.attribution import Attribution
from forensics.sensors.files.hint import Hint
from forensics.sensors.files.holding import Held, is_open_for_writing, is_out_of_descriptors, open_seen
from forensics.sensors.files.outbox import Outbox
from forensics.sensors.files.reconcile import Found
from forensics.sensors.files.roots import Root
from forensics.sensors.files.seen import Seen
from forensics.sensors.files.settle import Look, Patience, SettleTable
from forensics.sensors.files.settled import (
    Absent,
    Method,
    SettledFile,
    Stamp,
    as_uri,
    look,
    stamp_from,
    user_name,
)

MOST_PENDING = 20_000
_MARGIN = 4096
_MOST_PLACES = 10_000
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
    ) -> None:
        self._roots = roots
        self._table = SettleTable(patience)
        self._held = Held()
        self._outbox = outbox
        self._doubt = doubt
        self._attribution = attribution
        self._ready: list[SettledFile] = []
        self._layout: list[tuple[str, tuple[str, ...]]] = []
        self._places: dict[str, Root | None] = {}
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
        """When the next look is due on the monotonic clock."""
        return self._table.next_due()

    def take(self, hint: Hint) -> None:
        """Act on a hint about a file: open it at once when it was just closed, for it may soon be gone."""
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
        for path in self._table.due(time.monotonic(), self._outbox.room):
            root = self._root_of(path)
            if root is None or path not in self._table:
                self._drop(path)
                continue
            state = look(path)
            if path in self._held and not self._is_held_in_place(path, state):
                self._part_from_name(root, path, state)
            else:
                self._judge(root, path, state)
        self._hand_over()

    def tell_left(self) -> None:
        """Name what an earlier process had noticed and not come to the end of, where it is gone now."""
        for path in self._seen.left:
            root = self._root_of(path)
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
        self._hand_over()

    def close(self) -> None:
        """Hand on what no later scan could find, and let go of everything else."""
        for path in self._held.paths():
            root = self._root_of(path)
            if root is not None and self._held.status(path).st_nlink == 0:
                self._hand_on_held(root, path, Method.UNLINKED)
            self._drop(path)
        self._hand_over()

    def _hand_over(self) -> None:
        ready, self._ready = self._ready, []
        self._outbox.put_files(ready)

    def _root_of(self, path: str) -> Root | None:
        inside = [root for root in self._roots if root.holds(path)]
        return max(inside, key=lambda root: len(root.real), default=None)

    def _root_for(self, path: str) -> Root | None:
        """The root of a path that is not left out; remembered by folder as long as roots stay what they are."""
        layout = [(root.real, root.ignore.inner) for root in self._roots]
        if layout != self._layout or len(self._places) > _MOST_PLACES:
            self._layout = layout
            self._places.clear()
        folder, _, name = path.rpartition("/")
        if folder not in self._places:
            root = self._root_of(path)
            is_out = root is None or (folder != root.real and root.ignore.matches(root.real, folder))
            self._places[folder] = None if is_out else root
        root = self._places[folder]
        return None if root is None or root.ignore.matches_entry(root.real, name, path) else root

    def _note(self, path: str, method: Method) -> None:
        root = self._root_for(path)
        if root is None:
            return
        state = look(path)
        if state is Absent.OTHER:
            return
        stamp = state if isinstance(state, Stamp) else None
        if stamp is not None and path not in self._table and root.is_known(path, stamp):
            return
        if path in self._held and stamp is not None and not self._is_held_in_place(path, stamp):
            self._hand_on_held(root, path, Method.REPLACED)
            self._table.forget(path)
        if path not in self._table and len(self._table) >= 2 * MOST_PENDING:
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
        root = self._root_for(target)
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
        verdict = self._table.look(path, stamp, time.monotonic(), has_writer=partial(self._has_writer, path, stamp))
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
            root.counters["vanished"] += 1
            actor = self._attribution.of(path, last)
            done = self._seen.send(path)
            self._ready.append(_settled(root, path, last, Method.VANISHED, actor=actor, done=done))

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
                self._table.postpone(path, now, 1.0)
                return
            root.remember(path, stamp)
            refusal = root.refuse("file", path, error.strerror or str(error), stamp.size)
            if refusal is not None:
                self._outbox.put(refusal)
            return
        status = os.fstat(fd)
        if stamp_from(status) != stamp and method is not Method.STILL_CHANGING:
            os.close(fd)
            self._table.note(path, method, stamp_from(status), now)
            return
        self._put_fd(root, path, fd, status, method)

    def _hand_on_held(self, root: Root, path: str, method: Method) -> None:
        fd = self._held.take(path)
        if fd is None:
            return
        status = os.fstat(fd)
        if status.st_size == 0:
            os.close(fd)
            return
        self._put_fd(root, path, fd, status, method)

    def _put_fd(self, root: Root, path: str, fd: int, status: os.stat_result, method: Method) -> None:
        stamp = stamp_from(status)
        content = Content(fd=fd, size=status.st_size)
        if root.is_known(path, stamp):
            return
        root.remember(path, stamp)
        root.counters["settled"] += 1
        actor = self._attribution.of(path, stamp).or_owner(status.st_uid)
        done = self._seen.send(path)
        self._ready.append(_settled(root, path, stamp, method, content=content, actor=actor, done=done))

    def _drop(self, path: str) -> None:
        self._table.forget(path)
        self._held.release(path)


def _settled(
    root: Root,
    path: str,
    stamp: Stamp | None,
    method: Method,
    *,
    content: Content | None = None,
    actor: Actor,
    done: Callable[[], None],
) -> SettledFile:
    return SettledFile(
        sensor=root.sensor,
        role=root.role,
        root=root.name,
        path=root.way(path),
        uri=as_uri(os.path.join(root.path, path[len(root.real) :].lstrip("/"))),
        stamp=stamp,
        content=content,
        time=time.time(),
        method=method,
        facts=root.facts,
        is_medium=root.carried is not None,
        user=user_name(actor.uid) if actor.uid >= 0 else "",
        process=actor.process,
        pid=actor.pid,
        known_by=f"{actor.method}; {actor.lineage}" if actor.lineage else actor.method,
        done=done,
    )
