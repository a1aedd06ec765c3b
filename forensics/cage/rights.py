"""Root's rights, given up for good: capabilities(7)."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_SET_BOUNDING, _DROP_BOUNDING, _SET_SECUREBITS = 23, 24, 28
_AMBIENT, _CLEAR_AMBIENT = 47, 4
_NO_ROOT_LOCKED = 0x3  # uid 0 gains nothing by starting a program, and cannot take that back
_VERSION_3 = 0x20080522
_OVERRIDE = 1
_MOST = 64


def drop(needed: Iterable[Path]) -> bool:
    """Give up every capability, now and for programs started later; say whether none is left.

    Root that may not read what is `needed` without (a store in another user's home) keeps CAP_DAC_OVERRIDE.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_AMBIENT, _CLEAR_AMBIENT, 0, 0, 0)
    libc.prctl(_SET_SECUREBITS, _NO_ROOT_LOCKED, 0, 0, 0)
    for capability in range(_MOST):
        if libc.prctl(_SET_BOUNDING, capability, 0, 0, 0) == 1:
            libc.prctl(_DROP_BOUNDING, capability, 0, 0, 0)
    held = _permitted()
    _set(libc, effective=0, permitted=held & 1 << _OVERRIDE)
    if all(map(_is_readable, needed)):
        _set(libc, effective=0, permitted=0)
    else:
        _set(libc, effective=held & 1 << _OVERRIDE, permitted=held & 1 << _OVERRIDE)
    return _permitted() == 0


def _permitted() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)
    return 0


def _is_readable(path: Path) -> bool:
    try:
        is_folder = path.is_dir()
        return os.access(path, os.R_OK | (os.X_OK if is_folder else 0), effective_ids=True)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _set(libc: ctypes.CDLL, *, effective: int, permitted: int) -> None:
    low, high = 0xFFFFFFFF, 32
    header = struct.pack("=Ii", _VERSION_3, 0)
    data = struct.pack("=6I", effective & low, permitted & low, 0, effective >> high, permitted >> high, 0)
    libc.capset(header, data)
