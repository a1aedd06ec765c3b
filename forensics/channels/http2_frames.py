"""Frames of HTTP/2 (RFC 9113, section 4.1): their heads, and where in a run of bytes they may begin."""

from __future__ import annotations

import re
from dataclasses import dataclass

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD_BYTES = 9
FRAME_BYTES = 1 << 14
"""What a frame holds at most unless both sides agree on more; frames are searched for by this after a loss."""
DATA, HEADERS, PRIORITY, RESET, SETTINGS, PROMISE, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, END_HEADERS, PADDED, PRIORITISED = 0x01, 0x04, 0x08, 0x20
_CANDIDATE = re.compile(
    rb"""\x00 (?:
    [\x00-\x40] [\x00-\xff] (?: \x00 [\x00\x01\x08\x09] | [\x01\x05\x09] [\x00-\x2d] ) [\x00-\x7f]
    | \x00\x05 \x02 \x00 [\x00-\x7f] | \x00\x04 [\x03\x08] \x00 [\x00-\x7f]
    | [\x00-\x02] [\x00-\xff] \x04 [\x00\x01] \x00 | \x00\x08 \x06 [\x00\x01] \x00
    | [\x00-\x40] [\x00-\xff] \x07 \x00 \x00 )""",
    re.DOTALL | re.VERBOSE,
)
"""What the first six bytes of a frame look like."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The head of a frame."""

    size: int
    kind: int
    flags: int
    stream: int

    @classmethod
    def at(cls, data: bytes) -> Frame:
        """The head in the first nine bytes."""
        return cls(
            int.from_bytes(data[:3], "big"), data[3], data[4], int.from_bytes(data[5:HEAD_BYTES], "big") & 0x7FFFFFFF
        )

    @property
    def is_misplaced(self) -> bool:
        """Say whether it is on the connection's stream although it must not be, or the other way round."""
        return (self.kind in (SETTINGS, PING, GOAWAY)) == (self.stream > 0) and self.kind < WINDOW

    @property
    def is_plausible(self) -> bool:
        """Say whether a head that was searched for may be one."""
        if self.size > FRAME_BYTES or self.kind > CONTINUATION:
            return False
        if self.kind in (SETTINGS, PING, GOAWAY):
            is_sized = {SETTINGS: self.size % 6 == 0, PING: self.size == 8, GOAWAY: self.size >= 8}[self.kind]
            return not self.stream and is_sized and self.flags & ~1 == 0
        if self.kind == WINDOW:
            return self.size == 4 and not self.flags
        allowed = {DATA: 0x09, HEADERS: 0x2D, PRIORITY: 0, RESET: 0, PROMISE: 0x0C, CONTINUATION: 0x04}[self.kind]
        fixed = {PRIORITY: 5, RESET: 4}.get(self.kind, self.size)
        return self.stream > 0 and self.flags & ~allowed == 0 and self.size == fixed


def count_frames(data: bytes) -> int:
    """How many plausible frames follow each other from the beginning of `data`, the last may be cut; -1: none do."""
    count = at = 0
    while at + HEAD_BYTES <= len(data):
        frame = Frame.at(data[at : at + HEAD_BYTES])
        if not frame.is_plausible:
            return -1
        count += 1
        at += HEAD_BYTES + frame.size
    return count


def find_frame(data: bytes) -> tuple[int, bool]:
    """Where two frames begin that follow each other, or how far none does, and whether they were found."""
    at = 0
    while found := _CANDIDATE.search(data, at):
        at = found.start()
        verdict = _may_begin(data, at)
        if verdict is not False:
            return at, bool(verdict)
        at += 1
    return max(at, len(data) - HEAD_BYTES), False


def _may_begin(data: bytes, at: int) -> bool | None:
    """Say whether a frame and another one behind it begin at `at`; None when that cannot be said yet."""
    if len(data) < at + HEAD_BYTES:
        return None
    frame = Frame.at(data[at : at + HEAD_BYTES])
    if not frame.is_plausible:
        return False
    behind = at + HEAD_BYTES + frame.size
    if len(data) < behind + HEAD_BYTES:
        return None
    return Frame.at(data[behind : behind + HEAD_BYTES]).is_plausible


def without_head(frame: Frame, payload: bytes) -> tuple[int, bytes]:
    """The promised stream and the fragment of the header block, without padding and priority."""
    end = len(payload)
    at = 0
    if frame.flags & PADDED and payload:
        at, end = 1, end - payload[0]
    promised = 0
    if frame.kind == PROMISE:
        promised = int.from_bytes(payload[at : at + 4], "big") & 0x7FFFFFFF
        at += 4
    elif frame.flags & PRIORITISED:
        at += 5
    return promised, payload[at : max(at, end)]
