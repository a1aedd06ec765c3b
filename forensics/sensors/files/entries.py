"""Tells which process wrote, created, linked, renamed or removed which entry of a folder, without opening anything.

See fanotify(7): FAN_REPORT_DFID_NAME (Linux 5.9), FAN_RENAME (5.17). A folder is named by its file system and a handle.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import NamedTuple

CLOSE_WRITE, CREATE, DELETE, RENAME, ONDIR = 0x8, 0x100, 0x200, 0x10000000, 0x40000000
_MASK = CLOSE_WRITE | CREATE | DELETE | RENAME | ONDIR
_OVERFLOW = 0x4000
_CLOEXEC, _NONBLOCK, _UNLIMITED_QUEUE, _UNLIMITED_MARKS, _DFID_NAME = 0x1, 0x2, 0x10, 0x20, 0xC00
_ADD, _FILESYSTEM = 0x1, 0x100
_AT_FDCWD = -100
_METADATA = struct.Struct("=IBBHQii")
_RECORD = struct.Struct("=BBHQI")
_FROM = 10
_KEY_HEAD = 16
"""File system (8 bytes), then struct file_handle: length of the handle proper and its type, 4 bytes each."""
_AT_ONCE = 1 << 16


class Act(NamedTuple):
    """What `pid` did to an entry: `mask` holds CREATE (also a hard link), CLOSE_WRITE, DELETE, several at once, or
    RENAME, to here from another entry; ONDIR when the entry is a folder. An empty folder is one that was not told.
    """

    mask: int
    pid: int
    folder: bytes
    name: bytes
    from_folder: bytes = b""
    from_name: bytes = b""


class Entries:
    """A fanotify group on whole file systems, with a queue that is as long as it must be. One thread reads.

    Raises OSError where there is no fanotify, none that names entries, or no right to it (CAP_SYS_ADMIN).
    """

    def __init__(self) -> None:
        self.overflows = 0
        """How often the kernel had to drop events; how many each time is not told."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.fanotify_mark.argtypes = (
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint64,
            ctypes.c_int,
            ctypes.c_char_p,
        )
        flags = _CLOEXEC | _NONBLOCK | _UNLIMITED_QUEUE | _UNLIMITED_MARKS | _DFID_NAME
        self._fd: int = self._libc.fanotify_init(flags, os.O_RDONLY | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "fanotify_init")

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._fd

    def mark(self, point: str) -> bool:
        """Hear of the file system that lies there; False where it cannot name its entries (overlay, some FUSE)."""
        path = os.fsencode(point)
        return bool(self._libc.fanotify_mark(self._fd, _ADD | _FILESYSTEM, _MASK, _AT_FDCWD, path) == 0)

    def acts(self) -> list[Act]:
        """What is in the queue, at most a thousand acts or so, oldest first.

        Before they are read the kernel puts acts of one process on one entry together: a mask can hold several.
        """
        try:
            block = os.read(self._fd, _AT_ONCE)
        except BlockingIOError:
            return []
        acts = []
        at, end = 0, len(block)
        while at < end:
            length, _, _, head, mask, _, pid = _METADATA.unpack_from(block, at)
            if mask & _OVERFLOW:
                self.overflows += 1
            elif mask & RENAME:
                acts.append(_renamed(block, at + head, at + length, mask, pid))
            elif length > head:
                acts.append(Act(mask, pid, *_entry(block, at + head)))
            at += length
        return acts

    def close(self) -> None:
        """Give the group back; only once nobody reads any more."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def _entry(block: bytes, at: int) -> tuple[bytes, bytes]:
    """The folder's key and the entry's name in a record; the name is padded with zeros."""
    _, _, size, _, handle = _RECORD.unpack_from(block, at)
    start = at + 4
    name = start + _KEY_HEAD + handle
    return block[start:name], block[name : at + size].rstrip(b"\0")


def _renamed(block: bytes, at: int, end: int, mask: int, pid: int) -> Act:
    """A renaming: one record for the old entry and one for the new."""
    new = old = (b"", b"")
    while at < end:
        kind, _, size, _, _ = _RECORD.unpack_from(block, at)
        if kind == _FROM:
            old = _entry(block, at)
        else:
            new = _entry(block, at)
        at += size
    return Act(mask, pid, *new, *old)
