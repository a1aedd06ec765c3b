"""What the sides of an HTTP/3 connection say on each stream (RFC 9114, section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forensics.channels.cursor import Cursor
from forensics.channels.http3_frames import PROMISE, SETTINGS
from forensics.channels.http3_reader import FrameReader, Frames
from forensics.channels.http_streams import Stream, message_of
from forensics.channels.quic_packets import varint

if TYPE_CHECKING:
    from forensics.channels.http3 import Http3

_CONTROL, _PUSH, _ENCODER = 0x00, 0x01, 0x02
_TABLE_CAPACITY = 0x01
_POSITION_BITS = 40
"""An object's position is its offset in its stream, below the number of that."""


class Request:
    """A stream with two ways: a request and its answer. An answer that is seen first waits for its request."""

    def __init__(self, connection: Http3, number: int) -> None:
        self.stream = Stream(connection.carrier, number)
        self._client = connection.carrier.client
        self._directions = tuple(_Direction(connection, self.stream, number, side) for side in (0, 1))
        self._directions[1 - self._client].request = self._directions[self._client]
        up, down = (FrameReader(connection.desk, direction) for direction in self._directions)
        self.readers = (up, down)

    def end(self, side: int, *, is_torn: bool) -> None:
        """A side sends no more."""
        is_amid = self.readers[side].ended()
        self.stream.end(side, is_torn=is_torn or is_amid)
        if side == self._client:
            self._directions[side].has_fields = True
            self.readers[1 - side].resume()

    def data(self, side: int, data: bytes) -> None:
        """The next bytes of a side."""
        is_asked = self._directions[self._client].has_fields
        self.readers[side].data(data)
        if not is_asked and self._directions[self._client].has_fields:
            self.readers[1 - self._client].resume()


class _Direction(Frames):
    """What one side's frames on one stream say."""

    def __init__(self, connection: Http3, stream: Stream, number: int, side: int) -> None:
        self._connection = connection
        self._stream = stream
        self._side = side
        self._at = number << _POSITION_BITS
        self.request: _Direction | None = None
        """What must be known before this side's fields are."""
        self.has_fields = False

    def whole(self, kind: int, payload: bytes, *, is_forced: bool) -> bool:
        promised = -1
        if kind == SETTINGS:
            return True
        if self.request and not (self.request.has_fields or is_forced):
            return False
        if kind == PROMISE:
            try:
                promised, at = varint(payload, 0)
            except IndexError:
                return True
            payload = payload[at:]
        fields = self._connection.decoders[self._side].read(payload, is_forced=is_forced)
        if fields is None:
            return False
        self._at += len(payload)
        message = message_of(fields, time=self._connection.carrier.time, offset=self._at, version="3")
        if promised >= 0:
            self._connection.pushed(promised).ask(message)
        else:
            self._stream.fields(self._side, message)
            self.has_fields = True
        return True

    def body(self, data: bytes) -> None:
        self._stream.data(self._side, data, offset=self._at)

    def body_hole(self, size: int) -> None:
        self._stream.hole(self._side, size, offset=self._at)


class OneWay:
    """A stream with one way; what it is for is said first (section 6.2)."""

    def __init__(self, connection: Http3, number: int, side: int) -> None:
        self._connection = connection
        self._number = number
        self.side = side
        self._head = Cursor()
        self._kind = -1
        self._pushed: Stream | None = None
        self._reader: FrameReader | None = None
        self._is_dull = False

    def data(self, data: bytes) -> None:
        """The next bytes."""
        if self._is_dull:
            return
        if self._kind < 0:
            self._head.push(data)
            if not self._begin():
                return
            data = self._head.take(len(self._head))
        if self._kind == _ENCODER:
            self._connection.learn(self.side, data)
        elif self._reader:
            self._reader.data(data)
        else:
            self._is_dull = True

    def hole(self, size: int) -> None:
        """Bytes that were never seen."""
        if self._kind < 0:
            self._is_dull = True
        elif self._kind == _ENCODER:
            self._connection.decoders[self.side].lose()
            self._connection.resume(self.side)
        elif self._reader:
            self._reader.hole(size)

    def resume(self) -> None:
        """Read on where a header block had to wait."""
        if self._reader:
            self._reader.resume()

    def ended(self, *, is_torn: bool) -> None:
        """The side sends no more; `is_torn` when that was not the end."""
        is_amid = self._reader.ended() if self._reader else False
        if self._pushed:
            self._pushed.end(self.side, is_torn=is_torn or is_amid)

    def _begin(self) -> bool:
        """Read what the stream is for; False while that has not come whole."""
        head = self._head.peek(16)
        try:
            kind, at = varint(head, 0)
            pushed, at = varint(head, at) if kind == _PUSH else (0, at)
        except IndexError:
            return False
        self._head.take(at)
        self._kind = kind
        connection = self._connection
        if kind == _CONTROL:
            self._reader = FrameReader(connection.desk, _Control(connection, self.side))
        elif kind == _PUSH and self.side != connection.carrier.client:
            self._pushed = connection.pushed(pushed)
            self._reader = FrameReader(connection.desk, _Direction(connection, self._pushed, self._number, self.side))
        return True


class _Control(Frames):
    """A side's control stream: its settings say how large the table of the other side's encoder may be."""

    def __init__(self, connection: Http3, side: int) -> None:
        self._connection = connection
        self._side = side

    def whole(self, kind: int, payload: bytes, *, is_forced: bool) -> bool:
        if kind != SETTINGS:
            return True
        decoder = self._connection.decoders[1 - self._side]
        decoder.most_bytes = 0
        at = 0
        try:
            while at < len(payload):
                name, at = varint(payload, at)
                value, at = varint(payload, at)
                if name == _TABLE_CAPACITY:
                    decoder.most_bytes = value
        except IndexError:
            pass
        self._connection.resume(1 - self._side)
        return True

    def body(self, data: bytes) -> None:
        pass

    def body_hole(self, size: int) -> None:
        pass
