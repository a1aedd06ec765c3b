"""Which folder a handle of the kernel stands for, as far as it lies below a watched root; see open_by_handle_at(2)."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from contextlib import suppress

_AT_FDCWD = -100
_FSID = struct.Struct("=Q")
_HEAD = struct.Struct("=Ii")
_MOST_HANDLE_BYTES = 128
_MOST_KNOWN = 65_536


class Handles:
    """Paths of folders by key: file system and handle, as in the events of `entries`. Not for two threads.

    What was asked once is known until something is renamed or mounted: then `forget`. A place that lies outside the
    roots is known as such, which is all that most events of a machine need.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._roots: tuple[str, ...] = ()
        self._doors: dict[bytes, list[str]] = {}
        self._open: dict[str, int] = {}
        self._known: dict[bytes, str | None] = {}

    def place(self, roots: Iterable[str], doors: Iterable[str]) -> None:
        """From now on these folders are the roots; `doors` are folders, one at least of each mount they reach into."""
        self._roots = tuple(root.rstrip("/") + "/" for root in roots)
        self._doors = {}
        for door in doors:
            with suppress(OSError):
                self._doors.setdefault(_FSID.pack(os.statvfs(door).f_fsid), []).append(door)
        self.forget()

    def forget(self) -> None:
        """Paths may have changed: ask anew."""
        self._known.clear()

    def path(self, key: bytes) -> str | None:
        """The path of a folder, ending with a slash; None when it lies in no root, or is gone."""
        try:
            return self._known[key]
        except KeyError:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            path = self._known[key] = self._find(key)
            return path

    def key(self, folder: str) -> bytes | None:
        """The key of a folder; None when it is gone or its file system gives no handles that can be opened."""
        buffer = ctypes.create_string_buffer(_HEAD.size + _MOST_HANDLE_BYTES)
        _HEAD.pack_into(buffer, 0, _MOST_HANDLE_BYTES, 0)
        mount = ctypes.c_int()
        if self._libc.name_to_handle_at(_AT_FDCWD, os.fsencode(folder), buffer, ctypes.byref(mount), 0) != 0:
            return None
        size, _ = _HEAD.unpack_from(buffer)
        try:
            return _FSID.pack(os.statvfs(folder).f_fsid) + buffer.raw[: _HEAD.size + size]
        except OSError:
            return None

    def close_doors(self) -> None:
        """Let go of the mounts that paths were asked for since the last call, so that they can be unmounted."""
        while self._open:
            os.close(self._open.popitem()[1])

    def _find(self, key: bytes) -> str | None:
        for door in self._doors.get(key[: _FSID.size], ()):
            path = self._ask(door, key[_FSID.size :])
            if path is not None and path.startswith(self._roots):
                return path
        return None

    def _ask(self, door: str, handle: bytes) -> str | None:
        """The path as the mount has it that `door` lies on, unless that is hidden below another mount."""
        try:
            if door not in self._open:
                self._open[door] = os.open(door, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            found = self._libc.open_by_handle_at(self._open[door], handle, os.O_PATH | os.O_CLOEXEC)
            if found < 0:
                return None
            try:
                path = os.readlink(f"/proc/self/fd/{found}")
                is_there = os.path.samestat(os.fstat(found), os.lstat(path))
            finally:
                os.close(found)
        except OSError:
            return None
        return path.rstrip("/") + "/" if is_there else None
