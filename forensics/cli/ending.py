"""The wait of a command for the signal that ends it."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable
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
        self._is_ended = False
        self._hung_up: Callable[[], None] = lambda: None
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

    def on_hangup(self, act: Callable[[], None]) -> None:
        """From now on SIGHUP does that, in the wait, and ends nothing; not at a terminal, whose end it tells of."""
        if sys.stdin is None or not sys.stdin.isatty():
            self._hung_up = act
            self._before.append((signal.SIGHUP, signal.signal(signal.SIGHUP, lambda *_: None)))

    def wait(self, timeout_s: float) -> bool:
        """Whether the signal has come, after at most so many seconds; once it has, at once and every time."""
        deadline = time.monotonic() + timeout_s
        while not self._is_ended and self._poll.poll(max(0.0, 1000 * (deadline - time.monotonic()))):
            numbers = os.read(self._read, 256)
            self._is_ended = any(number in ENDINGS for number in numbers)
            if signal.SIGHUP in numbers:
                self._hung_up()
        return self._is_ended
