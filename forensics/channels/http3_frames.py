"""Frames of HTTP/3 (RFC 9114, section 7.1): their heads, and where in a run of bytes they may begin."""

from __future__ import annotations

import re
from dataclasses import dataclass

from forensics.channels.quic_packets import varint

DATA, HEADERS, SETTINGS, PROMISE = 0x00, 0x01, 0x04, 0x05
_HEAD_LIMIT_BYTES = 16
_FRAME_LIMIT_BYTES = 1 << 30
_LEAST_BYTES = 64
_CHAIN = 3
"""Frames that must follow each other, or reach the end of the stream, to be believed."""
_CANDIDATE = re.compile(rb"\x00[\x40-\xbf]")


@dataclass(frozen=True, slots=True)
class Frame:
    """The head of a frame: its kind, what it holds and what it takes itself, in bytes."""

    kind: int
    size: int
    head_size: int

    @classmethod
    def at(cls, data: bytes, at: int = 0) -> Frame:
        """The head at a place. Raises IndexError while it is not complete."""
        kind, size_at = varint(data, at)
        size, behind = varint(data, size_at)
        return cls(kind, size, behind - at)

    @property
    def is_plausible(self) -> bool:
        """Say whether a head that was searched for may be one."""
        return self.kind in (DATA, HEADERS) and _LEAST_BYTES <= self.size < _FRAME_LIMIT_BYTES

    def heads_in(self, lost: int, rest: int) -> int:
        """How many of `lost` bytes are heads of frames like this one.

        The last of them ends `rest` bytes behind and may be shorter; 0 where that is not known.
        """
        count = -(-lost // self.whole_size)
        last = (lost + rest) % self.whole_size or self.size
        is_shorter = rest > 0 and self.head_size == _head_size(self.size) and last < self.size
        return (count - 1) * self.head_size + (_head_size(last) if is_shorter else self.head_size)

    @property
    def whole_size(self) -> int:
        """Bytes of the frame with its head."""
        return self.head_size + self.size


def _head_size(size: int) -> int:
    """How long the shortest head of a frame of that size is."""
    return 2 if size < 1 << 6 else 3 if size < 1 << 14 else 5 if size < 1 << 30 else 9


def find_frame(data: bytes, *, is_end: bool) -> int:
    """Where frames begin that follow each other, -1 if none do; `is_end` when the stream ends behind `data`."""
    for found in _CANDIDATE.finditer(data):
        if _is_chain(data, found.start(), is_end=is_end):
            return found.start()
    return -1


def _is_chain(data: bytes, at: int, *, is_end: bool) -> bool:
    for _ in range(_CHAIN):
        try:
            frame = Frame.at(data, at)
        except IndexError:
            return False
        if not frame.is_plausible and not (is_end and frame.kind in (DATA, HEADERS)):
            return False
        at += frame.head_size + frame.size
        if is_end and at == len(data):
            return True
    return True
