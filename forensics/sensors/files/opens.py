"""Tells of every opening of a file on this machine's own file systems: who it was, and a descriptor of the file.

See fanotify(7). Events come with an open descriptor (no FAN_REPORT_FID), which every file system can give, overlay too.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import select
import struct
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

CLOSE_WRITE = 0x8
CLOSE_NOWRITE = 0x10
OPEN = 0x20
OPEN_EXEC = 0x1000
_OVERFLOW = 0x4000

_CLASS_NOTIF, _CLOEXEC, _NONBLOCK, _UNLIMITED_QUEUE, _UNLIMITED_MARKS = 0x0, 0x1, 0x2, 0x10, 0x20
_ADD, _REMOVE, _MOUNT, _IGNORED_MASK, _FILESYSTEM, _EVICTABLE = 0x1, 0x2, 0x10, 0x20, 0x100, 0x200
_SURVIVING = 0x40
_ALL = OPEN | OPEN_EXEC | CLOSE_WRITE | CLOSE_NOWRITE
_AT_FDCWD = -100
_METADATA = struct.Struct("=IBBHQii")
_MOST_AT_ONCE = 128
"""Each event holds a descriptor: a larger read could use up those that the process may have."""

_TABLE = "/proc/self/mountinfo"
_FILE_SYSTEMS = re.compile(
    "bcachefs|btrfs|ecryptfs|exfat|ext[234]|f2fs|fuseblk|hfs|hfsplus|iso9660|jfs|msdos|nilfs2|ntfs|ntfs3|overlay|ramfs"
    "|reiserfs|tmpfs|udf|vfat|xfs|zfs"
)
"""Left out are those where the kernel would have to ask a server or a program to open the file once more."""


class Opening(NamedTuple):
    """One event. `fd` is closed when the next event is taken. `mask` holds OPEN, OPEN_EXEC, CLOSE_NOWRITE, CLOSE_WRITE.

    The kernel puts events of one process on one file together while nobody reads them: a mask can hold several.
    `pid` is the process, not the thread; 0 when it cannot be named from our process namespace.
    """

    fd: int
    pid: int
    mask: int


class Opens:
    """A fanotify group that follows the mount table. One thread waits and reads; any thread may wake it.

    An event holds its file until it is taken, so that for this moment its file system cannot be unmounted. To close its
    descriptor gives up every record lock that this process has on the file: SQLite's are of that kind. So nothing is
    heard of the files that lie in the folder `spared`.

    Raises OSError where there is no fanotify or no right to it (CAP_SYS_ADMIN in the first user namespace).
    """

    def __init__(self, mask: int = OPEN | CLOSE_NOWRITE, *, spared: Path | None = None) -> None:
        self.mask = mask
        self._spared = spared
        self._spared_at = 0
        self.overflows = 0
        """How often the kernel had to drop events; how many each time is not told."""
        self.unopened = 0
        """Events whose file could not be opened for us (a lease was in the way, or it had gone)."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.fanotify_mark.argtypes = (
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint64,
            ctypes.c_int,
            ctypes.c_char_p,
        )
        self._fd = self._group()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._table = os.open(_TABLE, os.O_RDONLY | os.O_CLOEXEC)
        self._poll = select.poll()
        self._own = select.poll()
        for poll in (self._poll, self._own):
            poll.register(self._fd, select.POLLIN)
            poll.register(self._wake, select.POLLIN)
        self._poll.register(self._table, select.POLLPRI)
        self.spare()
        if not self._mark_mounts():
            number = ctypes.get_errno()
            self.close()
            raise OSError(number, "fanotify_mark")

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._fd

    def wait(self, timeout_s: float) -> bool:
        """Wait for events; True when some can be read, here or from a descriptor that is heeded.

        New mounts are marked on the way, a wake ends it.
        """
        ready = {fd for fd, _ in self._poll.poll(timeout_s * 1000)}
        if self._table in ready:
            self._mark_mounts()
        if self._wake in ready:
            with suppress(BlockingIOError):
                os.eventfd_read(self._wake)
        return bool(ready - {self._table, self._wake})

    def pause(self, timeout_s: float) -> None:
        """Wait without heeding anything else, until an event can be read here or it is woken."""
        self._own.poll(timeout_s * 1000)

    def heed(self, fd: int) -> None:
        """Wake for this descriptor too, when it can be read."""
        self._poll.register(fd, select.POLLIN)

    def unheed(self, fd: int) -> None:
        """Wake for it no more."""
        self._poll.unregister(fd)

    @property
    def queued(self) -> int:
        """How many events wait to be read."""
        size = fcntl.ioctl(self._fd, termios.FIONREAD, b"\0" * 4)
        return int.from_bytes(size, sys.byteorder) // _METADATA.size

    def listen(self, mask: int) -> None:
        """Hear of these openings from now on and of no others; what is queued stays."""
        if mask == self.mask:
            return
        more, less, self.mask = mask & ~self.mask, self.mask & ~mask, mask
        for point in mount_points(self._table):
            for change, bits in ((_ADD, more), (_REMOVE, less)):
                if bits:
                    self._mark(change, bits, point)

    def spare(self) -> None:
        """See to it that nothing is heard of the files that lie in the spared folder now, when some came or went."""
        if self._spared is None:
            return
        with suppress(OSError):
            changed = self._spared.stat().st_mtime_ns
            if changed == self._spared_at:
                return
            for name in os.listdir(self._spared):
                path = os.fsencode(self._spared / name)
                self._libc.fanotify_mark(self._fd, _ADD | _IGNORED_MASK | _SURVIVING, _ALL, _AT_FDCWD, path)
            self._spared_at = changed

    def wake(self) -> None:
        """End a wait at once; after the close nothing."""
        if self._wake >= 0:
            os.eventfd_write(self._wake, 1)

    def events(self) -> Iterator[Opening]:
        """What is in the queue, at most some hundred events; each descriptor lives until the next is asked for."""
        try:
            block = os.read(self._fd, _MOST_AT_ONCE * _METADATA.size)
        except BlockingIOError:
            return
        except OSError:
            self.unopened += 1
            return
        events = _METADATA.iter_unpack(block[: len(block) - len(block) % _METADATA.size])
        try:
            for _, _, _, _, mask, fd, pid in events:
                if fd < 0:
                    self.overflows += bool(mask & _OVERFLOW)
                    continue
                try:
                    yield Opening(fd, pid, mask)
                finally:
                    os.close(fd)
        finally:
            for _, _, _, _, _, fd, _ in events:
                if fd >= 0:
                    os.close(fd)

    def drop(self, mask: int) -> int:
        """Throw away what is queued, which costs next to nothing, hear of these openings only, and say how many went.

        What is ignored has to be told anew. The thread that waits calls this.
        """
        count, self.mask = self.queued, mask
        fresh = self._group()
        os.dup2(fresh, self._fd, inheritable=False)
        os.close(fresh)
        self._spared_at = 0
        self.spare()
        self._mark_mounts()
        return count

    def _group(self) -> int:
        flags = _CLASS_NOTIF | _CLOEXEC | _NONBLOCK | _UNLIMITED_QUEUE | _UNLIMITED_MARKS
        # O_NONBLOCK: a FIFO whose writer has gone, or a lease, must not hold us up
        opened = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
        fd: int = self._libc.fanotify_init(flags, opened)
        if fd < 0:
            raise OSError(ctypes.get_errno(), "fanotify_init")
        return fd

    def ignore(self, fd: int) -> None:
        """Hear no more of the opening and closing of this file until it is modified; of its execution still.

        The kernel may forget this when it needs the memory (FAN_MARK_EVICTABLE, Linux 5.19; older ones do nothing).
        """
        unwanted = self.mask & ~OPEN_EXEC
        self._libc.fanotify_mark(self._fd, _ADD | _IGNORED_MASK | _EVICTABLE, unwanted, fd, None)

    def close(self) -> None:
        """Give all back; the marks go with it. Only once nobody waits any more."""
        fds, self._fd, self._wake, self._table = (self._fd, self._wake, self._table), -1, -1, -1
        for fd in fds:
            if fd >= 0:
                os.close(fd)

    def _mark_mounts(self) -> int:
        """Mark what the mount table lists and say how many marks were taken; those that are there stay as they are.

        A mark of the file system also sees what programs do in mount namespaces of their own (snap, flatpak,
        containers); where the kernel refuses it, the mount alone is marked.
        """
        points = mount_points(self._table)
        return sum(self._mark(_ADD, self.mask, point) for point in points) if self.mask else 0

    def _mark(self, change: int, mask: int, point: bytes) -> bool:
        return any(
            self._libc.fanotify_mark(self._fd, change | kind, mask, _AT_FDCWD, point) == 0
            for kind in (_FILESYSTEM, _MOUNT)
        )


def is_local(kind: str) -> bool:
    """Say whether what happens on a file system of this type happens on this machine, in its kernel."""
    return _FILE_SYSTEMS.fullmatch(kind) is not None


def mount_points(table_fd: int) -> list[bytes]:
    """The mount points of the file systems to watch, from an open mount table; of several on one, the topmost.

    See proc_pid_mountinfo(5).
    """
    os.lseek(table_fd, 0, os.SEEK_SET)
    table = b""
    while block := os.read(table_fd, 1 << 16):
        table += block
    kinds: dict[bytes, str] = {}
    for line in table.splitlines():
        mount, _, source = line.partition(b" - ")
        kinds[mount.split()[4]] = source.split()[0].decode("ascii", "replace")
    return [_unescape(point) for point, kind in kinds.items() if is_local(kind)]


def _unescape(point: bytes) -> bytes:
    return re.sub(rb"\\([0-7]{3})", lambda code: bytes([int(code[1], 8)]), point)
