"""QUIC (RFC 9000, 9001, 9369): who is called by what name; with the connection's secrets, all that is sent in it."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.channels.base import Claim, Peers, opaque
from forensics.channels.datagrams import DatagramChannel
from forensics.channels.desk import Desk
from forensics.channels.ja4 import ja4
from forensics.channels.quic_connection import Connection
from forensics.channels.quic_greeting import Greeting, is_greeting
from forensics.channels.quic_packets import VERSION_NAMES, Kind, Packet, packets
from forensics.channels.tls_hello import ClientHello

GREETING_LIMIT = 4
"""Greetings that are put together at a time; a server may ask for another one (Retry)."""
_RANDOM_LIMIT = 64


class Quic(DatagramChannel):
    """The datagrams between two ends: one connection, or several one after the other.

    A client that goes on from another address is not followed; its datagrams there are none that is known.
    """

    name = "quic"

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._greetings: list[Greeting] = []
        self._connection: Connection | None = None
        self._seen: list[bytes] = []
        self._hello: ClientHello | None = None
        self._version = 0
        self._began = 0.0
        self._is_read = False

    @classmethod
    def claims(cls, held: Sequence[tuple[int, bytes]], transport: str) -> Claim:
        """A client's first packet, by the proof that it opens."""
        side, datagram = held[-1]
        return Claim.by(side) if transport == "udp" and is_greeting(datagram) else Claim.MAYBE

    @property
    def is_interested(self) -> bool:
        """Say whether anything more can be read: no more once the greeting has come and there are no secrets."""
        return self._connection is None or not self._connection.is_given_up

    def datagram(self, side: int, payload: bytes, length: int, time: float) -> None:
        """Take the packets of a datagram."""
        if self._connection is None:
            self._connection, self._began = Connection(self.desk, self.peers, self.client, time), time
        for packet in packets(payload):
            if packet.version and (side != self.client or not self._version):
                self._version = packet.version
            if side == self.client and packet.kind is Kind.INITIAL:
                self._greet(packet, time)
            self._connection.take(side, packet, time)

    def over(self, time: float) -> None:
        """Nothing more comes."""
        if self._connection:
            self._connection.finish(time)

    def counted(self, up: int, down: int, time: float) -> None:
        """Tell of the connection if nothing in it could be read."""
        if self._connection is None or self._is_read or self._connection.is_read:
            return
        hello, peers = self._hello, self.peers
        if self.client:
            peers, up, down = Peers(key=peers.key, ends=(peers.ends[1], peers.ends[0])), down, up
        facts = {"version": VERSION_NAMES.get(self._version, "")}
        if hello:
            alpn = " ".join(protocol.decode("ascii", "backslashreplace") for protocol in hello.alpn)
            facts |= {"alpn": alpn, "ja4": ja4(hello, "q")}
        name = hello.name if hello else ""
        self.desk.emit(opaque(peers, self._began, time, up=up, down=down, protocol=self.name, name=name, facts=facts))

    def _greet(self, packet: Packet, time: float) -> None:
        """Take a client's Initial packet; a greeting with another random begins another connection."""
        greeting = next((each for each in self._greetings if each.take(packet)), None)
        if greeting is None:
            greeting = Greeting(packet.version, packet.destination)
            if not greeting.take(packet):
                return
            self._greetings = [greeting, *self._greetings[: GREETING_LIMIT - 1]]
        hello = greeting.hello
        if hello is None or hello.random in self._seen:
            return
        assert self._connection is not None
        if self._connection.random is not None:
            self._connection.finish(time)
            self._is_read = self._is_read or self._connection.is_read
            self._connection = Connection(self.desk, self.peers, self.client, time)
        self._seen = [hello.random, *self._seen[: _RANDOM_LIMIT - 1]]
        self._hello = self._hello or hello
        self._connection.greet(hello)
