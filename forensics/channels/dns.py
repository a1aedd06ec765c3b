"""DNS over UDP and TCP (RFC 1035, 7766): what clients ask of zones, kept by whom it is asked of, never by connection.

A query may come from a port of its own, so that nothing is known of a conversation alone: all messages go to the
shelves where tunnels are told by their shape (`dns_shape`) or read (`iodine`).
"""

from __future__ import annotations

from collections.abc import Sequence

from forensics.channels.base import Channel, Claim, Heads, Peers, first_claim
from forensics.channels.cursor import Cursor
from forensics.channels.datagrams import DatagramChannel
from forensics.channels.desk import Desk
from forensics.channels.dns_messages import HEADER_BYTES, Message, parse
from forensics.channels.dns_shape import Zones
from forensics.channels.iodine import Iodine, is_raw, take_raw

_LEAST_BYTES = HEADER_BYTES + 5


class Dns(DatagramChannel):
    """Queries and answers in datagrams."""

    name = "dns"

    @classmethod
    def claims(cls, held: Sequence[tuple[int, bytes]], transport: str) -> Claim:
        """A message that is one to its last byte."""
        if transport != "udp":
            return Claim.NO
        side, payload = held[-1]
        message = parse(payload)
        if message is None:
            return Claim.MAYBE if len(held) < 4 else Claim.NO
        return Claim.by(1 - side if message.is_answer else side)

    def datagram(self, side: int, payload: bytes, length: int, time: float) -> None:
        """Take one message; of what is none, only what iodine sends between the same ports once it may."""
        if is_raw(payload):
            take_raw(self, payload, length, time)
            return
        message = parse(payload, is_cut=length > len(payload))
        if message is not None:
            _heard(self, side, message, time)

    def over(self, time: float) -> None:
        """Zones outlive the ports they are asked from."""


class DnsStream(Channel):
    """Messages over a connection, each behind two bytes of length."""

    name = "dns-tcp"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._cursors: list[Cursor | None] = [Cursor(), Cursor()]

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """A query behind its length, from either side."""
        return first_claim((_claim(heads[0], heads[1], 0), _claim(heads[1], heads[0], 1)))

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        cursor = self._cursors[side]
        if cursor is None:
            return
        cursor.push(chunk)
        while len(cursor) >= 2:
            size = int.from_bytes(cursor.peek(2), "big")
            if len(cursor) < 2 + size:
                return
            cursor.take(2)
            payload = cursor.take(size)
            message = parse(payload)
            if message is not None:
                _heard(self, side, message, time)

    def hole(self, side: int, size: int, time: float) -> None:
        """Where messages begin is not known any more."""
        self._cursors[side] = None

    def closed(self, side: int, time: float) -> None:
        """Zones outlive connections."""


def _heard(talk: Dns | DnsStream, side: int, message: Message, time: float) -> None:
    asking = 1 - side if message.is_answer else side
    ends = talk.peers.ends[asking], talk.peers.ends[1 - asking]
    recognised = talk.desk.shelf(Iodine).heard(ends, message, time)
    talk.desk.shelf(Zones).heard(ends, message, time, tunnel=recognised)


def _claim(mine: bytes, theirs: bytes, side: int) -> Claim:
    """What side `side` being the client looks like."""
    if not mine:
        return Claim.MAYBE if len(theirs) < 2 + _LEAST_BYTES else Claim.NO
    if len(mine) < 2:
        return Claim.MAYBE
    size = int.from_bytes(mine[:2], "big")
    if size < _LEAST_BYTES or size > 1024:
        return Claim.NO
    if len(mine) >= 8 and (mine[4] & 0xF8 or mine[6:8] != b"\0\1"):
        return Claim.NO
    if len(mine) < 2 + size:
        return Claim.MAYBE
    message = parse(mine[2 : 2 + size])
    return Claim.NO if message is None or message.is_answer else Claim.by(side)
