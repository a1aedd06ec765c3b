"""The streams of a QUIC connection, put in order, and what is spoken on them where that is not HTTP/3."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict

from forensics.channels.base import Peers
from forensics.channels.desk import Desk, Listens
from forensics.channels.quic_frames import Piece
from forensics.channels.quic_ordering import Ordering

STREAM_LIMIT = 4096
"""Directions of streams that are put in order at a time; and those that are over and remembered for it."""
INNER_LIMIT = 64
"""Streams that are conversations of their own at a time."""
_IS_SERVERS, _IS_ONE_WAY = 0x01, 0x02


class Spoken(ABC):
    """What is spoken on the streams of a connection; `number` is the stream's, `side` the sender."""

    @abstractmethod
    def data(self, number: int, side: int, data: bytes, time: float) -> None:
        """The next bytes of a stream."""

    @abstractmethod
    def hole(self, number: int, side: int, size: int, time: float) -> None:
        """The next bytes of a stream were never seen."""

    @abstractmethod
    def end(self, number: int, side: int, time: float, *, is_torn: bool) -> None:
        """The side sends no more on the stream; `is_torn` when that was not its end."""

    @abstractmethod
    def finish(self, time: float) -> None:
        """The connection is over."""


class Streams:
    """Puts what is sent on each stream in order and tells it on."""

    def __init__(self, desk: Desk, spoken: Spoken) -> None:
        self._desk = desk
        self._spoken = spoken
        self._open: dict[tuple[int, int], Ordering] = {}
        self._over: defaultdict[tuple[int, int], _Numbers] = defaultdict(_Numbers)

    def take(self, side: int, piece: Piece, time: float) -> None:
        """Take bytes of a stream."""
        at = piece.stream, side
        if piece.stream >> 2 in self._over[piece.stream & 3, side]:
            return
        ordering = self._open.get(at)
        if ordering is None:
            if len(self._open) >= STREAM_LIMIT:
                self._end(next(iter(self._open)), time)
            ordering = self._open[at] = Ordering(self._desk)
        if piece.is_last:
            ordering.end_at(piece.offset + len(piece.data))
        for part in ordering.push(piece.offset, piece.data):
            self._tell(at, part, time)
        if ordering.is_over:
            self._end(at, time)

    def reset(self, side: int, stream: int, time: float) -> None:
        """A side gives a stream up: what came of it stays, nothing more is taken."""
        if stream >> 2 not in self._over[stream & 3, side]:
            ordering = self._open.get((stream, side))
            self._end((stream, side), time, is_torn=ordering is None or not ordering.is_over)

    def finish(self, time: float) -> None:
        """Nothing more comes."""
        for at in list(self._open):
            self._end(at, time)
        self._spoken.finish(time)

    def _end(self, at: tuple[int, int], time: float, *, is_torn: bool = False) -> None:
        number, side = at
        ordering = self._open.pop(at, None)
        is_torn = is_torn or ordering is None or not ordering.has_end
        for part in ordering.finish() if ordering else ():
            self._tell(at, part, time)
        self._over[number & 3, side].add(number >> 2)
        self._spoken.end(number, side, time, is_torn=is_torn)

    def _tell(self, at: tuple[int, int], part: bytes | int, time: float) -> None:
        number, side = at
        if isinstance(part, int):
            self._spoken.hole(number, side, part, time)
        elif part:
            self._spoken.data(number, side, part, time)


class _Numbers:
    """Numbers that mostly come in order; where too many came out of order, all below them count as having come."""

    def __init__(self) -> None:
        self._below = 0
        self._beyond: set[int] = set()

    def __contains__(self, number: int) -> bool:
        return number < self._below or number in self._beyond

    def add(self, number: int) -> None:
        """Remember a number."""
        self._beyond.add(number)
        if len(self._beyond) > STREAM_LIMIT:
            self._below = min(self._beyond)
        while self._below in self._beyond:
            self._beyond.remove(self._below)
            self._below += 1


class Inner(Spoken):
    """Each stream with two ways is a conversation of its own, guessed from its content: SMB over QUIC, HTTP/0.9."""

    def __init__(self, desk: Desk, peers: Peers, client: int) -> None:
        self._desk = desk
        self._peers = peers
        self._client = client
        self._talks: dict[int, Listens | None] = {}
        self._sending: dict[int, set[int]] = {}

    def data(self, number: int, side: int, data: bytes, time: float) -> None:
        """The next bytes of a stream."""
        talk = self._talk(number, time)
        if talk:
            talk.data(side, data, time)

    def hole(self, number: int, side: int, size: int, time: float) -> None:
        """The next bytes of a stream were never seen."""
        talk = self._talk(number, time)
        if talk:
            talk.hole(side, size, time)

    def end(self, number: int, side: int, time: float, *, is_torn: bool) -> None:
        """The side sends no more on the stream."""
        talk = self._talk(number, time)
        if talk is None or side not in self._sending[number]:
            return
        self._sending[number].discard(side)
        talk.closed(side, time)
        if not self._sending[number]:
            del self._talks[number], self._sending[number]

    def finish(self, time: float) -> None:
        """The connection is over."""
        for number in list(self._talks):
            self._finish_one(number, time)

    def _finish_one(self, number: int, time: float) -> None:
        talk, sending = self._talks.pop(number), self._sending.pop(number)
        for side in sorted(sending):
            if talk:
                talk.closed(side, time)

    def _talk(self, number: int, time: float) -> Listens | None:
        if number & _IS_ONE_WAY:
            return None
        if number not in self._talks:
            if len(self._talks) >= INNER_LIMIT:
                self._finish_one(next(iter(self._talks)), time)
            peers = Peers(key=f"{self._peers.key}/tunnel{number}", ends=self._peers.ends)
            opener = 1 - self._client if number & _IS_SERVERS else self._client
            self._talks[number] = self._desk.converse(peers, client=opener)
            self._sending[number] = {0, 1}
        return self._talks[number]
