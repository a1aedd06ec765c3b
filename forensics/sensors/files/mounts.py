"""Notices that file systems were mounted or unmounted, without polling the table itself."""

from __future__ import annotations

import os
import select
from contextlib import suppress

_TABLE = "/proc/self/mountinfo"


class Mounts:
    """The mount table, held open: the kernel marks the descriptor when it changes."""

    def __init__(self) -> None:
        self._fd = os.open(_TABLE, os.O_RDONLY | os.O_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLPRI)
        self._points = self._read()

    def changed(self) -> set[str]:
        """The mount points that came, went or were replaced since the last call."""
        if not self._poll.poll(0):
            return set()
        before, self._points = self._points, self._read()
        return {point for point, _ in before ^ self._points}

    def close(self) -> None:
        """Let go of the table."""
        with suppress(OSError):
            os.close(self._fd)

    def _read(self) -> set[tuple[str, str]]:
        os.lseek(self._fd, 0, os.SEEK_SET)
        table = b""
        while block := os.read(self._fd, 1 << 16):
            table += block
        return {(_unescape(fields[4]), os.fsdecode(fields[2])) for fields in map(bytes.split, table.splitlines())}


def _unescape(point: bytes) -> str:
    for code, character in ((b"\\040", b" "), (b"\\011", b"\t"), (b"\\012", b"\n"), (b"\\134", b"\\")):
        point = point.replace(code, character)
    return os.fsdecode(point)
