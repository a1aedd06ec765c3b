"""Reading of one direction of an HTTP/3 stream: bytes in, header blocks and bodies out; finds frames after a loss."""

from __future__ import annotations

from abc import ABC, abstractmethod

from forensics.channels.cursor import Cursor
from forensics.channels.desk import Desk
from forensics.channels.http3_frames import DATA, HEADERS, PROMISE, SETTINGS, Frame, find_frame

BLOCK_LIMIT_BYTES = 1 << 16
BLOCKED_LIMIT_BYTES = 1 << 20
"""What may wait behind a header block whose table entries, or whose request, have not come."""
SEARCH_LIMIT_BYTES = 1 << 18
"""What is kept to find frames in after a loss; where none are found it is taken for the inside of one."""
_HEAD_BYTES = 16
_LEAST_REST_BYTES = 4096
"""Less than this behind a lost beginning may be the end of a header block."""
_UNTOLD = 1 << 62
"""Size of a frame whose head was lost, larger than any."""


class Frames(ABC):
    """What the frames of a direction are told to."""

    @abstractmethod
    def whole(self, kind: int, payload: bytes, *, is_forced: bool) -> bool:
        """A HEADERS, SETTINGS or PUSH_PROMISE frame; False when it cannot be read yet, never if it is forced."""

    @abstractmethod
    def body(self, data: bytes) -> None:
        """Bytes of the body."""

    @abstractmethod
    def body_hole(self, size: int) -> None:
        """Bytes of the body never seen."""


class FrameReader:
    """Reads the frames of one direction. DATA is passed on as it comes, other frames when they are whole."""

    def __init__(self, desk: Desk, frames: Frames) -> None:
        self._desk = desk
        self._frames = frames
        self._cursor = Cursor()
        self._frame: Frame | None = None
        self._left = 0
        self._body: Frame | None = None
        """The last frame of a body that was seen, and where it began."""
        self._body_at = 0
        self._is_guessed = False
        """Whether the end of the frame is only where it should be."""
        self._lost = -1
        """Bytes lost since frames could be told; -1 while they can be."""
        self._charged = 0
        self._is_blocked = False

    @property
    def offset(self) -> int:
        """Where in the stream the reading is."""
        return self._cursor.offset

    @property
    def is_blocked(self) -> bool:
        """Say whether it waits for a header block to become readable."""
        return self._is_blocked

    def data(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._cursor.push(chunk)
        if self._lost >= 0:
            self._find(has_more=True, is_end=False)
        self.resume()
        if self._is_blocked and not self._hold():
            self.resume(is_forced=True)

    def hole(self, size: int) -> None:
        """Take note of bytes never seen."""
        self._read_all(is_end=False)
        waiting, frame = len(self._cursor), self._frame
        self._cursor.clear()
        self._cursor.skip(size)
        if frame is None or _is_kept(frame):
            self._frame, self._lost = None, waiting + size
            return
        inside = min(size, self._left)
        self._left -= inside
        if frame.kind == DATA and inside:
            self._frames.body_hole(inside)
        if not self._left:
            self._frame = None
        if inside < size:
            self._lost = size - inside

    def resume(self, *, is_forced: bool = False) -> None:
        """Read on as far as that can be; a block whose entries are missing is read without them if it is forced."""
        self._is_blocked = False
        while self._lost < 0 and self._step(is_forced=is_forced):
            pass
        if not self._is_blocked and self._charged:
            self._desk.refund(self._charged)
            self._charged = 0

    def ended(self) -> bool:
        """Nothing more comes; says whether that is amid a frame."""
        self._read_all(is_end=True)
        is_torn = len(self._cursor) > 0 or (self._frame is not None and not self._is_guessed)
        self._cursor.clear()
        return is_torn

    def _read_all(self, *, is_end: bool) -> None:
        """Read what waits, for nothing more comes before a hole or the end."""
        self.resume(is_forced=True)
        while self._lost >= 0 and (self._lost or len(self._cursor)):
            self._find(has_more=False, is_end=is_end)
            self.resume(is_forced=True)

    def _step(self, *, is_forced: bool) -> bool:
        frame = self._frame
        if frame is None:
            return self._begin_frame()
        if _is_kept(frame):
            if len(self._cursor) < frame.size:
                return False
            if not self._frames.whole(frame.kind, self._cursor.peek(frame.size), is_forced=is_forced):
                self._is_blocked = True
                return False
            self._cursor.take(frame.size)
            self._frame = None
            return True
        if self._left and not len(self._cursor):
            return False
        data = self._cursor.take(self._left)
        self._left -= len(data)
        if frame.kind == DATA and data:
            self._frames.body(data)
        if not self._left:
            self._frame = None
        return True

    def _begin_frame(self) -> bool:
        try:
            frame = Frame.at(self._cursor.peek(_HEAD_BYTES))
        except IndexError:
            return False
        if self._is_guessed and frame != self._body:
            self._is_guessed, self._lost = False, 0
            return False
        self._is_guessed = False
        if frame.kind == DATA:
            self._body, self._body_at = frame, self._cursor.offset
        self._cursor.take(frame.head_size)
        self._frame, self._left = frame, frame.size
        return True

    def _find(self, *, has_more: bool, is_end: bool) -> None:
        """Go on behind a loss where frames can be told again; what is before is the end of a frame of the body.

        A frame is looked for where it would be if all were like the last one, then where others follow it. Where
        none is found before the end of what `has_more`, or in more than is kept, all of it is taken for body.
        """
        waiting = self._cursor.peek(len(self._cursor))
        expected = self._expected()
        at = expected if self._is_like_the_last(waiting, expected) else find_frame(waiting, is_end=is_end)
        if at < 0 and has_more and len(waiting) < SEARCH_LIMIT_BYTES:
            return
        lost, self._lost = self._lost, -1
        rest = at if at >= 0 else len(waiting)
        if self._body is not None:
            lost -= min(lost - 1, self._body.heads_in(lost, rest if at >= 0 or is_end else 0)) if lost else 0
        elif rest < _LEAST_REST_BYTES:
            self._cursor.take(rest)
            lost, rest, at = lost + rest, 0, 0
        if lost:
            self._frames.body_hole(lost)
        self._is_guessed = at < 0
        if at < 0:
            rest = expected if expected > len(waiting) else _UNTOLD
        if rest:
            self._frame, self._left = Frame(DATA, rest, 0), rest

    def _expected(self) -> int:
        """How far the next frame would be if all were like the last one; -1 when there was none."""
        if self._body is None:
            return -1
        return -(self._cursor.offset - self._body_at) % self._body.whole_size

    def _is_like_the_last(self, waiting: bytes, at: int) -> bool:
        try:
            return at >= 0 and Frame.at(waiting, at) == self._body
        except IndexError:
            return False

    def _hold(self) -> bool:
        more = max(0, len(self._cursor) - self._charged)
        if len(self._cursor) > BLOCKED_LIMIT_BYTES or not self._desk.charge(more):
            return False
        self._charged += more
        return True


def _is_kept(frame: Frame) -> bool:
    return frame.kind in (HEADERS, SETTINGS, PROMISE) and frame.size <= BLOCK_LIMIT_BYTES
