"""The outermost boxes of an MP4 file (ISO/IEC 14496-12, 4.2), as far as it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forensics.content import Content

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Box:
    """What a box holds lies from `start` to `end` in the content; a box that is cut ends where the content does."""

    kind: bytes
    start: int
    end: int


def boxes(content: Content) -> Iterator[Box]:
    """The boxes in order, until one lies."""
    at = 0
    for _ in range(_MOST):
        head = content.pread(16, at)
        if len(head) < 8:
            return
        size, begin = int.from_bytes(head[:4]), 8
        if size == 1:
            size, begin = int.from_bytes(head[8:16]), 16
        if size and size < begin:
            return
        yield Box(head[4:8], min(at + begin, content.size), min(at + size, content.size) if size else content.size)
        if not size:
            return
        at += size
