"""A conversation inside another: what a tunnel carries, and what a text protocol goes on with after STARTTLS."""

from __future__ import annotations

from forensics.channels.base import Peers
from forensics.channels.cursor import Cursor
from forensics.channels.desk import Desk, Listens

_TLS = b"\x16\x03"
"""How a line begins that is none but a TLS record; no text protocol has it."""


class Tunnel(Listens):
    """Reads what is inside as if it stood alone, and tells it at the end how many of the bytes were its own."""

    def __init__(self, desk: Desk, peers: Peers, *, protocol: str = "", client: int = 0, uri: str = "") -> None:
        inside = Peers(key=peers.key + "/tunnel", ends=peers.ends)
        self._inner = desk.converse(inside, protocol=protocol, client=client, uri=uri)
        self.before = [0, 0]
        """Bytes each side sent before what is inside begins."""

    @property
    def is_interested(self) -> bool:
        """Say whether more bytes matter."""
        return self._inner is not None and self._inner.is_interested

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        if self._inner:
            self._inner.data(side, chunk, time)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        if self._inner:
            self._inner.hole(side, size, time)

    def closed(self, side: int, time: float) -> None:
        """Take note that a side sends no more."""
        if self._inner:
            self._inner.closed(side, time)

    def paused(self, side: int, size: int, began: float, ended: float) -> None:
        """Take note that a side paused."""
        if self._inner:
            self._inner.paused(side, size, began, ended)

    def counted(self, up: int, down: int, time: float) -> None:
        """Take note of how many bytes side 0 and side 1 sent on the whole connection."""
        if self._inner:
            self._inner.counted(max(0, up - self.before[0]), max(0, down - self.before[1]), time)


class Upgrade:
    """Follows a protocol of lines into TLS, which each side begins at a line of its own."""

    def __init__(self, desk: Desk, peers: Peers, client: int) -> None:
        self._desk = desk
        self._peers = peers
        self._client = client
        self._tunnel: Tunnel | None = None
        self._has_left = [False, False]

    @property
    def is_interested(self) -> bool:
        """Say whether more bytes matter: not those that neither side nor what is inside can be read of."""
        return self._tunnel is None or not all(self._has_left) or self._tunnel.is_interested

    def takes(self, side: int, cursor: Cursor, time: float) -> bool:
        """Take what a side says at the beginning of a line, if it is TLS or may be once there is more of it."""
        if not self._has_left[side]:
            head = cursor.peek(len(_TLS))
            if head != _TLS:
                return head == _TLS[:1]
            self._tunnel = self._tunnel or Tunnel(self._desk, self._peers, client=self._client)
            self._tunnel.before[side] = cursor.offset
            self._has_left[side] = True
        if self._tunnel and len(cursor):
            self._tunnel.data(side, cursor.take(len(cursor)), time)
        return True

    def hole(self, side: int, size: int, time: float) -> bool:
        """Take note of bytes never seen; False where the side does not speak TLS."""
        if self._tunnel and self._has_left[side]:
            self._tunnel.hole(side, size, time)
        return self._has_left[side]

    def closed(self, side: int, time: float) -> None:
        """Take note that a side sends no more."""
        if self._tunnel:
            self._tunnel.closed(side, time)

    def paused(self, side: int, size: int, began: float, ended: float) -> None:
        """Take note that a side paused."""
        if self._tunnel and self._has_left[side]:
            self._tunnel.paused(side, size, began, ended)

    def counted(self, up: int, down: int, time: float) -> None:
        """Take note, at the very end, of how many bytes side 0 and side 1 sent on the whole connection."""
        if self._tunnel:
            self._tunnel.counted(up, down, time)
