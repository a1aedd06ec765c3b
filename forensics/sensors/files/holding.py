"""Descriptors of files that are coming to rest, held so that a file unlinked meanwhile is still read."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import signal
import stat

_MOST_HELD = 256
_OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


class Held:
    """Open descriptors by path, a bounded number of them."""

    def __init__(self) -> None:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._limit = min(_MOST_HELD, soft // 4 if soft > 0 else _MOST_HELD)
        self._fds: dict[str, int] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._fds

    def __len__(self) -> int:
        return len(self._fds)

    @property
    def is_over_full(self) -> bool:
        """Say whether more descriptors are held than should be for long."""
        return len(self._fds) > self._limit

    def hold(self, path: str) -> None:
        """Open the file at once if it can be opened and there is room."""
        if path not in self._fds and len(self._fds) < self._limit:
            try:
                self._fds[path] = open_regular(path)
            except OSError:
                return

    def keep(self, path: str) -> int:
        """The descriptor of a file that is about to be handed on, opened when it was not held; OSError."""
        if path not in self._fds:
            self._fds[path] = open_regular(path)
        return self._fds[path]

    def status(self, path: str) -> os.stat_result:
        """The state of a held file, whatever became of its name."""
        return os.fstat(self._fds[path])

    def take(self, path: str) -> int | None:
        """Hand over the descriptor of a held file; None when it is not held."""
        return self._fds.pop(path, None)

    def follow(self, path: str, target: str) -> None:
        """The file got another name."""
        fd = self._fds.pop(path, None)
        if fd is not None:
            self.release(target)
            self._fds[target] = fd

    def release(self, path: str) -> None:
        """Let go of a file."""
        fd = self._fds.pop(path, None)
        if fd is not None:
            os.close(fd)

    def paths(self) -> list[str]:
        """All held paths."""
        return list(self._fds)


def open_regular(path: str) -> int:
    """Open a regular file for reading, never a link, pipe or device; OSError otherwise."""
    before = os.lstat(path)
    if not stat.S_ISREG(before.st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a regular file")
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
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
