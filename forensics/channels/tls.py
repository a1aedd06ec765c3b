"""TLS over TCP: who was asked for what, certificates, and with a key log what was said inside."""

from __future__ import annotations

import math
import re
from collections import deque

from forensics.channels.base import Channel, Claim, Heads, Peers, Stretches, first_claim, opaque
from forensics.channels.desk import Desk, Listens
from forensics.channels.tls_certificates import drafts
from forensics.channels.tls_hello import TLS_1_3, is_old_client_hello
from forensics.channels.tls_keys import Seal
from forensics.channels.tls_latecomers import Latecomers
from forensics.channels.tls_session import CERTIFICATE, Session
from forensics.channels.tls_side import Side, Stage, Wait
from forensics.model import Direction

HELD_LIMIT_BYTES = 1 << 20
"""What a connection holds while it waits for its keys."""
HELD_LIMIT_EVENTS = 1 << 12
_HELLO = re.compile(rb"\x16\x03[\0-\4](?:\0[\x01-\xff]|[\x01-\x40][\s\S])([\x01\x02])")
_HELLO_BYTES = 6
_OLD_HELLO_BYTES = 11
_OLD = 0x80
"""What the first byte of a hello in the form of SSL 2.0 has set."""

_Event = tuple[int, bytes | int | None, float]
"""A side, with what it said, or how much of it was lost, or that it ended; and when."""


