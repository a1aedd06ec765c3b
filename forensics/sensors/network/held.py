"""The files that a process has open at this moment, and which places hold only what the system itself needs."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

SMALLEST = 1024
"""Bytes. What is smaller says nothing by its size."""

FIXED = ("/usr/", "/etc/", "/lib/", "/lib32/", "/lib64/", "/libx32/", "/bin/", "/sbin/")
"""Places from which nothing moves elsewhere in daily use."""

_SYSTEM = (*FIXED, "/opt/", "/proc/", "/sys/", "/dev/", "/run/", "/var/lib/", "/var/cache/", "/memfd:")
_OF_PEOPLE = ("/dev/shm/", "/run/user/", "/run/media/")
_MOST_LOOKED_AT = 64


def is_of_the_system(path: str) -> bool:
    """Say whether a path lies where programs and the system keep their own files; also what is no path."""
    return (path.startswith(_SYSTEM) and not path.startswith(_OF_PEOPLE)) or not path.startswith("/")


def is_worth_noting(status: os.stat_result) -> bool:
    """Say whether this is a regular file that is large enough."""
    return status.st_size >= SMALLEST and stat.S_ISREG(status.st_mode)


def held(pid: int) -> Iterator[tuple[str, os.stat_result]]:
    """The regular files outside the system's places that a process has open for reading: the kernel's path, status."""
    for number in _descriptors(pid):
        name = f"/proc/{pid}/fd/{number}"
        try:
            path = os.readlink(name)
            if is_of_the_system(path) or not _is_readable(pid, number):
                continue
            status = os.stat(name)
        except (OSError, ValueError):
            continue
        if is_worth_noting(status):
            yield path, status


def is_only_written(pid: int, path: str) -> bool:
    """Say whether a process has this file open, but not for reading. A process that has ended says nothing.

    Of many descriptors only the highest are looked at, which are most often the latest.
    """
    is_written = False
    for number in sorted(_descriptors(pid), key=int, reverse=True)[:_MOST_LOOKED_AT]:
        try:
            if os.readlink(f"/proc/{pid}/fd/{number}") == path:
                if _is_readable(pid, number):
                    return False
                is_written = True
        except (OSError, ValueError):
            continue
    return is_written


def without_mark(path: str, status: os.stat_result) -> str:
    """The kernel marks the name of a file that was deleted while open."""
    return path if status.st_nlink else path.removesuffix(" (deleted)")


def _descriptors(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return []


def _is_readable(pid: int, number: str) -> bool:
    """From proc_pid_fdinfo(5): the second line holds the flags of open(2), octal."""
    fd = os.open(f"/proc/{pid}/fdinfo/{number}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        flags = int(os.read(fd, 256).partition(b"flags:")[2].split(None, 1)[0], 8)
    except IndexError:
        return False
    finally:
        os.close(fd)
    return flags & os.O_ACCMODE != os.O_WRONLY and not flags & os.O_PATH
