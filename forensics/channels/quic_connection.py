"""One QUIC connection whose secrets are known or may come: packets are opened, their streams told on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forensics.channels.base import Peers
from forensics.channels.desk import Desk, Shelf
from forensics.channels.http3 import Http3
from forensics.channels.quic_crypto import Opened, Opener, openers
from forensics.channels.quic_frames import NewId, Piece, Reset, frames
from forensics.channels.quic_packets import Kind, Packet
from forensics.channels.quic_streams import Inner, Streams
from forensics.channels.tls_hello import ClientHello

HELD_LIMIT_BYTES = 2 << 20
"""What waits for the secrets of one connection; clients write them down before they use them."""
HELD_IN_ALL_BYTES = 32 << 20
PATIENCE_S = 10.0
"""How long after the first packet secrets are waited for."""
STRAY_BYTES = 2048
"""Packets that nothing opens are told of from this size on; less may be a stateless reset (RFC 9000, 10.3)."""
_HELD_COST_BYTES = 200
_LENGTHS = (8, 0, 20, 4, 16, 18, 12, 5)
"""Lengths of connection ids that are tried where none was said."""
_LENGTH_LIMIT = 3


class _Waiting(Shelf):
    """How much waits for secrets in all."""

    size = 0

    def flush(self, now: float) -> None:
        """Connections that wait let go themselves."""

    def finish(self) -> None:
        """Nothing is left."""


@dataclass(frozen=True, slots=True)
class _Held:
    side: int
    packet: Packet
    time: float


class Connection:
    """What becomes of one connection's packets, from the client's greeting on."""

    def __init__(self, desk: Desk, peers: Peers, client: int, time: float) -> None:
        self._desk = desk
        self._peers = peers
        self._client = client
        self._began = self._time = time
        self._held: list[_Held] = []
        self._held_bytes = 0
        self._hello: ClientHello | None = None
        self._streams: Streams | None = None
        self._locks = {
            (client, Kind.EARLY): _Lock("CLIENT_EARLY_TRAFFIC_SECRET"),
            (client, Kind.SHORT): _Lock("CLIENT_TRAFFIC_SECRET_0"),
            (1 - client, Kind.SHORT): _Lock("SERVER_TRAFFIC_SECRET_0"),
        }
        self._expected = [0, 0]
        self._lengths: tuple[list[int], list[int]] = ([], [])
        self._unread = 0
        self.is_read = False
        """Whether anything of it could be opened."""
        self.is_given_up = False
        """Whether nothing more can be opened."""

    @property
    def random(self) -> bytes | None:
        """What the connection is known by in a key log."""
        return self._hello.random if self._hello else None

    def greet(self, hello: ClientHello) -> None:
        """The client's greeting is whole: it tells which secrets are needed and what is spoken."""
        self._hello = hello
        is_http = any(protocol.startswith(b"h3") for protocol in hello.alpn)
        spoken = (Http3 if is_http else Inner)(self._desk, self._peers, self._client)
        self._streams = Streams(self._desk, spoken)
        self._read_held()

    def take(self, side: int, packet: Packet, time: float) -> None:
        """Take a packet that is no client's Initial."""
        self._time = time
        self._learn_lengths(side, packet)
        if self.is_given_up or (side, packet.kind) not in self._locks:
            return
        if self._held:
            self._read_held()
        if not self._read(side, packet, time):
            self._hold(side, packet, time)

    def finish(self, time: float) -> None:
        """The connection is over."""
        if self._streams:
            self._streams.finish(time)
        if self.is_read:
            self._unread += sum(len(held.packet.data) for held in self._held)
        self._let_go()
        if self.is_read and self._unread >= STRAY_BYTES:
            self._desk.lose(self._peers, channel="quic", time=time, cause="not decrypted", size=self._unread)
        self._unread = 0

    def _read_held(self) -> None:
        held = self._held
        self._let_go()
        for each in held:
            if not self._read(each.side, each.packet, each.time):
                self._hold(each.side, each.packet, each.time)

    def _read(self, side: int, packet: Packet, time: float) -> bool:
        """Open a packet and tell on what is in it; False while its secret is not known."""
        if self._hello is None or self._streams is None:
            return False
        lock = self._locks[side, packet.kind]
        if not lock.is_ready:
            secrets = self._desk.secrets(self._hello.random)
            if secrets is None and not self.is_read:
                self.is_given_up = True
                return True
            if not lock.learn(secrets or {}):
                return False
        lengths = self._lengths[1 - side]
        opened = lock.open(packet, lengths or _LENGTHS, self._expected[side])
        if opened is None:
            self._unread += len(packet.data)
            return True
        self.is_read = True
        self._expected[side] = max(self._expected[side], opened[0].number + 1)
        if packet.kind is Kind.SHORT:
            _put_first(lengths, opened[1])
        self._tell(side, opened[0].payload, time)
        return True

    def _tell(self, side: int, payload: bytes, time: float) -> None:
        assert self._streams is not None
        for frame in frames(payload):
            if isinstance(frame, Piece):
                self._streams.take(side, frame, time)
            elif isinstance(frame, Reset):
                self._streams.reset(side, frame.stream, time)
            elif isinstance(frame, NewId):
                lengths = self._lengths[side]
                if len(frame.connection_id) not in lengths:
                    lengths.append(len(frame.connection_id))

    def _learn_lengths(self, side: int, packet: Packet) -> None:
        """Packets with a long header say how long the ids are that those with a short one go to."""
        if packet.kind is Kind.SHORT:
            return
        _put_first(self._lengths[side], len(packet.source))
        if packet.kind is Kind.HANDSHAKE:
            _put_first(self._lengths[1 - side], len(packet.destination))

    def _hold(self, side: int, packet: Packet, time: float) -> None:
        """Keep a packet until its secret is known; where too much waits, or too long, nothing is waited for."""
        cost = len(packet.data) + _HELD_COST_BYTES
        waiting = self._desk.shelf(_Waiting)
        is_full = self._held_bytes + cost > HELD_LIMIT_BYTES or waiting.size + cost > HELD_IN_ALL_BYTES
        if is_full or time - self._began > PATIENCE_S or not self._desk.charge(cost):
            self._give_up()
            self._unread += len(packet.data)
            return
        self._held.append(_Held(side, packet, time))
        self._held_bytes += cost
        waiting.size += cost

    def _give_up(self) -> None:
        self._unread += sum(len(held.packet.data) for held in self._held)
        self._let_go()
        self.is_given_up = not self.is_read

    def _let_go(self) -> None:
        self._desk.refund(self._held_bytes)
        self._desk.shelf(_Waiting).size -= self._held_bytes
        self._held, self._held_bytes = [], 0


class _Lock:
    """What opens the packets of one kind that a side sends: nothing yet, several ways to try, or the way found."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._openers: list[Opener] = []
        self.is_ready = False

    def learn(self, secrets: Mapping[str, bytes]) -> bool:
        """Look for the secret; False where it is not there yet."""
        secret = secrets.get(self._label)
        if secret is not None:
            self._openers = list(openers(secret))
            self.is_ready = True
        return self.is_ready

    def open(self, packet: Packet, lengths: list[int] | tuple[int, ...], expected: int) -> tuple[Opened, int] | None:
        """The packet opened, and the length of its connection id where that is not said."""
        places = [1 + length for length in lengths] if packet.kind is Kind.SHORT else [packet.number_at]
        for opener in self._openers:
            for number_at in places:
                opened = opener.open(packet.data, number_at, expected)
                if opened:
                    self._openers = [opener]
                    return opened, number_at - 1
        return None


def _put_first(lengths: list[int], length: int) -> None:
    if lengths[:1] != [length]:
        lengths[:] = [length, *(each for each in lengths if each != length)][:_LENGTH_LIMIT]
