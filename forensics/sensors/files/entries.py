"""Tells which process wrote, created, linked or renamed which entry of a folder, without opening anything.

See fanotify(7), FAN_REPORT_DFID_NAME (Linux 5.9). An entry is known by a key: file system, handle of the folder, name.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

CLOSE_WRITE, MOVED_TO, CREATE = 0x8, 0x80, 0x100
_MASK = CLOSE_WRITE | MOVED_TO | CREATE
_OVERFLOW = 0x4000
_CLOEXEC, _NONBLOCK, _UNLIMITED_QUEUE, _UNLIMITED_MARKS, _DFID_NAME = 0x1, 0x2, 0x10, 0x20, 0xC00
_ADD, _FILESYSTEM = 0x1, 0x100
_AT_FDCWD = -100
_AT_HANDLE_FID = 0x200
_METADATA = struct.Struct("=IBBHQii")
_INFO = struct.Struct("=BBH")
_HANDLE = struct.Struct("=Ii")
_FSID = struct.Struct("=Q")
_WITH_NAME = 2
_MOST_HANDLE_BYTES = 128


class Act(NamedTuple):
    """What `pid` did to an entry: `mask` holds CREATE (also a hard link), MOVED_TO, CLOSE_WRITE, several at once."""

    key: bytes
    pid: int
    mask: int


class Entries:
    """A fanotify group on whole file systems. One thread reads; any may ask for keys.

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

    def mark(self, point: bytes) -> bool:
        """Hear of the file system that lies there; False where it cannot name its entries (overlay, some FUSE)."""
        return bool(self._libc.fanotify_mark(self._fd, _ADD | _FILESYSTEM, _MASK, _AT_FDCWD, point) == 0)

    def acts(self) -> Iterator[Act]:
        """What is in the queue, at most some hundred acts, oldest first."""
        try:
            block = os.read(self._fd, 1 << 16)
        except BlockingIOError:
            return
        at = 0
        while at + _METADATA.size <= len(block):
            length, _, _, head, mask, _, pid = _METADATA.unpack_from(block, at)
            if mask & _OVERFLOW:
                self.overflows += 1
            elif length > head:
                kind, _, size = _INFO.unpack_from(block, at + head)
                if kind == _WITH_NAME:
                    yield Act(block[at + head + _INFO.size : at + head + size].rstrip(b"\0"), pid, mask)
            at += length

    def key(self, path: str) -> bytes | None:
        """The key of an entry as the folder stands now; None when the folder is gone or has no handle."""
        folder, name = os.path.split(os.fsencode(path))
        try:
            fsid = _FSID.pack(os.statvfs(folder).f_fsid)
        except OSError:
            return None
        buffer = ctypes.create_string_buffer(_HANDLE.size + _MOST_HANDLE_BYTES)
        mount = ctypes.c_int()
        for flags in (0, _AT_HANDLE_FID):
            _HANDLE.pack_into(buffer, 0, _MOST_HANDLE_BYTES, 0)
            if self._libc.name_to_handle_at(_AT_FDCWD, folder, buffer, ctypes.byref(mount), flags) == 0:
                size, _ = _HANDLE.unpack_from(buffer)
                return (fsid + buffer.raw[: _HANDLE.size + size] + name).rstrip(b"\0")
        return None

    def close(self) -> None:
        """Give the group back; only once nobody reads any more."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
