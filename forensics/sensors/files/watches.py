"""Sees that a root's folders are watched, and says which are not: the kernel grants only so many watches."""

from __future__ import annotations

import errno
import time
from dataclasses import dataclass, field

from forensics.sensors.files.hints import Hints, watch_limit
from forensics.sensors.files.outbox import Outbox
from forensics.sensors.files.reconcile import Reconciliation
from forensics.sensors.files.roots import Root

_SECOND_LOOK_S = 1.5
_LEAST_REARM_S = 10.0
_MORE_WATCHES = "raise fs.inotify.max_user_watches (sysctl)"


@dataclass(slots=True)
class Lacking:
    """The folders of one root that had no watch when last counted, and when all watches are set up anew."""

    inodes: set[int] = field(default_factory=set)
    rearm_at: float = 0.0


class Watches:
    """The watches of several roots. What is wrong becomes the root's trouble, and a gap when it begins."""

    def __init__(self, hints: Hints, outbox: Outbox, *, every_s: float) -> None:
        self._hints = hints
        self._outbox = outbox
        self._every_s = every_s

    def arm(self, root: Root) -> None:
        """Watch a root and all below it."""
        try:
            self._hints.watch(root.real)
        except OSError as error:
            is_limit = error.errno in (errno.ENOSPC, errno.EMFILE)
            mend = _MORE_WATCHES if is_limit else (error.strerror or str(error))
            self._complain(root, "watch limit reached" if is_limit else "folder not watched", mend)
            return
        root.trouble = ""

    def count(self, root: Root, done: Reconciliation, lacking: Lacking) -> float | None:
        """Hold the folders of a whole pass against the watches there are; in how many seconds to go over it again."""
        watched = self._hints.watched_inodes()
        assert root.identity is not None
        unwatched: set[int] = set()
        if self._hints.is_whole(root.real):
            pass
        elif root.identity[1] not in watched:
            unwatched = set(range(len(watched), len(done.folders)))
        else:
            unwatched = done.folders - watched
        before, lacking.inodes = lacking.inodes, unwatched
        if not unwatched:
            lacking.rearm_at = 0.0
            if root.trouble and self._hints.is_watching(root.real):
                root.trouble = ""
            return None
        if not unwatched & before:
            return _SECOND_LOOK_S
        if lacking.rearm_at <= time.monotonic():
            lacking.rearm_at = time.monotonic() + max(self._every_s, _LEAST_REARM_S)
            self._hints.unwatch(root.real)
            self.arm(root)
            return 0.0
        detail = f"{len(unwatched)} of {len(done.folders)} folders; the limit is {watch_limit()}: {_MORE_WATCHES}"
        self._complain(root, "folders not watched", detail, len(unwatched))
        return None

    def _complain(self, root: Root, trouble: str, detail: str, size: int = -1) -> None:
        if root.trouble != trouble:
            self._outbox.put(root.gap(trouble, size=size, unit="folders", detail=detail))
        root.trouble = trouble
