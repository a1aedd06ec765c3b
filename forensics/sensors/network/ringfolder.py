"""Where the ring lies: packets hold clear audio, so in memory, for this user alone, and found again after a restart."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import struct
import time
from contextlib import suppress
from pathlib import Path

from forensics.errors import CaptureError
from forensics.sensors.network.keeper import LOCK

_IN_MEMORY = ("tmpfs", "ramfs")
_WHOLE = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
"""struct flock: all of the file, for writing."""


def place(store: Path, base: Path | None) -> Path:
    """The ring folder of a store, below `base` or the first memory-backed folder of this machine.

    Raises CaptureError when there is none.
    """
    digest = hashlib.sha256(os.fsencode(store.resolve())).hexdigest()[:16]
    name = f"earwitness-{os.getuid()}-{digest}"
    if base is not None:
        return base / name
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    for candidate in ("/dev/shm", runtime, "/run/shm"):
        if candidate and os.access(candidate, os.W_OK | os.X_OK) and is_in_memory(candidate):
            return Path(candidate) / name
    raise CaptureError("no memory-backed folder for packets (/dev/shm): set network.ring_folder")


def prepare(folder: Path) -> None:
    """Make the folder, or make sure that an existing one is ours and nobody else's; CaptureError otherwise."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        status = folder.lstat()
    except OSError as error:
        raise CaptureError(f"{folder}: {error.strerror}") from error
    is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
    if not is_ours:
        raise CaptureError(f"{folder}: not a private folder of this user; remove it")


def lock(folder: Path, patience_s: float) -> int:
    """Take the monitor's lock on a ring folder; CaptureError when another monitor has it.

    A lock of the open file (fcntl_locking(2), F_OFD_SETLK), which the keeper's record lock respects. A record lock of
    our own is gone as soon as any descriptor of the file is closed, and every opening that is heard brings one.
    """
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.fcntl(fd, fcntl.F_OFD_SETLK, _WHOLE)
        except OSError as error:
            if time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            os.close(fd)
            raise CaptureError("another monitor captures for this store") from error
        return fd


def unlock(lock_fd: int) -> None:
    """Give the lock back."""
    os.close(lock_fd)


def free_bytes(folder: Path) -> int:
    """Bytes still free where the folder lies."""
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize


def remove(folder: Path) -> None:
    """Remove the folder with what belongs to the ring; files of anybody else keep it."""
    for entry in folder.iterdir():
        if entry.name == LOCK or entry.name.startswith((".event-", ".keeper")):
            with suppress(OSError):
                entry.unlink()
    with suppress(OSError):
        folder.rmdir()


def is_in_memory(folder: str) -> bool:
    """Say whether what is written there stays in memory (or in swap)."""
    best, kind = "", ""
    with open("/proc/self/mounts") as table:
        for line in table:
            _, point, name, *_ = line.split()
            if (folder == point or folder.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):
                best, kind = point, name
    return kind in _IN_MEMORY
