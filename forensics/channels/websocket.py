"""WebSocket (RFC 6455) behind an HTTP upgrade: messages of some size, binary and text, either way."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from forensics.channels.base import Channel, Claim, Heads, Peers
from forensics.channels.cursor import Cursor
from forensics.channels.desk import Desk
from forensics.channels.draft import Draft
from forensics.model import Direction

LEAST_BYTES = 1024
"""A message is an object only from this size on: smaller ones are a protocol's chatter."""
MESSAGE_END = b"\x00\x00\xff\xff"
"""What ends a packed message and is not sent."""
UNPACKED_BYTES = 256 << 20
PART_BYTES = 1 << 20
_CONTINUATION, _TEXT, _BINARY, _CLOSE = 0, 1, 2, 8
_MASK_SPAN = 1 << 16


class _Frames:
    """One side's frames."""

    def __init__(self, channel: WebSocket, side: int) -> None:
        self._channel = channel
        self._side = side
        self._cursor = Cursor()
        self._left = 0
        self._mask = b""
        self._phase = 0
        self._is_control = False
        self._is_last = True
        self._draft: Draft | None = None
        self._is_lost = False
        self._is_packed = False
        self._inflater: Inflater | None = Inflater()
        """None once a message was not wholly seen: later ones refer back to it."""

    def data(self, chunk: bytes, time: float) -> None:
        if self._is_lost:
            return
        self._cursor.push(chunk)
        while len(self._cursor):
            if self._left:
                self._payload()
            elif not self._header(time):
                return

    def hole(self, size: int) -> None:
        """Frames cannot be found again unless the hole lies inside one."""
        if self._is_lost:
            return
        self._cursor.clear()
        self._cursor.skip(size)
        inside = min(size, self._left)
        if self._draft and not self._is_control:
            if self._is_packed and self._inflater:
                self._draft.finish(missing_end=1)
                self._draft, self._inflater = None, None
            else:
                self._draft.skip(inside)
        self._left -= inside
        self._phase += inside
        if inside < size or not self._left:
            self.closed()

    def closed(self) -> None:
        if self._draft:
            self._draft.finish(missing_end=max(self._left, 1))
        self._draft = None
        self._is_lost = True

    def _header(self, time: float) -> bool:
        """Read one frame header; False while it is incomplete."""
        head = self._cursor.peek(14)
        if len(head) < 2:
            return False
        size, extra = head[1] & 0x7F, 0
        if size >= 126:
            extra = 2 if size == 126 else 8
            size = int.from_bytes(head[2 : 2 + extra], "big")
        masked = 4 if head[1] & 0x80 else 0
        if len(head) < 2 + extra + masked:
            return False
        opcode = head[0] & 0x0F
        if opcode not in (0, 1, 2, 8, 9, 10) or size >= 1 << 48:
            self.closed()
            return False
        self._cursor.take(2 + extra + masked)
        self._mask = head[2 + extra : 2 + extra + masked]
        self._phase, self._left = 0, size
        self._is_control = opcode >= _CLOSE
        self._is_last = bool(head[0] & 0x80)
        if opcode in (_TEXT, _BINARY):
            self._draft = self._channel.open(self._side, self._cursor.offset, time)
            self._is_packed = bool(head[0] & 0x40)
            self._draft.encoding = "permessage-deflate" if self._is_packed and not self._inflater else ""
            self._draft.least = LEAST_BYTES
            self._draft.media_type = "text/plain" if opcode == _TEXT else "application/octet-stream"
        if not size:
            self._frame_end()
        return True

    def _payload(self) -> None:
        data = self._cursor.take(min(self._left, _MASK_SPAN))
        self._left -= len(data)
        if self._draft and not self._is_control:
            self._write(self._draft, _unmask(data, self._mask, self._phase))
        self._phase += len(data)
        if not self._left:
            self._frame_end()

    def _frame_end(self) -> None:
        if not self._is_last or self._is_control or not self._draft:
            return
        if self._is_packed and self._inflater:
            self._write(self._draft, MESSAGE_END)
        if self._draft:
            self._draft.finish()
            self._draft = None

    def _write(self, draft: Draft, data: bytes) -> None:
        """Add to a message, unpacked as long as every message before it could be."""
        if not self._is_packed or not self._inflater:
            draft.write(data)
            return
        try:
            for part in self._inflater.parts(data):
                draft.write(part)
                if draft.size > UNPACKED_BYTES:
                    raise zlib.error
        except zlib.error:
            draft.finish(missing_end=1)
            self._draft, self._inflater = None, None


class Inflater:
    """Unpacks one side's messages (RFC 7692), each of which may refer back to those before."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)

    def parts(self, data: bytes) -> Iterator[bytes]:
        """What so many bytes unpack to, in bounded parts. Raises zlib.error."""
        while data:
            part = self._inflater.decompress(data, PART_BYTES)
            data = self._inflater.unconsumed_tail
            if self._inflater.eof:
                data = self._inflater.unused_data
                self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
            yield part


class WebSocket(Channel):
    """The messages of both sides; never guessed, only entered from HTTP."""

    name = "websocket"

    def __init__(self, peers: Peers, client: int, desk: Desk, uri: str = "") -> None:
        super().__init__(peers, client, desk)
        self._uri = uri
        self._sides = (_Frames(self, 0), _Frames(self, 1))

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """Frames have no signature."""
        return Claim.NO

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        self._sides[side].data(chunk, time)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        self._sides[side].hole(size)

    def closed(self, side: int, time: float) -> None:
        """Take note that a side sends no more."""
        self._sides[side].closed()

    def open(self, side: int, position: int, time: float) -> Draft:
        """Begin a message."""
        return Draft(
            self.desk,
            self.peers,
            protocol=self.name,
            sender=side,
            direction=Direction.UP if side == self.client else Direction.DOWN,
            time=time,
            position=position,
            uri=self._uri,
        )


def _unmask(data: bytes, mask: bytes, phase: int) -> bytes:
    """Undo the XOR with the four mask bytes, beginning `phase` bytes into the frame."""
    if not mask:
        return data
    turn = phase % 4
    key = (mask[turn:] + mask[:turn]) * (len(data) // 4 + 1)
    size = len(data)
    return (int.from_bytes(data, "big") ^ int.from_bytes(key[:size], "big")).to_bytes(size, "big")