class Tls(Channel):
    """One connection. Without keys it loses interest with the handshake, and is told of once it is over."""

    name = "tls"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._session = Session(desk, client)
        self._sides = (Side(0, self), Side(1, self))
        self._waits: list[Wait | None] = [None, None]
        self._queue: deque[_Event] = deque()
        self._queued_bytes = 0
        self._old: bytes | None = b""
        self._inner: Listens | None = None
        self._said = [0, 0]
        self._began = math.inf
        self._counts: tuple[int, int] | None = None
        self._is_over = False
        self._stretches = Stretches()
        self.ended = math.inf
        """When all was said while keys were waited for."""

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """A client's or a server's greeting."""
        claims = _claim(heads[0], 0), _claim(heads[1], 1)
        if any(head and claim is Claim.NO for head, claim in zip(heads, claims, strict=True)):
            return Claim.NO
        return first_claim(claims)

    @property
    def is_interested(self) -> bool:
        """Say whether something may still be read."""
        if self._inner is not None and not self._inner.is_interested:
            return False
        return bool(self._queue) or not all(side.is_dead for side in self._sides)

    @property
    def held_bytes(self) -> int:
        """What is held while keys are waited for."""
        return self._queued_bytes + sum(map(len, self._sides))

    @property
    def version(self) -> int:
        """The version the server chose, 0 while unknown."""
        return self._session.version

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        if side == self.client and self._old is not None:
            chunk = self._without_old_hello(chunk)
        if chunk and self.is_interested:
            self._hear((side, chunk, time))

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        if side == self.client:
            self._old = None
        if self.is_interested:
            self._hear((side, size, time))

    def closed(self, side: int, time: float) -> None:
        """Take note that a side sends no more."""
        self._hear((side, None, time))

    def paused(self, side: int, size: int, began: float, ended: float) -> None:
        """Take note that a side paused; told once it is sure that there are no keys."""
        self._stretches.add(side, size, began, ended)
        if not self.is_interested and self._inner is None:
            self._tell_stretches()

    def counted(self, up: int, down: int, time: float) -> None:
        """Tell of the connection, now or when its keys have come or are given up on."""
        self._counts, self.ended = (up, down), time
        if Wait.KEYS not in self._waits:
            self.give_up()

    def retry(self) -> None:
        """Go on where what was waited for has come."""
        has_moved = True
        while has_moved:
            has_moved = False
            for side, wait in enumerate(self._waits):
                if wait:
                    self._waits[side] = self._sides[side].advance()
                    has_moved |= self._waits[side] is not wait
            kept: deque[_Event] = deque()
            while self._queue and has_moved:
                event = self._queue.popleft()
                if self._is_blocked(event[0]):
                    kept.append(event)
                else:
                    self._queued_bytes -= _size(event)
                    self._tell(event)
            self._queue.extendleft(reversed(kept))
        if Wait.KEYS not in self._waits:
            self.desk.shelf(Latecomers).remove(self)
            if self._counts and not self._queue:
                self._finish()

    def give_up(self) -> None:
        """No more keys come: go on with what is known."""
        self._session.is_patient = False
        self.retry()
        for side, wait in enumerate(self._waits):
            if wait:
                self._waits[side] = None
                self._sides[side].die()
        while self._queue:
            self._tell(self._queue.popleft())
        self._queued_bytes = 0
        self.desk.shelf(Latecomers).remove(self)
        if self._counts:
            self._finish()

    def first_stage(self, side: int) -> Stage | Wait:
        """See Talk."""
        return self._session.first_stage(side)

    def seal(self, side: int, stage: Stage) -> Seal | Wait | None:
        """See Talk."""
        return self._session.seal(side, stage)

    def message(self, side: int, kind: int, body: bytes, place: int, time: float) -> None:
        """A handshake message has come, sealed or not."""
        if kind == CERTIFICATE and 0 < self.version < TLS_1_3:
            self._lay_down(side, body, place, time)
        self._session.greeted(side, kind, body)

    def content(self, side: int, data: bytes, time: float) -> None:
        """What a side said inside."""
        self._said[side] += len(data)
        if data and (inner := self._inside()):
            inner.data(side, data, time)

    def missing(self, side: int, size: int, time: float) -> None:
        """`size` bytes a side said inside cannot be told."""
        self._said[side] += size
        if inner := self._inside():
            inner.hole(side, size, time)

    def _inside(self) -> Listens | None:
        if self._inner is None:
            inside = Peers(key=self.peers.key + "/tunnel", ends=self.peers.ends, is_sealed=True)
            self._inner = self.desk.converse(inside, protocol=self.name, client=self.client)
        return self._inner

    def _hear(self, event: _Event) -> None:
        """Tell a side, or keep it for later where the side waits."""
        self._began = min(self._began, event[2])
        if not self._is_blocked(event[0]):
            self._tell(event)
            if any(self._waits):
                self.retry()
        else:
            self._queue.append(event)
            self._queued_bytes += _size(event)
            self.retry()
        if self.held_bytes > HELD_LIMIT_BYTES or len(self._queue) > HELD_LIMIT_EVENTS:
            self.give_up()
        elif Wait.KEYS in self._waits:
            self.desk.shelf(Latecomers).add(self)

    def _is_blocked(self, side: int) -> bool:
        """Say whether a side has to wait; where keys are missing both do, so that all is told in its order."""
        return self._waits[side] is not None or Wait.KEYS in self._waits

    def _tell(self, event: _Event) -> None:
        side, what, time = event
        if what is None:
            self._sides[side].closed(time)
            if self._inner:
                self._inner.closed(side, time)
        elif isinstance(what, int):
            self._waits[side] = self._sides[side].hole(what, time)
        else:
            self._waits[side] = self._sides[side].data(what, time)

    def _finish(self) -> None:
        if self._is_over or self._counts is None:
            return
        self._is_over = True
        if not any(side.has_opened for side in self._sides):
            self._tell_opaque(*self._counts)
            return
        if self._inner:
            self._inner.counted(self._said[0], self._said[1], self.ended)
        for number, side in enumerate(self._sides):
            if side.unread:
                who = "client" if number == self.client else "server"
                self.desk.lose(
                    self.peers,
                    channel=self.name,
                    time=side.unread_since,
                    cause="not decrypted",
                    size=side.unread,
                    detail=f"said by the {who}",
                )

    def _tell_stretches(self) -> None:
        session = self._session
        self._stretches.tell(self.desk, self.peers, protocol=self.name, name=session.name, facts=session.facts)

    def _tell_opaque(self, up: int, down: int) -> None:
        self._tell_stretches()
        self.desk.emit(
            opaque(
                self.peers,
                min(self._began, self.ended),
                self.ended,
                up=up,
                down=down,
                protocol=self.name,
                name=self._session.name,
                facts=self._session.facts,
            )
        )

    def _lay_down(self, side: int, body: bytes, place: int, time: float) -> None:
        uri = f"tls://{self._session.name or self.peers.name(1 - self.client)}/"
        direction = Direction.UP if side == self.client else Direction.DOWN
        for draft in drafts(self.desk, self.peers, body, sender=side, direction=direction, time=time, place=place):
            draft.uri = uri
            draft.finish()

    def _without_old_hello(self, chunk: bytes) -> bytes:
        """Take a hello in the form of SSL 2.0 off the client's first bytes; empty while it is not whole."""
        head = (self._old or b"") + chunk
        if head[0] < _OLD:
            self._old = None
            return head
        self._old = head
        end = 2 + ((head[0] & ~_OLD) << 8 | head[1]) if len(head) > 1 else 2
        if len(head) <= 1 or len(head) < end:
            return b""
        self._old = None
        self._session.greeted_old(head[:end])
        return head[end:]


def _size(event: _Event) -> int:
    return len(event[1]) if isinstance(event[1], bytes) else 0


def _claim(head: bytes, side: int) -> Claim:
    """What a side's first bytes say."""
    found = _HELLO.match(head)
    if found:
        return Claim.by(side if found[1] == b"\x01" else 1 - side)
    if is_old_client_hello(head):
        return Claim.by(side)
    if head[:1] == b"\x16" and len(head) < _HELLO_BYTES:
        return Claim.MAYBE if b"\x16\x03".startswith(head[:2]) else Claim.NO
    if head[:1] >= b"\x80" and len(head) < _OLD_HELLO_BYTES:
        return Claim.MAYBE if b"\x01".startswith(head[2:3]) else Claim.NO
    return Claim.NO if head else Claim.MAYBE
