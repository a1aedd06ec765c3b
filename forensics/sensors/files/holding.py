"""Descriptors of files that are coming to rest, held so that a file unlinked meanwhile is still read."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import signal
from contextlib import suppress

from forensics.sensors.files.settled import Absent, Stamp, look

_MOST_HELD = 256
_UNHEARD = int(signal.SIGURG)
_OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


class Held:
    """Open descriptors by path, a bounded number of them."""

    def __init__(self) -> None:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._limit = min(_MOST_HELD, soft // 4 if soft > 0 else _MOST_HELD)
        self._fds: dict[str, int] = {}
        self._files: dict[str, tuple[int, int]] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._fds

    def __len__(self) -> int:
        return len(self._fds)

    @property
    def is_full(self) -> bool:
        """Say whether no more files are held for being short-lived."""
        return len(self._fds) >= self._limit

    @property
    def is_over_full(self) -> bool:
        """Say whether more descriptors are held than should be for long."""
        return len(self._fds) > self._limit

    def hold(self, path: str, stamp: Stamp) -> None:
        """Open the regular file that was just seen there, if that can be done and there is room."""
        if path not in self._fds and len(self._fds) < self._limit:
            with suppress(OSError):
                self.keep(path, stamp)

    def keep(self, path: str, stamp: Stamp) -> int:
        """The descriptor of a file that is about to be handed on, opened when it was not held; OSError."""
        if path not in self._fds:
            self._fds[path] = open_seen(path, stamp)
            self._files[path] = stamp[:2]
        return self._fds[path]

    def is_of(self, path: str, stamp: Stamp) -> bool:
        """Say whether the held file is the one that was seen."""
        return self._files[path] == stamp[:2]

    def status(self, path: str) -> os.stat_result:
        """The state of a held file, whatever became of its name."""
        return os.fstat(self._fds[path])

    def take(self, path: str) -> int | None:
        """Hand over the descriptor of a held file; None when it is not held."""
        self._files.pop(path, None)
        return self._fds.pop(path, None)

    def follow(self, path: str, target: str) -> None:
        """The file got another name."""
        if path in self._fds:
            self.release(target)
            self._fds[target], self._files[target] = self._fds.pop(path), self._files.pop(path)

    def release(self, path: str) -> None:
        """Let go of a file."""
        fd = self.take(path)
        if fd is not None:
            with suppress(OSError):
                os.close(fd)

    def paths(self) -> list[str]:
        """All held paths."""
        return list(self._fds)


def open_regular(path: str) -> int:
    """Open a regular file for reading, never a link, pipe or device; OSError otherwise."""
    stamp = look(path)
    if isinstance(stamp, Stamp):
        return open_seen(path, stamp)
    number = errno.ENOENT if stamp is Absent.MISSING else errno.EINVAL
    raise OSError(number, os.strerror(number), path)


def open_seen(path: str, stamp: Stamp) -> int:
    """Open for reading the regular file that a look just showed; OSError when it is another by now, or what it is.

    The look before keeps from opening what is no file: a pipe or device could notice.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    status = os.fstat(fd)
    if (status.st_dev, status.st_ino) != stamp[:2]:
        os.close(fd)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    return fd


def is_out_of_descriptors(error: OSError) -> bool:
    """Say whether the open failed for want of descriptors, which says nothing about the file."""
    return error.errno in _OUT_OF_DESCRIPTORS


def is_open_for_writing(fd: int) -> bool:
    """Say whether anybody has the file open for writing, where the system tells cheaply: by trying a read lease.

    Leases are granted on one's own files, or any with CAP_LEASE; where none is to be had the answer is False. The
    signal of a lease broken in its few microseconds is moved from SIGIO, which kills, to SIGURG, which does nothing.
    """
    try:
        fcntl.fcntl(fd, fcntl.F_SETSIG, _UNHEARD)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
