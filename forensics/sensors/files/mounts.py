"""The mount table: what is mounted where, and word, without polling the table itself, that it changed."""

from __future__ import annotations

import os
import re
import select
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

_TABLE = "/proc/self/mountinfo"
_AFAR = re.compile(r"9p|afs|beegfs|ceph|cifs|coda|davfs|fuse(\..*)?|glusterfs|lustre|ncpfs|nfs|nfs4|smb3|smbfs")


class Mount(NamedTuple):
    """One line of mountinfo (proc_pid_mountinfo(5)); `kind` is the file system's type, `device` major:minor.

    `root` is the folder of the file system that is mounted, `/` unless it is a bind mount or a subvolume.
    """

    point: str
    device: str
    root: str
    kind: str
    source: str


def is_afar(kind: str) -> bool:
    """Say whether a type of file system is one that another machine or a program answers for, or does not."""
    return _AFAR.fullmatch(kind) is not None


def lies_afar(path: str, table: Sequence[Mount]) -> bool:
    """Say so of a path without looking at it, which might not come back; links on the way are not followed."""
    above = [mount for mount in table if f"{path}/".startswith(f"{mount.point.rstrip('/')}/")]
    return bool(above) and is_afar(max(reversed(above), key=lambda mount: len(mount.point)).kind)


class Mounts:
    """The mount table, held open: the kernel marks the descriptor when it changes."""

    def __init__(self) -> None:
        self._fd = os.open(_TABLE, os.O_RDONLY | os.O_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLPRI)
        self._is_changed = False
        self.table = self._read()
        """As it was at the last call of `changed`, later mounts behind earlier ones."""

    @property
    def is_changed(self) -> bool:
        """Say whether the table changed since the last call of `changed`; cheap enough for every turn of a loop."""
        self._is_changed = self._is_changed or bool(self._poll.poll(0))
        return self._is_changed

    def changed(self) -> set[Mount]:
        """The mounts that came or went since the last call."""
        if not self.is_changed:
            return set()
        self._is_changed = False
        before, self.table = self.table, self._read()
        return set(before) ^ set(self.table)

    def close(self) -> None:
        """Let go of the table."""
        with suppress(OSError):
            os.close(self._fd)

    def _read(self) -> tuple[Mount, ...]:
        os.lseek(self._fd, 0, os.SEEK_SET)
        table = b""
        while block := os.read(self._fd, 1 << 16):
            table += block
        return parse(table)


def mounted() -> tuple[Mount, ...]:
    """What is mounted right now."""
    with open(_TABLE, "rb") as table:
        return parse(table.read())


def parse(table: bytes) -> tuple[Mount, ...]:
    """The mounts of a mountinfo table; a line that is cut short is passed over."""
    mounts = []
    for line in table.splitlines():
        fields, _, behind = line.partition(b" - ")
        own, other = fields.split(b" "), behind.split(b" ")
        if len(own) >= 5 and len(other) >= 2:
            mounts.append(
                Mount(
                    _unescape(own[4]),
                    os.fsdecode(own[2]),
                    _unescape(own[3]),
                    os.fsdecode(other[0]),
                    _unescape(other[1]),
                )
            )
    return tuple(mounts)


def _unescape(point: bytes) -> str:
    for code, character in ((b"\\040", b" "), (b"\\011", b"\t"), (b"\\012", b"\n"), (b"\\134", b"\\")):
        point = point.replace(code, character)
    return os.fsdecode(point)
