"""Files and ports a process may still reach, by Landlock (landlock(7), Linux 5.13), which needs no privilege."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_ASK_VERSION = 1
_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE = 1 << 14
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""All rights to files that a version of the interface knows, by the first version that knows them."""
_TCP = 3
_ABSTRACT_SOCKETS_AND_SIGNALS = 3


def version() -> int:
    """The version of the kernel's interface; 0 where there is none or it is switched off."""
    return max(0, int(_libc().syscall(_CREATE, None, 0, _ASK_VERSION)))


def restrict(*, readable: Iterable[Path], writable: Iterable[Path], may_execute: bool) -> None:
    """Leave this thread, and what it starts, only these: folders with all below them, and files that exist.

    What is open stays open. TCP, abstract sockets and signals to others are refused from the versions on that can (4,
    6). Needs no_new_privs. Raises OSError where the kernel has no Landlock.
    """
    known = version()
    if known < 1:
        raise OSError(errno.ENOSYS, "this kernel has no Landlock, or it is switched off")
    handled = _FILE_RIGHTS[max(each for each in _FILE_RIGHTS if each <= known)]
    attributes = struct.pack(
        "=QQQ", handled, _TCP if known >= 4 else 0, _ABSTRACT_SOCKETS_AND_SIGNALS if known >= 6 else 0
    )
    attributes = attributes[: 8 if known < 4 else 16 if known < 6 else 24]
    rules = _call(_CREATE, attributes, len(attributes), 0)
    try:
        reading = _READ_FILE | _READ_FOLDER | (_EXECUTE if may_execute else 0)
        for path in readable:
            _allow(rules, path, reading)
        for path in writable:
            _allow(rules, path, (reading | _WRITE_FILE | _TRUNCATE) & handled)
        _call(_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: Path, rights: int) -> None:
    """Grant rights below a path; one that is not there is passed over, since it cannot be reached either."""
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= ~_READ_FOLDER
        _call(_ADD_RULE, rules, _BENEATH, struct.pack("=Qi", rights, fd), 0)
    finally:
        os.close(fd)


def _call(number: int, *arguments: int | bytes) -> int:
    result = int(_libc().syscall(number, *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
