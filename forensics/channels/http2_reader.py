"""Reading of one side of HTTP/2: bytes in, header blocks and bodies by stream out; finds frames again after a loss."""

from __future__ import annotations

from abc import ABC, abstractmethod

from forensics.channels.cursor import Cursor
from forensics.channels.http2_frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_BYTES,
    HEAD_BYTES,
    HEADERS,
    PADDED,
    PREFACE,
    PROMISE,
    RESET,
    Frame,
    find_frame,
    without_head,
)

BLOCK_LIMIT_BYTES = 1 << 16
SEARCH_LIMIT_BYTES = 1 << 20
"""How far frames are searched for before a side is given up."""
_KEPT = (HEADERS, RESET, PROMISE, CONTINUATION)
"""Kinds that are read when they are whole; of DATA the bytes are passed on as they come, others are passed over."""


class Frames(ABC):
    """What the frames of a side are told to."""

    @abstractmethod
    def block(self, stream: int, promised: int, block: bytes | None, *, is_last: bool) -> None:
        """A header block, None when bytes of it were lost; `promised` is the stream of a pushed answer or 0."""

    @abstractmethod
    def body(self, stream: int, data: bytes) -> None:
        """Bytes of a stream's body."""

    @abstractmethod
    def body_hole(self, stream: int, size: int) -> None:
        """Bytes of a stream's body never seen."""

    @abstractmethod
    def end(self, stream: int) -> None:
        """The side sends no more on this stream."""

    @abstractmethod
    def reset(self, stream: int) -> None:
        """The side gives the stream up."""

    @abstractmethod
    def lost(self, size: int, frame: Frame | None, rest: bytes) -> None:
        """Frames were lost: `size` bytes from `frame`'s end on, then `rest`, the end of a frame whose head was lost."""


class FrameReader:
    """Reads one side's frames. DATA is passed on as it comes, other frames when they are whole."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._cursor = Cursor()
        self._is_at_start = True
        self._frame: Frame | None = None
        self._left = 0
        self._padding = -1
        """Bytes of padding behind the body; -1 while that is to be read."""
        self._is_torn = False
        self._block: bytearray | None = bytearray()
        self._block_of = (0, 0, False)
        self._last_body: Frame | None = None
        self._lost = -1
        """Bytes lost since frames could be told; -1 while they can be."""
        self._searched = 0

    @property
    def offset(self) -> int:
        """Where in the stream the reading is."""
        return self._cursor.offset

    def data(self, chunk: bytes) -> None:
        """Take the next bytes; a client's preface at the beginning is passed over."""
        self._cursor.push(chunk)
        if self._is_at_start:
            head = self._cursor.peek(len(PREFACE))
            if len(head) < len(PREFACE) and PREFACE.startswith(head):
                return
            self._is_at_start = False
            self._cursor.take(len(PREFACE) if head == PREFACE else 0)
        while self._step() if self._lost < 0 else self._find():
            pass

    def hole(self, size: int) -> None:
        """Take note of bytes never seen."""
        waiting, frame = len(self._cursor), self._frame
        self._cursor.clear()
        self._cursor.skip(size)
        self._is_at_start = False
        if self._lost >= 0:
            self._lose(self._lost + self._searched + waiting + size)
            return
        if frame is None or self._padding < 0:
            self._lose(waiting + size)
            return
        left = self._left - waiting
        inside = min(size, left)
        self._left = left - inside
        self._is_torn = True
        if frame.kind == DATA and left > self._padding:
            self._frames.body_hole(frame.stream, min(inside, left - self._padding))
        if not self._left:
            self._end_frame(frame)
        if inside < size:
            self._lose(size - inside)

    def closed(self) -> None:
        """Nothing more comes."""
        if self._lost > 0:
            self._frames.lost(self._lost + self._searched + len(self._cursor), self._last_body, b"")
        self._cursor.clear()
        self._lose(0)

    def _step(self) -> bool:
        frame = self._frame
        if frame is None:
            return self._begin_frame()
        if frame.kind in _KEPT and not self._is_torn:
            if len(self._cursor) < frame.size:
                return False
            self._left = 0
            self._take_whole(frame, self._cursor.take(frame.size))
            self._end_frame(frame)
            return True
        if not len(self._cursor):
            return False
        if self._padding < 0:
            self._padding = min(self._cursor.take(1)[0], frame.size - 1)
            self._left -= 1
        elif frame.kind == DATA and self._left > self._padding:
            data = self._cursor.take(self._left - self._padding)
            self._left -= len(data)
            self._frames.body(frame.stream, data)
        else:
            self._left -= len(self._cursor.take(self._left))
        if not self._left:
            self._end_frame(frame)
        return True

    def _begin_frame(self) -> bool:
        if len(self._cursor) < HEAD_BYTES:
            return False
        frame = Frame.at(self._cursor.peek(HEAD_BYTES))
        if frame.is_misplaced:
            self._lose(0)
            return True
        self._cursor.take(HEAD_BYTES)
        self._frame, self._left = frame, frame.size
        self._is_torn = frame.kind in _KEPT and frame.size > BLOCK_LIMIT_BYTES
        self._padding = -1 if frame.kind == DATA and frame.flags & PADDED and frame.size else 0
        if frame.kind == DATA:
            self._last_body = frame
        if not frame.size:
            self._take_whole(frame, b"")
            self._end_frame(frame)
        return True

    def _end_frame(self, frame: Frame) -> None:
        self._frame, self._padding = None, 0
        if self._is_torn:
            self._take_whole(frame, None)
        if frame.kind == DATA and frame.flags & END_STREAM:
            self._frames.end(frame.stream)

    def _take_whole(self, frame: Frame, payload: bytes | None) -> None:
        if frame.kind == RESET:
            self._frames.reset(frame.stream)
        elif frame.kind in (HEADERS, PROMISE, CONTINUATION):
            self._take_block(frame, payload)

    def _take_block(self, frame: Frame, payload: bytes | None) -> None:
        """A header block is the payload of one frame and of the CONTINUATION frames behind it."""
        if frame.kind != CONTINUATION:
            promised = 0
            if payload is not None:
                promised, payload = without_head(frame, payload)
            self._block = bytearray()
            self._block_of = frame.stream, promised, bool(frame.kind == HEADERS and frame.flags & END_STREAM)
        if payload is None or self._block is None or len(self._block) + len(payload) > BLOCK_LIMIT_BYTES:
            self._block = None
        else:
            self._block += payload
        if not frame.flags & END_HEADERS:
            return
        (stream, promised, is_last), block = self._block_of, self._block
        self._block, self._block_of = bytearray(), (0, 0, False)
        if stream:
            self._frames.block(stream, promised, None if block is None else bytes(block), is_last=is_last)

    def _lose(self, size: int) -> None:
        """From here on it is not known where frames begin; `size` bytes are lost already."""
        self._frame, self._padding = None, 0
        self._block, self._block_of = bytearray(), (0, 0, False)
        self._lost, self._searched = size, 0

    def _find(self) -> bool:
        """Look for two frames that follow each other; True when they are found."""
        if self._searched > SEARCH_LIMIT_BYTES:
            self._searched += len(self._cursor)
            self._cursor.clear()
            return False
        data = self._cursor.peek(len(self._cursor))
        at, is_found = find_frame(data)
        is_near = self._searched + at <= FRAME_BYTES
        if is_found:
            rest = self._cursor.take(at)
            lost, self._lost = self._lost + (0 if is_near else self._searched + at), -1
            self._frames.lost(lost, self._last_body, rest if is_near else b"")
            return True
        if not is_near:
            self._searched += len(self._cursor.take(at))
        return False
