"""iodine without a resolver: each datagram between client and server carries a whole IP packet."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.channels.base import Claim
from forensics.channels.datagrams import DatagramChannel
from forensics.channels.iodine import is_raw, take_raw


class IodineRaw(DatagramChannel):
    """What client and server send each other when they reach one another without a resolver."""

    name = "iodine-raw"

    @classmethod
    def claims(cls, held: Sequence[tuple[int, bytes]], transport: str) -> Claim:
        """The three bytes that all begin with, and a command."""
        side, payload = held[-1]
        return Claim.by(side) if transport == "udp" and is_raw(payload) else Claim.MAYBE if len(held) < 4 else Claim.NO

    def datagram(self, side: int, payload: bytes, length: int, time: float) -> None:
        """Take one datagram, which carries a whole packet."""
        take_raw(self, payload, length, time)

    def over(self, time: float) -> None:
        """Each datagram stands for itself."""
