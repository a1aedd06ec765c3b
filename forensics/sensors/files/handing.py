"""Makes settled files of what came to rest, reads what may soon not be readable, and hands all on together."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace

from forensics.content import Content
from forensics.sensors.files.actors import Actor
from forensics.sensors.files.attribution import Attribution
from forensics.sensors.files.copying import Copies, GivenUpError, NoRoomError
from forensics.sensors.files.outbox import Outbox
from forensics.sensors.files.roots import Root
from forensics.sensors.files.seen import Seen
from forensics.sensors.files.settled import (
    Method,
    SettledFile,
    Stamp,
    as_uri,
    stamp_from,
    stamp_of,
    user_name,
)


class Handing:
    """What waits to be handed on. With `copies`, files are read here, and only what was read is handed on."""

    def __init__(self, outbox: Outbox, attribution: Attribution, seen: Seen, copies: Copies | None) -> None:
        self._outbox = outbox
        self._attribution = attribution
        self._seen = seen
        self._copies = copies
        self._ready: list[SettledFile] = []

    def flush(self) -> None:
        """Hand on what waits."""
        ready, self._ready = self._ready, []
        self._outbox.put_files(ready)

    def give(self, root: Root, path: str, fd: int, status: os.stat_result, method: Method) -> Stamp | None:
        """Hand on an open file, whose descriptor this takes over, unless this state of it was.

        The stamp it has when it is to be looked at again instead: it changed meanwhile, or there is no room for a copy.
        """
        stamp = stamp_from(status)
        content = Content(fd=fd, size=status.st_size)
        if self._copies is not None:
            actor = self._attribution.of(path, stamp).or_owner(status.st_uid)
            copy = _settled(root, path, stamp, method, content=content, actor=actor, done=_nothing, is_copy=True)
            return None if root.is_known(path, stamp) else self._copy(self._copies, root, path, copy)
        if root.remember(path, stamp):
            root.counters["settled"] += 1
            actor = self._attribution.of(path, stamp).or_owner(status.st_uid)
            done = self._seen.send(path)
            self._ready.append(_settled(root, path, stamp, method, content=content, actor=actor, done=done))
        return None

    def tell_gone(self, root: Root, path: str, last: Stamp | None) -> None:
        """Name a file that is gone."""
        root.counters["vanished"] += 1
        actor = self._attribution.of(path, last)
        done = self._seen.send(path)
        self._ready.append(_settled(root, path, last, Method.VANISHED, actor=actor, done=done))

    def refuse(self, root: Root, path: str, error: OSError, size: int) -> None:
        """Tell that a file cannot be read."""
        refusal = root.refuse("file", path, error.strerror or str(error), size)
        if refusal is not None:
            self._outbox.put(refusal)

    def _copy(self, copies: Copies, root: Root, path: str, file: SettledFile) -> Stamp | None:
        """Read a file, and hand on what was read in its place."""
        assert file.content is not None
        assert file.stamp is not None
        self.flush()  # nothing else is to wait for what may take for ever
        unread = replace(file, content=None, method=Method.UNREADABLE, is_copy=False)
        try:
            content, done = copies.make(file.content.descriptor(), unread)
            found = stamp_of(file.content)
        except NoRoomError:
            return file.stamp
        except GivenUpError:
            return None
        except OSError as error:
            if copies.is_news(unread):
                self.refuse(root, path, error, file.size)
                self._ready.append(unread)
            return None
        if found != file.stamp and file.method is not Method.STILL_CHANGING:
            done()
            return found
        root.remember(path, file.stamp)
        root.counters["settled"] += 1
        self._ready.append(replace(file, content=content, done=done))
        return None


def _settled(
    root: Root,
    path: str,
    stamp: Stamp | None,
    method: Method,
    *,
    content: Content | None = None,
    actor: Actor,
    done: Callable[[], None],
    is_copy: bool = False,
) -> SettledFile:
    return SettledFile(
        sensor=root.sensor,
        role=root.role,
        root=root.name,
        path=root.way(path),
        uri=as_uri(root.as_configured(path)),
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
        is_copy=is_copy,
        done=done,
    )


def _nothing() -> None:
    """Nobody waits."""
