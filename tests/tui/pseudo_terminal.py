"""A program under a pseudo-terminal: keys go in, and what it writes is collected."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

OWN = re.compile(
    rb"\x1b\[[0-9;?<>=:]*[ $]?[@-~]|\x1b[=>78cM]|\x1b\][0-9]+;[^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PG_][^\x1b]*\x1b\\"
)
"""The toolkit's own sequences: CSI, keypad modes, OSC, DCS and APC."""
ENVIRONMENT = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONUNBUFFERED": "1"}
ATTRIBUTES, NO_PICTURES = b"\x1b[c", b"\x1b[?62;22c"
"""Asks for the device attributes, as every terminal is, and what one says that draws no pictures."""
TICKS = os.sysconf("SC_CLK_TCK")


class Terminal:
    """A running program; `seen` is all that it has written."""

    def __init__(self, command: Sequence[str], *, columns: int, lines: int, answer: bytes = NO_PICTURES) -> None:
        self.seen = b""
        self._answer = answer
        self.process, self._fd = pty.fork()
        if self.process == 0:
            os.execve(command[0], list(command), {**os.environ, **ENVIRONMENT, "COLUMNS": "", "LINES": ""})
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._fd, keys.encode())

    def wait_for(self, words: bytes, patience_s: float = 60.0, *, since: int | None = None) -> None:
        """Collect until the words were written, whatever styles lie between them; `since` is a length of `seen`."""
        begin, deadline = len(self.seen) if since is None else since, time.monotonic() + patience_s
        while words not in OWN.sub(b"", self.seen[begin:]):
            assert time.monotonic() < deadline, f"{words!r} never came: {OWN.sub(b'', self.seen[begin:])[-2000:]!r}"
            self.collect(0.2)

    def wait_for_bytes(self, data: bytes, patience_s: float = 60.0, *, since: int | None = None) -> None:
        """Collect until these very bytes were written."""
        begin, deadline = len(self.seen) if since is None else since, time.monotonic() + patience_s
        while data not in self.seen[begin:]:
            assert time.monotonic() < deadline, f"{data!r} never came"
            self.collect(0.2)

    def watch(self, seconds: float) -> None:
        """Collect for a time."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.collect(min(left, 0.2))

    def leave(self) -> int:
        """Press q and collect the rest; the exit code."""
        self.press("q")
        while self.collect(5.0):
            pass
        _, status = os.waitpid(self.process, 0)
        self.process = 0
        return os.waitstatus_to_exitcode(status)

    def cpu_s(self) -> float:
        """Processor time the program has taken."""
        with open(f"/proc/{self.process}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mib(self) -> float:
        """Memory the program holds."""
        with open(f"/proc/{self.process}/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))

    def collect(self, patience_s: float) -> bool:
        """Take what was written within a time; False when nothing was, or the program has ended."""
        ready, _, _ = select.select([self._fd], [], [], patience_s)
        if not ready:
            return False
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:
            return False
        self.seen += data
        if ATTRIBUTES in data:
            os.write(self._fd, self._answer)
        return bool(data)

    def close(self) -> None:
        """End it."""
        if self.process:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        os.close(self._fd)


@contextmanager
def terminal(
    command: Sequence[str], *, columns: int = 80, lines: int = 24, answer: bytes = NO_PICTURES
) -> Iterator[Terminal]:
    """Run a program under a terminal of that size, which says `answer` when asked what it is, and end it."""
    opened = Terminal(command, columns=columns, lines=lines, answer=answer)
    try:
        yield opened
    finally:
        opened.close()
