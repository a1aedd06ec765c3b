"""One side's bytes as a parser of binary messages reads them: it asks for bytes and waits where there are none yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import TypeVar

from forensics.channels.cursor import Cursor

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
