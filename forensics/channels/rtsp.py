"""RTSP (RFC 2326, 7826): sound played or recorded over the very connection, or announced on ports of its own."""

from __future__ import annotations

import re

from forensics.channels.base import Channel, Claim, Heads, Peers
from forensics.channels.cursor import Cursor
from forensics.channels.desk import Desk
from forensics.channels.headers import NAME_LIMIT, Headers, text
from forensics.channels.rtp_voice import Call, Voice
from forensics.channels.sdp import SIZE_LIMIT_BYTES, Media, formats_of

HEAD_LIMIT_BYTES = 1 << 14
_METHODS = b"OPTIONS DESCRIBE SETUP PLAY RECORD ANNOUNCE PAUSE TEARDOWN GET_PARAMETER SET_PARAMETER REDIRECT RTSP/"
_LINE = re.compile(rb"(?:[A-Z_]{4,13} ([^ \r\n]{1,2000}) RTSP/[12]\.\d\r?\n|RTSP/[12]\.\d \d{3}[ \r\n])")
_PORTS = re.compile(r"(client|server)_port=(\d{1,5})\b")
_FRAME = b"$"
_FRAME_HEAD_BYTES = 4


class Rtsp(Channel):
    """One connection: messages, and between them frames of RTP. What the client says is up."""

    name = "rtsp"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._call = Call()
        self._voices: dict[int, Voice] = {}
        self._sides = (_Side(self, 0), _Side(self, 1))
        self._ended: set[int] = set()

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """A side that begins with a request is the client."""
        for side, head in enumerate(heads):
            if found := _LINE.match(head):
                return Claim.by(side if found[1] else 1 - side)
        return Claim.MAYBE if all(map(_may_begin, heads)) else Claim.NO

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        self._sides[side].data(chunk, time)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        self._sides[side].hole(size)

    def closed(self, side: int, time: float) -> None:
        """What is heard ends with the connection."""
        self._ended.add(side)
        if len(self._ended) == len(self._sides):
            self._call.end(time)

    def frame(self, side: int, number: int, datagram: bytes, time: float) -> None:
        """Take a datagram of the interleaved channel `number`; the odd ones carry the reports of the even ones."""
        voice = self._voices.get(number // 2)
        if voice is None:
            voice = self._voices[number // 2] = Voice(self.peers, self.client, self.desk, self._call)
            self._call.pairs.append(voice)
        voice.datagram(side, datagram, len(datagram), time)

    def message(self, target: str, headers: Headers, body: bytes) -> None:
        """Take a message: what payload types mean, and where else they will be heard."""
        self._call.uri = self._call.uri or target
        ends = self.peers.ends
        if headers.media_type == "application/sdp":
            self._call.media.update(dict.fromkeys(ends, Media(ends=ends, formats=formats_of(body))))
        for whose, port in _PORTS.findall(headers.get("transport")):
            is_callers = whose == "client"
            address = ends[self.client if is_callers else 1 - self.client][0]
            known = self._call.media.get(ends[0])
            media = Media(ends=((address, int(port)),), formats=known.formats if known else {})
            self._call.announce(media, self.desk, is_callers=is_callers)


class _Side:
    """Cuts what a side says into messages and frames; any cut of the bytes gives the same."""

    def __init__(self, channel: Rtsp, side: int) -> None:
        self._channel = channel
        self._side = side
        self._bytes = Cursor()
        self._is_lost = False

    def data(self, chunk: bytes, time: float) -> None:
        self._bytes.push(chunk)
        while len(self._bytes) and self._take(time):
            pass

    def hole(self, size: int) -> None:
        self._bytes.clear()
        self._bytes.skip(size)
        self._is_lost = True

    def _take(self, time: float) -> bool:
        if self._is_lost:
            return self._find()
        return self._take_frame(time) if self._bytes.peek(1) == _FRAME else self._take_message()

    def _take_frame(self, time: float) -> bool:
        head = self._bytes.peek(_FRAME_HEAD_BYTES)
        size = _FRAME_HEAD_BYTES + int.from_bytes(head[2:], "big")
        if len(head) < _FRAME_HEAD_BYTES or len(self._bytes) < size:
            return False
        self._channel.frame(self._side, head[1], self._bytes.take(size)[_FRAME_HEAD_BYTES:], time)
        return True

    def _take_message(self) -> bool:
        if self._bytes.peek(1) in b"\r\n":
            self._bytes.take(1)
            return True
        end = self._bytes.find(b"\r\n\r\n") + 4
        if end < 4:
            self._is_lost = len(self._bytes) > HEAD_LIMIT_BYTES
            return self._is_lost
        head = self._bytes.peek(end)
        line = _LINE.match(head)
        headers = Headers(head.partition(b"\n")[2])
        claimed = headers.get("content-length")
        size = end + (int(claimed) if claimed.isdecimal() and len(claimed) < 8 else 0)
        self._is_lost = not line or end > HEAD_LIMIT_BYTES or size - end > SIZE_LIMIT_BYTES
        if line and not self._is_lost:
            if len(self._bytes) < size:
                return False
            self._channel.message(text(line[1] or b"")[:NAME_LIMIT], headers, self._bytes.take(size)[end:])
        return True

    def _find(self) -> bool:
        """Go on, where bytes were lost, with the next frame that another one follows."""
        at = self._bytes.find(_FRAME)
        if at < 0:
            self._bytes.clear()
            return False
        self._bytes.take(at)
        head = self._bytes.peek(_FRAME_HEAD_BYTES)
        size = _FRAME_HEAD_BYTES + int.from_bytes(head[2:], "big")
        if len(head) < _FRAME_HEAD_BYTES or len(self._bytes) <= size:
            return False
        self._is_lost = self._bytes.slice(size, size + 1) != _FRAME
        if self._is_lost:
            self._bytes.take(1)
        return True


def _may_begin(head: bytes) -> bool:
    """Say whether more bytes may make `head` the beginning of a message."""
    word, space, _ = head.partition(b" ")
    known = _METHODS.split()
    if not space:
        return any(each.startswith(word[: len(each)]) for each in known) and len(head) < 32
    return (word in known or word.startswith(b"RTSP/")) and b"\n" not in head and len(head) < 2100
