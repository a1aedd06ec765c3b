"""Roots on file systems that others answer for (servers, FUSE programs): each with a watcher of its own.

When one does not answer, its watcher stands still and nothing else does; that it does is told, and what it means. So
that nobody else ever reads there, the watcher hands on copies of what it read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from forensics.config import Files
from forensics.sensors.files.copying import Room
from forensics.sensors.files.outbox import Outbox
from forensics.sensors.files.roots import Root
from forensics.sensors.files.rounds import Comings
from forensics.sensors.files.seen import Seen
from forensics.sensors.files.watcher import Watcher, health_of
from forensics.sensors.hearing import Hearer, Hearing

STALLED_S = 30.0
"""For so long no look at a file system takes that answers."""


class _Alone(Comings):
    """No root comes to a watcher of one root, and none goes."""


class _Deaf(Hearing):
    """Hears nothing: the one thread that hears for all is never to wait for a file system that is far away."""

    def join(self, hearer: Hearer) -> bool:
        """Refuse."""
        return False


@dataclass(slots=True)
class _Guard:
    watcher: Watcher
    root: Root
    stalled_since: float = 0.0


class Afar:
    """The watchers of roots that are far away. `add`, `remove` and `check` from one thread."""

    def __init__(self, settings: Files, outbox: Outbox, *, stalled_s: float = STALLED_S) -> None:
        self._settings = settings
        self._outbox = outbox
        self._stalled_s = stalled_s
        self._guards: list[_Guard] = []
        self._room = Room()

    @property
    def roots(self) -> list[Root]:
        """All of them."""
        return [guard.root for guard in tuple(self._guards)]

    def add(self, root: Root) -> None:
        """Watch a root."""
        watcher = Watcher(
            f"files-afar:{root.name}",
            [root],
            self._settings,
            self._outbox,
            comings=_Alone(),
            hearing=_Deaf(),
            seen=Seen(None),
            room=self._room,
        )
        self._guards.append(_Guard(watcher, root))
        watcher.start()

    def remove(self, root: Root) -> bool:
        """Watch a root no more: it was unmounted. False when it is none of these."""
        for guard in self._guards:
            if guard.root is root:
                guard.watcher.ask_to_stop()
                self._guards.remove(guard)
                self._outbox.put(health_of(root, "stopped"))
                return True
        return False

    def check(self) -> None:
        """See which watchers stand still, and which go on after they did."""
        for guard in self._guards:
            is_stalled = time.monotonic() - guard.watcher.turned > self._stalled_s
            if is_stalled and not guard.stalled_since:
                guard.stalled_since = time.time() - self._stalled_s
                self._tell_stalled(guard)
            elif guard.stalled_since and not is_stalled:
                detail = "it answers again and is gone over"
                self._outbox.put(guard.root.gap("share did not answer", start=guard.stalled_since, detail=detail))
                guard.stalled_since, guard.root.trouble = 0.0, ""
                guard.watcher.doubt("share did not answer", "it is gone over again")
            if is_stalled:
                self._outbox.put(health_of(guard.root, "degraded"))

    def look_again(self) -> None:
        """Each hands on once more what it handed on, as soon as it answers."""
        for guard in self._guards:
            guard.watcher.look_again()

    def _tell_stalled(self, guard: _Guard) -> None:
        guard.root.trouble = "does not answer"
        detail = "nothing is seen of it until it answers again"
        copies = guard.watcher.copies
        unread = copies.unread if copies is not None else None
        if unread is not None:
            detail += f"; {unread.path} was being read"
        self._outbox.put(guard.root.gap("share does not answer", start=guard.stalled_since, detail=detail))
        if copies is not None and unread is not None and copies.is_news(unread):
            self._outbox.put_files([unread])

    def stop(self, timeout_s: float) -> None:
        """End all of them within `timeout_s`; those that stand still are left behind."""
        deadline = time.monotonic() + timeout_s
        for guard in self._guards:
            guard.watcher.ask_to_stop()
        for guard in self._guards:
            guard.watcher.stop(max(0.0, deadline - time.monotonic()))
