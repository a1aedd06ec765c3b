"""Copies of files on file systems that may stop to answer, so that only who copies ever waits for them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from forensics.content import CHUNK_BYTES, Allowance, Content, Spool
from forensics.sensors.files.settled import SettledFile

LARGE_BYTES = 32 << 20
"""From here on a copy is large: it takes from a room of its own, and only while there is memory."""
_SMALL_ROOM, _LARGE_ROOM = 128 << 20, 4 << 30
"""What the copies that are in use may take together. They lie in memory: what leaves may be audio, in clear."""
_FREE_SHARE = 2
"""A large copy takes at most half of the memory that is available."""
_MEMORY = Path("/proc/meminfo")
_MOST_TOLD = 10_000


class NoRoomError(Exception):
    """Copies that are in use take up what there is: later."""


class GivenUpError(Exception):
    """The copying was ended by who asked for it."""


class Room:
    """What copies of all watchers may take. For any thread."""

    def __init__(self, *, small: int = _SMALL_ROOM, large: int = _LARGE_ROOM) -> None:
        self._small, self._large = Allowance(small), Allowance(large)
        self._most = small, large

    def take(self, size: int) -> Callable[[], None]:
        """Room for a copy; what is returned gives it back.

        NoRoomError while others have it; OSError (EFBIG) when it is more than there ever is.
        """
        is_large = size > LARGE_BYTES
        allowance = self._large if is_large else self._small
        if size > self._most[is_large]:
            raise OSError(errno.EFBIG, "too large to be copied from where it lies")
        if not allowance.take(size):
            raise NoRoomError
        return lambda: allowance.give_back(size)


class Copies:
    """Copies files, one at a time, in the thread that watches them. `go_on` is asked before each block of a MiB."""

    def __init__(self, room: Room, go_on: Callable[[], bool]) -> None:
        self._room = room
        self._go_on = go_on
        self._told: set[int] = set()
        self.unread: SettledFile | None = None
        """What is being copied now, as a file that cannot be read."""

    def make(self, fd: int, unread: SettledFile) -> tuple[Content, Callable[[], None]]:
        """The copy of an open file of this size, and what to call when it is no longer needed.

        NoRoomError; GivenUpError; OSError when it cannot be read or is too large.
        """
        size = unread.size
        give_back = self._room.take(size)
        self.unread = unread
        try:
            return copied(fd, size, self._go_on), give_back
        except BaseException:
            give_back()
            raise
        finally:
            self.unread = None

    def is_news(self, unread: SettledFile) -> bool:
        """Say whether it was not told yet that this state of a file cannot be read. From any thread."""
        token = hash((unread.uri, unread.stamp))
        if token in self._told:
            return False
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told.add(token)
        return True


def copied(fd: int, size: int, go_on: Callable[[], bool]) -> Content:
    """The first `size` bytes of an open file, or what there is of them.

    GivenUpError when `go_on` says no. OSError when a block cannot be read, or there is no memory for a large copy
    (ENOMEM).
    """
    if size > LARGE_BYTES and size * _FREE_SHARE > _available_bytes():
        raise OSError(errno.ENOMEM, "no room for a copy in memory")
    spool = Spool(limit_bytes=size)
    at = 0
    while at < size:
        if not go_on():
            raise GivenUpError
        block = os.pread(fd, min(CHUNK_BYTES, size - at), at)
        if not block:
            break
        at += len(block)
        spool.write(block)
    return spool.close()


def _available_bytes() -> int:
    """What can be taken without having other memory swapped out (proc(5), MemAvailable)."""
    with _MEMORY.open() as table:
        return next((int(line.split()[1]) << 10 for line in table if line.startswith("MemAvailable:")), 0)
