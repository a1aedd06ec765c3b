"""Lines that stand beside segments, each once and in their order, until there are too many characters of them."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.errors import LimitReached


class BoundedLines:
    """Collects lines; raises LimitReached past `limit_bytes`, counted in characters. What was taken stays."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._size = 0
        self._lines: dict[str, None] = {}

    def add(self, line: str) -> None:
        """Take a line that is not there yet."""
        line = line.strip()
        if not line or line in self._lines:
            return
        self._size += len(line)
        if self._size > self._limit:
            raise LimitReached(f"more than {self._limit >> 20} MiB of text")
        self._lines[line] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __bool__(self) -> bool:
        return bool(self._lines)
