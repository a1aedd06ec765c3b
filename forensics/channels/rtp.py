"""Voice over RTP (RFC 3550) that nobody announced, told by its packets alone."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.channels import rtp_guess, rtp_packets
from forensics.channels.base import Claim
from forensics.channels.datagrams import DatagramChannel
from forensics.channels.rtp_voice import PROTOCOL, Voice


class Rtp(Voice, DatagramChannel):
    """Voice without a call: the end that was heard first is the client."""

    name = PROTOCOL
    is_guess = True

    @classmethod
    def claims(cls, held: Sequence[tuple[int, bytes]], transport: str) -> Claim:
        """Packets of one source in a row, whose numbers and time stamps move as sound does."""
        is_voice = transport == "udp" and rtp_guess.is_voice(held)
        return Claim.by(held[0][0]) if is_voice else Claim.MAYBE

    @classmethod
    def is_lead(cls, datagram: bytes) -> bool:
        """What finds a call its way and agrees on its keys."""
        return rtp_packets.is_lead(datagram)
