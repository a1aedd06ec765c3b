"""HTTP/3 (RFC 9114): bodies of both directions by stream, out of what the streams of QUIC carry."""

from __future__ import annotations

from forensics.channels.base import Peers
from forensics.channels.desk import Desk
from forensics.channels.http3_sides import OneWay, Request
from forensics.channels.http_streams import Carrier, Stream
from forensics.channels.qpack import FieldDecoder
from forensics.channels.quic_streams import Spoken

STREAM_LIMIT = 4096
"""Streams that are remembered while they are not over."""
_IS_ONE_WAY = 0x02


class Http3(Spoken):
    """One HTTP/3 connection."""

    name = "http3"

    def __init__(self, desk: Desk, peers: Peers, client: int) -> None:
        self.desk = desk
        self.carrier = Carrier(desk, peers, client, self.name)
        self.decoders = (FieldDecoder(), FieldDecoder())
        """Of the header blocks each side sends."""
        self._streams: dict[int, Request] = {}
        self._pushes: dict[int, Stream] = {}
        self._one_way: dict[int, OneWay] = {}

    def data(self, number: int, side: int, data: bytes, time: float) -> None:
        """The next bytes of a stream."""
        self.carrier.time = time
        if number & _IS_ONE_WAY:
            self._one(number, side, time).data(data)
        else:
            self._request(number, time).data(side, data)

    def hole(self, number: int, side: int, size: int, time: float) -> None:
        """The next bytes of a stream were never seen."""
        self.carrier.time = time
        if number & _IS_ONE_WAY:
            self._one(number, side, time).hole(size)
        else:
            self._request(number, time).readers[side].hole(size)

    def end(self, number: int, side: int, time: float, *, is_torn: bool) -> None:
        """The side sends no more on the stream."""
        self.carrier.time = time
        if number & _IS_ONE_WAY:
            one = self._one_way.pop(number, None)
            if one:
                one.ended(is_torn=is_torn)
            return
        request = self._request(number, time)
        request.end(side, is_torn=is_torn)
        if request.stream.is_over:
            del self._streams[number]

    def finish(self, time: float) -> None:
        """The connection is over."""
        for number in list(self._streams):
            self._break_off(number, time)
        for number in list(self._one_way):
            self.end(number, 0, time, is_torn=True)

    def learn(self, side: int, data: bytes) -> None:
        """Take the next bytes of a side's encoder stream; blocks that waited for them are read."""
        self.decoders[side].learn(data)
        self.resume(side)

    def resume(self, side: int) -> None:
        """Read blocks of a side that waited, as far as they can be read now."""
        for request in list(self._streams.values()):
            if request.readers[side].is_blocked:
                request.readers[side].resume()
        for one in list(self._one_way.values()):
            if one.side == side:
                one.resume()

    def pushed(self, number: int) -> Stream:
        """The stream of an answer the server has promised or begun to push."""
        if number not in self._pushes:
            if len(self._pushes) >= STREAM_LIMIT:
                del self._pushes[next(iter(self._pushes))]
            self._pushes[number] = Stream(self.carrier, number)
        return self._pushes[number]

    def _break_off(self, number: int, time: float) -> None:
        for side in (self.carrier.client, 1 - self.carrier.client):
            if number in self._streams:
                self.end(number, side, time, is_torn=True)

    def _request(self, number: int, time: float) -> Request:
        if number not in self._streams:
            if len(self._streams) >= STREAM_LIMIT:
                self._break_off(next(iter(self._streams)), time)
            self._streams[number] = Request(self, number)
        return self._streams[number]

    def _one(self, number: int, side: int, time: float) -> OneWay:
        if number not in self._one_way:
            if len(self._one_way) >= STREAM_LIMIT:
                self.end(next(iter(self._one_way)), side, time, is_torn=True)
            self._one_way[number] = OneWay(self, number, side)
        return self._one_way[number]
