"""HTTP/2 (RFC 9113): bodies of both directions by stream, from the preface, an upgrade or the middle on."""

from __future__ import annotations

from forensics.channels.base import Channel, Claim, Heads, Peers
from forensics.channels.desk import Desk
from forensics.channels.headers import Headers
from forensics.channels.http2_fields import FieldReader
from forensics.channels.http2_frames import (
    FRAME_BYTES,
    HEAD_BYTES,
    HEADERS,
    PADDED,
    PREFACE,
    PRIORITISED,
    SETTINGS,
    Frame,
    count_frames,
)
from forensics.channels.http2_reader import FrameReader, Frames
from forensics.channels.http_messages import Message
from forensics.channels.http_streams import Carrier, Stream, message_of

STREAM_LIMIT = 4096
"""Streams that are remembered; those that are over are forgotten first."""
LEAST_FRAMES = 3
"""Frames that must follow each other for a connection joined in its middle to be believed."""
_REQUEST_FIELDS = (0x82, 0x83, 0x42, 0x43, 0x02, 0x03)
_RESPONSE_FIELDS = (*range(0x88, 0x8F), *range(0x48, 0x4F), *range(0x08, 0x0F))
"""How a header block begins that says `:method` or `:status` first, out of the static table."""


class Http2(Channel):
    """One HTTP/2 connection; `uri` is what stream 1 answers when HTTP/1 was left by an upgrade."""

    name = "http2"

    def __init__(self, peers: Peers, client: int, desk: Desk, uri: str = "") -> None:
        super().__init__(peers, client, desk)
        self.carrier = Carrier(desk, peers, client, self.name)
        self._streams: dict[int, Stream | None] = {}
        self._nobody = Stream(self.carrier, 0)
        for side in (0, 1):
            self._nobody.end(side)
        self._sides = (_Side(self, 0), _Side(self, 1))
        if uri:
            self.stream(1).ask(Message(time=0.0, headers=Headers(), version="1.1", method="GET", target=uri))

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """The client's preface, the server's settings, or frames that follow each other."""
        for side in (0, 1):
            if heads[side].startswith(PREFACE):
                return Claim.by(side)
        if any(head and not PREFACE.startswith(head) and (head[0] or count_frames(head) < 0) for head in heads):
            return Claim.NO
        for side in (0, 1):
            if _says_settings(heads[side]):
                return Claim.by(1 - side)
        for side in (0, 1):
            if count_frames(heads[side]) >= LEAST_FRAMES:
                return Claim.by(_client_of(heads[side], side))
        return Claim.MAYBE

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        self.carrier.time = time
        self._sides[side].reader.data(chunk)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        self.carrier.time = time
        self._sides[side].reader.hole(size)

    def closed(self, side: int, time: float) -> None:
        """Take note that a side sends no more."""
        self.carrier.time = time
        self._sides[side].reader.closed()
        for stream in self.open_streams():
            stream.end(side, is_torn=True)

    def open_streams(self) -> list[Stream]:
        """The streams that are not over."""
        return [stream for stream in self._streams.values() if stream]

    def stream(self, number: int) -> Stream:
        """The stream of that number; what comes on one that is over is for nobody."""
        if number not in self._streams:
            self._make_room()
            self._streams[number] = Stream(self.carrier, number)
        return self._streams[number] or self._nobody

    def forget_if_over(self, number: int) -> None:
        """Keep no more than the number of a stream that is over."""
        stream = self._streams.get(number)
        if stream and stream.is_over:
            self._streams[number] = None

    def _make_room(self) -> None:
        if len(self._streams) < STREAM_LIMIT:
            return
        oldest = next((number for number, stream in self._streams.items() if stream is None), next(iter(self._streams)))
        stream = self._streams.pop(oldest)
        for side in (0, 1):
            if stream:
                stream.end(side, is_torn=True)


class _Side(Frames):
    """One side's frames."""

    def __init__(self, channel: Http2, side: int) -> None:
        self._channel = channel
        self._side = side
        self._fields = FieldReader()
        self.reader = FrameReader(self)

    def block(self, stream: int, promised: int, block: bytes | None, *, is_last: bool) -> None:
        if block is None:
            self._fields.forget()
        else:
            fields = self._fields.read(block)
            message = message_of(fields, time=self._channel.carrier.time, offset=self.reader.offset, version="2")
            if promised:
                self._channel.stream(promised).ask(message)
            elif stream:
                self._channel.stream(stream).fields(self._side, message)
        if is_last:
            self.end(stream)

    def body(self, stream: int, data: bytes) -> None:
        offset = self.reader.offset - len(data)
        self._channel.stream(stream).data(self._side, data, offset=offset)

    def body_hole(self, stream: int, size: int) -> None:
        self._channel.stream(stream).hole(self._side, size, offset=self.reader.offset)

    def end(self, stream: int) -> None:
        self._channel.stream(stream).end(self._side)
        self._channel.forget_if_over(stream)

    def reset(self, stream: int) -> None:
        for side in (0, 1):
            self._channel.stream(stream).end(side, is_torn=True)
        self._channel.forget_if_over(stream)

    def lost(self, size: int, frame: Frame | None, rest: bytes) -> None:
        """What was lost belongs to the only body under way, less the heads of its frames; or to one of several."""
        self._fields.forget()
        offset = self.reader.offset
        torn = [stream for stream in self._channel.open_streams() if stream.is_sending(self._side)]
        if len(torn) != 1:
            for stream in torn:
                stream.hole(self._side, 1, offset=offset)
            return
        heads = -(-size // (HEAD_BYTES + (frame.size if frame and frame.size else FRAME_BYTES)))
        left = torn[0].left(self._side)
        most = size if left is None else left - len(rest)
        torn[0].hole(self._side, min(max(1, size - heads * HEAD_BYTES), most), offset=offset)
        torn[0].data(self._side, rest, offset=offset)


def _says_settings(head: bytes) -> bool:
    """Say whether a side begins with settings that are no acknowledgement: known ones, or with a frame behind them."""
    if len(head) < HEAD_BYTES:
        return False
    frame = Frame.at(head[:HEAD_BYTES])
    if frame.kind != SETTINGS or frame.flags or not frame.is_plausible or len(head) < HEAD_BYTES + frame.size:
        return False
    payload = head[HEAD_BYTES : HEAD_BYTES + frame.size]
    names = [int.from_bytes(payload[at : at + 2], "big") for at in range(0, len(payload), 6)]
    return any(0 < name < 10 for name in names) or count_frames(head) > 1


def _client_of(head: bytes, side: int) -> int:
    """Which side is the client, by the first header block of `side`; without one the side that was seen first."""
    at = 0
    while at + HEAD_BYTES < len(head):
        frame = Frame.at(head[at : at + HEAD_BYTES])
        if frame.kind == HEADERS:
            first = at + HEAD_BYTES + bool(frame.flags & PADDED) + 5 * bool(frame.flags & PRIORITISED)
            if head[first : first + 1] and head[first] in _REQUEST_FIELDS:
                return side
            if head[first : first + 1] and head[first] in _RESPONSE_FIELDS:
                return 1 - side
        at += HEAD_BYTES + frame.size
    return 0
