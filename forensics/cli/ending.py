"""The wait of a command for the signal that ends it."""

from __future__ import annotations

import os
import select
import signal
from types import TracebackType
from typing import Self

ENDINGS = (signal.SIGTERM, signal.SIGINT)


class Ending:
    """SIGTERM and Ctrl-C, waited for; to be made and asked in the main thread.

    The signal is read from a pipe that the interpreter's own handler fills. A handler in Python, as one that sets an
    event, runs in the main thread alone, and not before it wakes: a signal that comes just before the wait begins is
    then found when the wait is over.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._read, select.POLLIN)
        self._wake = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._before = [(number, signal.signal(number, lambda *_: None)) for number in ENDINGS]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before:
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wake)
        os.close(self._read)
        os.close(self._write)

    def wait(self, timeout_s: float) -> bool:
        """Whether the signal has come, after at most so many seconds; once it has, at once and every time."""
        return bool(self._poll.poll(timeout_s * 1000))
