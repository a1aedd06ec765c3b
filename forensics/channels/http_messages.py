"""Framing of HTTP/1 messages on one side (RFC 9112): start lines, header blocks, bodies of every length rule."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum, auto

from forensics.channels.cursor import Cursor
from forensics.channels.headers import Headers, text

LINE_LIMIT_BYTES = 1 << 16
HEADER_LIMIT_BYTES = 1 << 18
LENGTH_LIMIT = 1 << 50
REQUEST = re.compile(rb"(?!PRI \* HTTP/2)([A-Z][A-Z_\-]{1,20}) +(\S[^\r\n]{0,65000}?) +HTTP/(\d\.\d)[ \t]*\r?\n")
RESPONSE = re.compile(rb"HTTP/(\d\.\d) +(\d{3})(?: [^\r\n]{0,4000})?\r?\n")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,13})[ \t]*(?:;[^\n]*)?\r?\n\Z")


@dataclass(slots=True, kw_only=True)
class Message:
    """A request or response whose header block has come. `offset` is where its body begins in the stream."""

    time: float
    offset: int = 0
    headers: Headers
    version: str
    method: str = ""
    target: str = ""
    status: int = 0
    is_refused: bool = False
    """A final answer came before the body: the client may keep the body to itself."""


class Framing(Enum):
    """How the length of a body is known."""

    NONE = auto()
    LENGTH = auto()
    CHUNKED = auto()
    UNTIL_CLOSE = auto()
    TUNNEL = auto()


class Messages(ABC):
    """What the messages of a side are told to."""

    @abstractmethod
    def begin(self, message: Message) -> Framing:
        """A header block has come; say how its body is framed."""

    @abstractmethod
    def body(self, data: bytes) -> None:
        """Bytes of the body, transfer coding removed."""

    @abstractmethod
    def body_hole(self, size: int) -> None:
        """Bytes of the body never seen."""

    @abstractmethod
    def end(self, *, missing_end: int) -> None:
        """The body is complete but for `missing_end` bytes."""

    @abstractmethod
    def tunnel(self, data: bytes, time: float) -> None:
        """Bytes that are HTTP no more."""


class _State(Enum):
    START = auto()
    HEADERS = auto()
    LENGTH = auto()
    CHUNK_SIZE = auto()
    CHUNK_DATA = auto()
    CHUNK_END = auto()
    TRAILERS = auto()
    UNTIL_CLOSE = auto()
    TUNNEL = auto()
    LOST = auto()


class MessageReader:
    """Reads one side of an HTTP/1 connection and finds the next message again after bytes were lost."""

    def __init__(self, start: re.Pattern[bytes], messages: Messages) -> None:
        self._start = start
        self._messages = messages
        self._cursor = Cursor()
        self._state = _State.START
        self._line = b""
        self._block = bytearray()
        self._left = 0
        self._message: Message | None = None
        self._time = 0.0
        self._got = 0

    @property
    def is_tunnel(self) -> bool:
        """Say whether the connection has left HTTP."""
        return self._state is _State.TUNNEL

    def data(self, chunk: bytes, time: float) -> None:
        """Take the next bytes."""
        self._time = time
        if self._state is _State.LOST:
            if not self._start.match(chunk):
                self._cursor.skip(len(chunk))
                return
            self._state = _State.START
        elif self._is_body_withheld(chunk):
            self._finish(missing_end=0)
        self._cursor.push(chunk)
        while len(self._cursor) and self._step():
            pass

    def hole(self, size: int) -> None:
        """Take note of bytes never seen."""
        self._cursor.clear()
        self._cursor.skip(size)
        state = self._state
        if state is _State.UNTIL_CLOSE:
            self._messages.body_hole(size)
        elif state in (_State.LENGTH, _State.CHUNK_DATA):
            inside = min(size, self._left)
            self._messages.body_hole(inside)
            self._left -= inside
            if state is _State.LENGTH and not self._left:
                self._finish(missing_end=0)
            if inside < size:
                self._lose()
            elif not self._left:
                self._state = _State.CHUNK_END if state is _State.CHUNK_DATA else self._state
        elif state is not _State.TUNNEL:
            self._lose(size)

    def closed(self) -> None:
        """Nothing more comes."""
        if self._state is _State.UNTIL_CLOSE:
            self._finish(missing_end=0)
        elif self._message is not None and self._state not in (_State.START, _State.HEADERS):
            is_torn = self._state in (_State.CHUNK_SIZE, _State.CHUNK_DATA, _State.CHUNK_END)
            self._finish(missing_end=max(self._left, 1) if is_torn else self._left)
        self._state = _State.LOST
        self._cursor.clear()

    def leave(self) -> None:
        """The other side has agreed to leave HTTP behind the current message."""
        self._state = _State.TUNNEL
        if len(self._cursor):
            self._messages.tunnel(self._cursor.take(len(self._cursor)), self._time)

    def _is_body_withheld(self, chunk: bytes) -> bool:
        message = self._message
        is_waiting = self._state in (_State.LENGTH, _State.CHUNK_SIZE) and not self._got and not len(self._cursor)
        return bool(message and is_waiting and message.is_refused and self._start.match(chunk))

    def _step(self) -> bool:
        if self._state in (_State.START, _State.HEADERS, _State.TRAILERS, _State.CHUNK_SIZE, _State.CHUNK_END):
            line = self._cursor.line()
            if line is None:
                if len(self._cursor) > LINE_LIMIT_BYTES:
                    self._lose()
                return False
            self._take_line(line)
            return True
        if self._state in (_State.LENGTH, _State.CHUNK_DATA):
            self._take_counted()
            return True
        data = self._cursor.take(len(self._cursor))
        if self._state is _State.UNTIL_CLOSE:
            self._got += len(data)
            self._messages.body(data)
        elif self._state is _State.TUNNEL:
            self._messages.tunnel(data, self._time)
        return False

    def _take_line(self, line: bytes) -> None:
        if self._state is _State.START:
            self._take_start(line)
        elif self._state is _State.HEADERS:
            self._take_header(line)
        elif self._state is _State.CHUNK_SIZE:
            self._take_chunk_size(line)
        elif self._state is _State.CHUNK_END:
            if line.strip(b"\r\n"):
                self._lose()
            else:
                self._state = _State.CHUNK_SIZE
        elif not line.strip(b"\r\n"):
            self._finish(missing_end=0)

    def _take_start(self, line: bytes) -> None:
        if not line.strip():
            return
        if self._start.match(line):
            self._line, self._state = line, _State.HEADERS
            self._block.clear()
        else:
            self._lose()

    def _take_header(self, line: bytes) -> None:
        if line.strip(b"\r\n"):
            self._block += line
            if len(self._block) > HEADER_LIMIT_BYTES:
                self._lose()
            return
        message = self._parse()
        self._message = message
        self._left = self._got = 0
        framing = self._messages.begin(message)
        if self._state is _State.TUNNEL:
            return
        self._state = {
            Framing.NONE: _State.START,
            Framing.LENGTH: _State.LENGTH,
            Framing.CHUNKED: _State.CHUNK_SIZE,
            Framing.UNTIL_CLOSE: _State.UNTIL_CLOSE,
            Framing.TUNNEL: _State.TUNNEL,
        }[framing]
        if framing is Framing.LENGTH:
            self._left = content_length(message.headers) or 0
        if framing is Framing.NONE or (framing is Framing.LENGTH and not self._left):
            self._finish(missing_end=0)

    def _parse(self) -> Message:
        match = self._start.match(self._line)
        assert match is not None
        headers = Headers(bytes(self._block))
        if self._start is REQUEST:
            return Message(
                time=self._time,
                offset=self._cursor.offset,
                headers=headers,
                version=match[3].decode(),
                method=match[1].decode(),
                target=text(match[2]),
            )
        return Message(
            time=self._time,
            offset=self._cursor.offset,
            headers=headers,
            version=match[1].decode(),
            status=int(match[2]),
        )

    def _take_counted(self) -> None:
        data = self._cursor.take(self._left)
        self._left -= len(data)
        self._got += len(data)
        self._messages.body(data)
        if not self._left:
            if self._state is _State.LENGTH:
                self._finish(missing_end=0)
            else:
                self._state = _State.CHUNK_END

    def _take_chunk_size(self, line: bytes) -> None:
        match = _CHUNK_SIZE.match(line)
        if not match:
            self._lose()
            return
        self._left = int(match[1], 16)
        self._state = _State.CHUNK_DATA if self._left else _State.TRAILERS

    def _finish(self, *, missing_end: int) -> None:
        self._message = None
        self._state = _State.START
        self._left = 0
        self._messages.end(missing_end=missing_end)

    def _lose(self, size: int = 1) -> None:
        """The next message cannot be told from here; what was begun ends with a piece missing."""
        if self._message is not None and self._state not in (_State.START, _State.HEADERS):
            is_whole = self._state is _State.TRAILERS
            self._finish(missing_end=0 if is_whole else max(size, self._left, 1))
        self._message = None
        self._state = _State.LOST
        self._cursor.clear()


def content_length(headers: Headers) -> int | None:
    """The Content-Length, None when there is none or it is nonsense; of several different ones the first."""
    value = headers.get("content-length").partition(",")[0].strip()
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        return None
    length = int(value)
    return length if length <= LENGTH_LIMIT else None


def is_chunked(headers: Headers) -> bool:
    """Say whether the last transfer coding is chunked."""
    codings = ",".join(headers.all("transfer-encoding")).lower().split(",")
    return codings[-1].strip() == "chunked"
