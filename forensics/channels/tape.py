"""One side's bytes as a parser of binary messages reads them: it asks for bytes and waits where there are none yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import TypeVar

from forensics.channels.cursor import Cursor
from forensics.channels.losses import Losses

T = TypeVar("T")
Reading = Generator[None, None, T]
"""A parser: it yields where it has to wait for bytes and returns what it read."""


class Lost(Exception):  # noqa: N818  it is news of the wire, not an error
    """Bytes the parser was waiting for were never seen; `Tape.offset` stands behind them."""


class Tape:
    """Runs a parser over chunks and holes. Offsets count from the side's first byte, so frames are told by their ends.

    A hole drops what is unread, goes to the parser as Lost, and the parser reads on at a place it knows or seeks one.
    A parser that returns, or lets Lost pass, wants no more.
    """

    def __init__(self, parse: Callable[[Tape], Reading[None]], offset: int = 0) -> None:
        self._cursor = Cursor()
        self._cursor.offset = offset
        self.time = 0.0
        """Time of the burst that is read."""
        self.unread = 0
        """Bytes that came and could not be read because no message was known to begin before them."""
        self.resume = offset
        """Where the next message begins, as far as is known."""
        self.is_over = False
        """Whether the parser wants no more."""
        self._parser = parse(self)
        next(self._parser, None)

    @property
    def offset(self) -> int:
        """Offset of the next unread byte."""
        return self._cursor.offset

    def push(self, chunk: bytes, time: float) -> None:
        """Take the next bytes."""
        if chunk:
            self.time = time
            self._cursor.push(chunk)
            self._advance(lambda: next(self._parser))

    def hole(self, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        self.time = time
        self._cursor.clear()
        self._cursor.skip(size)
        self._advance(lambda: self._parser.throw(Lost()))

    def take(self, size: int) -> Reading[bytes]:
        """Exactly `size` bytes."""
        while len(self._cursor) < size:
            yield
        return self._cursor.take(size)

    def pour(self, end: int, into: Callable[[int, bytes], None]) -> Reading[None]:
        """Hand on what comes up to offset `end`, each piece with its distance from here; what is lost is left out."""
        start = self.offset
        while self.offset < end:
            if not len(self._cursor):
                yield from self._wait(end)
                continue
            at = self.offset - start
            into(at, self._cursor.take(end - self.offset))

    def skip_to(self, end: int) -> Reading[None]:
        """Read past everything up to offset `end`, lost or not."""
        while self.offset < end:
            if not len(self._cursor):
                yield from self._wait(end)
            self._cursor.take(end - self.offset)

    def seek(self, beginning: re.Pattern[bytes], length: int) -> Reading[None]:
        """Read past everything up to what looks like the beginning of a message, `length` bytes of it."""
        while True:
            window = self._cursor.peek(len(self._cursor))
            found = beginning.search(window)
            passed = found.start() if found else max(0, len(window) - length + 1)
            self.unread += len(self._cursor.take(passed))
            if found:
                return
            yield

    def each(self, read: Callable[[], Reading[None]], beginning: re.Pattern[bytes], length: int) -> Reading[None]:
        """Read message after message; `read` says in `resume` where the one under way ends.

        After a loss it goes on there, or seeks the next beginning, `length` bytes of it, where that is lost too.
        """
        while True:
            try:
                if self.offset < self.resume:
                    yield from self.skip_to(self.resume)
                elif self.offset > self.resume:
                    yield from self.seek(beginning, length)
                self.resume = self.offset
                yield from read()
            except Lost:
                continue

    def rest(self) -> bytes:
        """All that has come."""
        return self._cursor.take(len(self._cursor))

    def _advance(self, step: Callable[[], None]) -> None:
        if self.is_over:
            self._cursor.clear()
            return
        try:
            step()
        except (Lost, StopIteration):
            self.is_over = True

    def _wait(self, end: int) -> Reading[None]:
        try:
            yield
        except Lost:
            if self.offset > end:
                raise


class Tapes:
    """The two sides of a connection; what could not be read of either goes to `losses` when both have ended."""

    def __init__(self, listen: Callable[[int, Tape], Reading[None]], losses: Losses) -> None:
        self._tapes = (Tape(lambda tape: listen(0, tape)), Tape(lambda tape: listen(1, tape)))
        self._losses = losses
        self._ended: set[int] = set()

    def push(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        self._tapes[side].push(chunk, time)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes of a side that were never seen."""
        self._tapes[side].hole(size, time)

    def end(self, side: int, time: float) -> bool:
        """A side sends no more; True when neither does."""
        self._ended.add(side)
        is_over = len(self._ended) == len(self._tapes)
        for tape in self._tapes if is_over else ():
            if tape.unread:
                self._losses.add("out of step", tape.unread, time)
                tape.unread = 0
        return is_over
