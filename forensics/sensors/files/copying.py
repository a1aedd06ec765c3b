"""Copies of files on file systems that may stop to answer, so that only who copies ever waits for them."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable

from forensics.content import CHUNK_BYTES, Allowance, Content, Spool
from forensics.sensors.files.settled import SettledFile

IN_MEMORY_BYTES = 32 << 20
"""A larger copy is a temporary file without a name."""
_MEMORY_BYTES, _DISK_BYTES = 128 << 20, 8 << 30
"""What the copies that are in use may take together."""
_FREE_SHARE = 2
"""A copy on disk takes at most half of what is free."""
_MOST_TOLD = 10_000


class NoRoomError(Exception):
    """Copies that are in use take up what there is: later."""


class GivenUpError(Exception):
    """The copying was ended by who asked for it."""


class Room:
    """What copies of all watchers may take. For any thread."""

    def __init__(self, *, memory: int = _MEMORY_BYTES, disk: int = _DISK_BYTES) -> None:
        self._memory, self._disk = Allowance(memory), Allowance(disk)
        self._most = memory, disk

    def take(self, size: int) -> Callable[[], None]:
        """Room for a copy; what is returned gives it back.

        NoRoomError while others have it; OSError (EFBIG) when it is more than there ever is.
        """
        is_large = size > IN_MEMORY_BYTES
        allowance = self._disk if is_large else self._memory
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

    GivenUpError when `go_on` says no. OSError when a block cannot be read, or the disk has no room for a large copy
    (ENOSPC).
    """
    if size <= IN_MEMORY_BYTES:
        spool = Spool(limit_bytes=IN_MEMORY_BYTES)
        _pump(fd, size, go_on, spool.write)
        return spool.close()
    with tempfile.TemporaryFile(buffering=0) as file:
        free = os.fstatvfs(file.fileno())
        if size * _FREE_SHARE > free.f_bavail * free.f_frsize:
            raise OSError(errno.ENOSPC, "no room for a copy on the disk of temporary files")
        _pump(fd, size, go_on, file.write)
        return Content.from_fd(os.dup(file.fileno()))


def _pump(fd: int, size: int, go_on: Callable[[], bool], write: Callable[[bytes], int]) -> None:
    at = 0
    while at < size:
        if not go_on():
            raise GivenUpError
        block = os.pread(fd, min(CHUNK_BYTES, size - at), at)
        if not block:
            return
        at += len(block)
        while block:
            block = block[write(block) :]
