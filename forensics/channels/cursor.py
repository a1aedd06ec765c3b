"""A reading position over one side's bytes that have arrived and not been used up yet."""

from __future__ import annotations


class Cursor:
    """Holds unread bytes; a chunk that finds it empty is kept without a copy. `offset` counts from the beginning."""

    __slots__ = ("_data", "_pos", "_scanned", "offset")

    def __init__(self) -> None:
        self._data: bytes | bytearray = b""
        self._pos = 0
        self._scanned = 0
        self.offset = 0
        """Stream offset of the next unread byte."""

    def __len__(self) -> int:
        return len(self._data) - self._pos

    def push(self, chunk: bytes) -> None:
        """Append bytes that arrived."""
        if self._pos == len(self._data):
            self._data, self._pos, self._scanned = chunk, 0, 0
            return
        if not isinstance(self._data, bytearray):
            self._data = bytearray(self._data)
        if self._pos:
            del self._data[: self._pos]
            self._scanned = max(0, self._scanned - self._pos)
            self._pos = 0
        self._data += chunk

    def line(self) -> bytes | None:
        """The next line with its line feed, or None while it is incomplete."""
        found = self._data.find(b"\n", max(self._pos, self._scanned))
        if found < 0:
            self._scanned = len(self._data)
            return None
        return self.take(found + 1 - self._pos)

    def take(self, size: int) -> bytes:
        """Up to `size` bytes."""
        if not self._pos and size >= len(self._data) and isinstance(self._data, bytes):
            taken = self._data
        else:
            taken = bytes(self._data[self._pos : self._pos + size])
        self._pos += len(taken)
        self._scanned = max(self._scanned, self._pos)
        self.offset += len(taken)
        if self._pos == len(self._data):
            self._forget()
        return taken

    def peek(self, size: int) -> bytes:
        """Up to `size` bytes without using them up."""
        return bytes(self._data[self._pos : self._pos + size])

    def slice(self, start: int, end: int) -> bytes:
        """The bytes between two distances from the next unread byte, without using them up."""
        return bytes(self._data[self._pos + start : self._pos + end])

    def find(self, needle: bytes, start: int = 0) -> int:
        """Distance of `needle` from the next unread byte, from `start` on; -1 when it is not there."""
        found = self._data.find(needle, self._pos + start)
        return found - self._pos if found >= 0 else -1

    def skip(self, size: int) -> None:
        """Count `size` bytes as used up although they were never seen; only when nothing is unread."""
        self.offset += size

    def clear(self) -> None:
        """Use everything up."""
        self.offset += len(self)
        self._forget()

    def _forget(self) -> None:
        """Hold on to nothing that is used up: a connection may stay silent for long after it."""
        self._data, self._pos, self._scanned = b"", 0, 0
