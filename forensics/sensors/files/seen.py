"""What was noticed and has not come to an end, on disk: of a file that is gone when a killed sensor starts again, this
is all that is left.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

_MOST_BYTES = 4 << 20
_BEGUN, _ENDED, _END = b"+", b"-", b"\0"


class Seen:
    """A journal of paths. What is begun is written by `flush`, once for many; it survives `kill -9`, not a power cut.

    `file` is made as needed; without one, or when another process has it, nothing is kept. `left` is what an earlier
    process did not come to the end of. `done` may be called from any thread, the rest belongs to one.
    """

    def __init__(self, file: Path | None) -> None:
        self._lock = threading.Lock()
        self._fd = _claimed(file) if file is not None else -1
        self.left = _open_in(self._fd) if self._fd >= 0 else ()
        self._open: dict[str, None] = dict.fromkeys(self.left)
        self._sent: Counter[str] = Counter()
        self._news: list[bytes] = []
        self.is_pending: Callable[[str], bool] = lambda _: False
        """Says whether a path is still to be handed on."""

    def begin(self, path: str) -> None:
        """A file was noticed."""
        if self._fd >= 0 and path not in self._open:
            with self._lock:
                self._open[path] = None
                self._news.append(_BEGUN + os.fsencode(path) + _END)

    def follow(self, path: str, target: str) -> None:
        """The file got another name."""
        self.begin(target)
        with self._lock:
            self._end(path)

    def send(self, path: str) -> Callable[[], None]:
        """The file is handed on; what is returned is to be called once it is recorded."""
        if self._fd < 0:
            return _nothing
        self.begin(path)
        with self._lock:
            self._sent[path] += 1
        return partial(self._done, path)

    def flush(self) -> None:
        """Write what was begun and what ended."""
        if self._news:
            with self._lock:
                self._write()

    def tidy(self) -> None:
        """End what is neither pending nor handed on: what came to nothing."""
        if self._open:
            with self._lock:
                for path in [path for path in self._open if path not in self._sent and not self.is_pending(path)]:
                    self._end(path)
                self._write()

    def close(self) -> None:
        """Let go of the journal; it stays."""
        self.flush()
        with self._lock, suppress(OSError):
            fd, self._fd = self._fd, -1
            if fd >= 0:
                os.close(fd)

    def _done(self, path: str) -> None:
        with self._lock:
            self._sent[path] -= 1
            if self._sent[path] <= 0:
                del self._sent[path]
                if not self.is_pending(path):
                    self._end(path)
                    self._write()

    def _end(self, path: str) -> None:
        if path in self._open:
            del self._open[path]
            self._news.append(_ENDED + os.fsencode(path) + _END)

    def _write(self) -> None:
        news, self._news = b"".join(self._news), []
        if self._fd < 0:
            return
        with suppress(OSError):
            if not self._open:
                os.ftruncate(self._fd, 0)
                return
            os.write(self._fd, news)
            if os.fstat(self._fd).st_size > _MOST_BYTES:
                os.ftruncate(self._fd, 0)
                os.write(self._fd, b"".join(_BEGUN + os.fsencode(path) + _END for path in self._open))


def _claimed(file: Path) -> int:
    """The journal, open and locked; -1 when it cannot be had."""
    try:
        fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return -1
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        return -1
    return fd


def _open_in(fd: int) -> tuple[str, ...]:
    """What a journal holds that did not end; an entry that was cut short counts as far as it goes."""
    found: dict[str, None] = {}
    for entry in os.pread(fd, 4 * _MOST_BYTES, 0).split(_END):
        path = os.fsdecode(entry[1:])
        if entry.startswith(_BEGUN):
            found[path] = None
        else:
            found.pop(path, None)
    return tuple(found)


def _nothing() -> None:
    """Nobody waits."""
