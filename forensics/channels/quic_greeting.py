"""What a QUIC client says first: its Initial packets, which anybody can open, and the TLS greeting in them."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.channels.quic_crypto import Opened, initial_opener
from forensics.channels.quic_frames import Crypto, frames
from forensics.channels.quic_packets import Kind, Packet, packets
from forensics.channels.tls_hello import ClientHello, client_hello
from forensics.errors import Malformed

HELLO_LIMIT_BYTES = 1 << 16
PIECE_LIMIT = 256
_CLIENT_HELLO = 1
_HEAD_BYTES = 4


class Greeting:
    """The client's Initial packets that belong to one connection id it chose."""

    def __init__(self, version: int, destination: bytes) -> None:
        self._opener = initial_opener(version, destination)
        self._pieces: dict[int, bytes] = {}
        self._expected = 0
        self.hello: ClientHello | None = None

    def take(self, packet: Packet) -> bool:
        """Take a packet; False when it is not of this greeting."""
        opened = self._opener.open(packet.data, packet.number_at, self._expected)
        if opened is None:
            return False
        self._expected = max(self._expected, opened.number + 1)
        if self.hello is None:
            self._read(opened)
        return True

    def _read(self, opened: Opened) -> None:
        for frame in frames(opened.payload):
            known = self._pieces.get(frame.offset, b"") if isinstance(frame, Crypto) else b""
            if isinstance(frame, Crypto) and len(known) < len(frame.data) and len(self._pieces) < PIECE_LIMIT:
                self._pieces[frame.offset] = frame.data
        said = b"".join(self._in_order())
        size = int.from_bytes(said[1:_HEAD_BYTES], "big")
        if len(said) < _HEAD_BYTES + size or said[:1] != bytes([_CLIENT_HELLO]):
            return
        try:
            self.hello = client_hello(said[_HEAD_BYTES : _HEAD_BYTES + size])
        except Malformed:
            return
        self._pieces.clear()

    def _in_order(self) -> Iterator[bytes]:
        reached = 0
        for offset in sorted(self._pieces):
            data = self._pieces[offset]
            if offset > reached or reached > HELLO_LIMIT_BYTES:
                return
            if offset + len(data) > reached:
                yield data[reached - offset :]
                reached = offset + len(data)


def is_greeting(datagram: bytes) -> bool:
    """Say whether a datagram begins with a client's Initial packet; it opens with the keys made of its own header."""
    for packet in packets(datagram):
        if packet.kind is not Kind.INITIAL:
            return False
        return Greeting(packet.version, packet.destination).take(packet)
    return False
