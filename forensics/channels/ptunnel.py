"""ptunnel and ptunnel-ng: a TCP connection in ICMP echoes, opened as the conversation it is.

A header of 28 bytes precedes the data: magic, address and port meant, state, last number seen, size, number and
identifier. Numbers order what one side sends, acknowledgements too, and what is sent again has its number again. The
magic differs between the two and can be set, so that the other fields tell.
"""

from __future__ import annotations

import socket
import struct

from forensics.channels.base import End, Peers
from forensics.channels.desk import Desk, Listens

_HEADER = struct.Struct("!4s4sIIIIHH")
_USER, _PROXY = 1 << 30, 1 << 31
_FLAGS = _USER | _PROXY
_START, _DATA, _CLOSE = 0, 2, 3
_STATES = 6
_WINDOW = 256
"""Packets ahead of a missing one that are waited with."""
_DATA_BYTES = 1024
"""What a packet that was never seen is taken to have carried."""
_NUMBERS = 1 << 16


class _Side:
    """What one side sends, by number."""

    def __init__(self) -> None:
        self.next = 0
        self.ahead: dict[int, bytes] = {}
        self.size = 0
        """Bytes it said, as far as is known."""


class Ptunnel:
    """The connections carried under one identifier, one after the other."""

    def __init__(self, desk: Desk, ends: tuple[End, End]) -> None:
        self._desk = desk
        self._ends = ends
        self._inner: Listens | None = None
        self._session: tuple[int, bytes, int] | None = None
        self._sides = (_Side(), _Side())

    def take(self, payload: bytes, time: float) -> None:
        """Take an echo of which `is_ptunnel` is true; the server's machine may echo the client's on its own."""
        _, address, port, state, _, size, number, session = _HEADER.unpack_from(payload)
        kind = state & 0xFFFF
        side = 0 if state & _USER else 1
        if kind == _START and side == 0 and self._session != (session, address, port):
            self.over(time)
            self._begin(session, address, port, time)
        if self._inner is None or self._session is None or self._session[0] != session:
            return
        data = payload[_HEADER.size : _HEADER.size + size]
        if kind == _CLOSE:
            self.over(time)
        else:
            self._order(side, number, data if kind == _DATA else b"", time)

    def over(self, time: float) -> None:
        """Nothing more comes: what waits for a packet that was never seen is given with a hole before it."""
        for side in (0, 1) if self._inner is not None else ():
            while self._sides[side].ahead:
                self._skip(side, time)
                self._deliver(side, time)
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.closed(0, time)
            inner.closed(1, time)
            inner.counted(self._sides[0].size, self._sides[1].size, time)

    def _begin(self, session: int, address: bytes, port: int, time: float) -> None:
        (client, identifier), _ = self._ends
        end = socket.inet_ntoa(address), port & 0xFFFF
        key = f"icmp/{client}:{identifier}/{session}>{end[0]}:{end[1]}@{time:.6f}/tunnel"
        self._session = session, address, port
        self._sides = (_Side(), _Side())
        self._inner = self._desk.converse(Peers(key=key, ends=(self._ends[0], end)))

    def _order(self, side: int, number: int, data: bytes, time: float) -> None:
        known = self._sides[side]
        if (number - known.next) % _NUMBERS >= _NUMBERS // 2:
            return
        known.ahead[number] = known.ahead.get(number) or data
        if len(known.ahead) > _WINDOW:
            self._skip(side, time)
        self._deliver(side, time)

    def _deliver(self, side: int, time: float) -> None:
        known = self._sides[side]
        while known.next in known.ahead and self._inner is not None:
            data = known.ahead.pop(known.next)
            known.next = (known.next + 1) % _NUMBERS
            known.size += len(data)
            if data:
                self._inner.data(side, data, time)

    def _skip(self, side: int, time: float) -> None:
        """Give up on the packets before the first that is there."""
        known = self._sides[side]
        count = min((number - known.next) % _NUMBERS for number in known.ahead)
        known.next = (known.next + count) % _NUMBERS
        known.size += count * _DATA_BYTES
        if count and self._inner is not None:
            self._inner.hole(side, count * _DATA_BYTES, time)


def is_ptunnel(payload: bytes) -> bool:
    """Say whether this echo is ptunnel's: a port, one of two flags, a state and the size of what follows."""
    if len(payload) < _HEADER.size:
        return False
    _, _, port, state, _, size, _, _ = _HEADER.unpack_from(payload)
    is_state = state & _FLAGS in (_USER, _PROXY) and state & ~_FLAGS < _STATES
    return port < 1 << 16 and is_state and len(payload) - _HEADER.size in (size, size + 1)
