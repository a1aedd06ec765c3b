"""Reading of one direction of an HTTP/3 stream: bytes in, header blocks and bodies out; finds frames after a loss."""

from __future__ import annotations

from abc import ABC, abstractmethod

from forensics.channels.cursor import Cursor
from forensics.channels.desk import Desk
from forensics.channels.http3_frames import DATA, HEADERS, PROMISE, SETTINGS, Frame, find_frame

BLOCK_LIMIT_BYTES = 1 << 16
BLOCKED_LIMIT_BYTES = 4 << 20
"""What may wait behind a header block whose table entries have not come."""
SEARCH_LIMIT_BYTES = 1 << 18
"""What is kept to find frames in after a loss; where none are found it is taken for the inside of one."""
_HEAD_BYTES = 16
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
        """The last frame of a body."""
        self._lost = -1
        """Bytes lost since frames could be told; -1 while they can be."""
        self._charged = 0
        self._is_blocked = False

    @property
    def offset(self) -> int:
        """Where in the stream the reading is."""
        return self._cursor.offset

    def data(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._cursor.push(chunk)
        if self._lost >= 0:
            self._find(is_end=False)
        self.resume()
        if self._is_blocked and not self._hold():
            self.resume(is_forced=True)

    def hole(self, size: int) -> None:
        """Take note of bytes never seen."""
        self._read_all()
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
        self._read_all()
        is_torn = len(self._cursor) > 0 or (self._frame is not None and self._frame.size != _UNTOLD)
        self._cursor.clear()
        return is_torn

    def _read_all(self) -> None:
        """Read what waits, for nothing more comes before a hole or the end."""
        self.resume(is_forced=True)
        self._find(is_end=True)
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
        self._cursor.take(frame.head_size)
        self._frame, self._left = frame, frame.size
        if frame.kind == DATA:
            self._body = frame
        return True

    def _find(self, *, is_end: bool) -> None:
        """Go on behind a loss where frames can be told again; what is before is the end of a frame of the body.

        Where none are found before the end, or in more than is kept, all of it is.
        """
        if self._lost < 0:
            return
        waiting = self._cursor.peek(len(self._cursor))
        at = find_frame(waiting, is_end=is_end)
        if at < 0 and not is_end and len(waiting) < SEARCH_LIMIT_BYTES:
            return
        lost, self._lost = self._lost, -1
        if self._body is None:
            skipped = at if at >= 0 else len(waiting) * is_end
            self._cursor.take(skipped)
            self._frames.body_hole(lost + skipped)
            at -= skipped
        else:
            heads = -(-lost // (self._body.head_size + self._body.size)) * self._body.head_size
            self._frames.body_hole(max(1, lost - heads))
        if at:
            self._frame = Frame(DATA, at if at > 0 else _UNTOLD, 0)
            self._left = self._frame.size

    def _hold(self) -> bool:
        more = max(0, len(self._cursor) - self._charged)
        if len(self._cursor) > BLOCKED_LIMIT_BYTES or not self._desk.charge(more):
            return False
        self._charged += more
        return True


def _is_kept(frame: Frame) -> bool:
    return frame.kind in (HEADERS, SETTINGS, PROMISE) and frame.size <= BLOCK_LIMIT_BYTES
