"""Packets of QUIC (RFC 9000 section 17, RFC 9369): what a datagram holds, as far as that is said in the clear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

VERSION_1, VERSION_2 = 0x00000001, 0x6B3343CF
VERSION_NAMES = {
    VERSION_1: "QUIC v1",
    VERSION_2: "QUIC v2",
    **{0xFF000000 + draft: f"QUIC draft-{draft}" for draft in range(29, 35)},
}
"""Versions that are read."""
ID_LIMIT_BYTES = 20
PACKET_LIMIT = 16
"""Packets that are looked for in one datagram."""
_IS_LONG = 0x80


class Kind(Enum):
    """What a packet is for; it tells the keys that protect it."""

    INITIAL = auto()
    EARLY = auto()
    HANDSHAKE = auto()
    RETRY = auto()
    SHORT = auto()


_KINDS = (Kind.INITIAL, Kind.EARLY, Kind.HANDSHAKE, Kind.RETRY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One packet, still protected. `number_at` is where its number begins; 0 of a short one, whose ids have no length.

    `data` goes from the first byte to the last that is protected.
    """

    kind: Kind
    data: bytes
    version: int = 0
    destination: bytes = b""
    source: bytes = b""
    number_at: int = 0


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at a place (RFC 9000, section 16) and where the next thing begins. Raises IndexError."""
    size = 1 << (data[at] >> 6)
    end = at + size
    if end > len(data):
        raise IndexError
    return int.from_bytes(data[at:end], "big") & ((1 << (8 * size - 2)) - 1), end


def packets(datagram: bytes) -> Iterator[Packet]:
    """The packets of a datagram up to the first that is not understood; of other versions none."""
    for _ in range(PACKET_LIMIT):
        if not datagram or not (datagram[0] & _IS_LONG or datagram.strip(b"\0")):
            return
        if not datagram[0] & _IS_LONG:
            yield Packet(kind=Kind.SHORT, data=datagram)
            return
        try:
            packet = _long(datagram)
        except IndexError:
            return
        if packet is None:
            return
        yield packet
        datagram = datagram[len(packet.data) :]


def _long(data: bytes) -> Packet | None:
    """The packet with a long header at the beginning. Raises IndexError where it is shorter than it says."""
    version = int.from_bytes(data[1:5], "big")
    if version not in VERSION_NAMES:
        return None
    destination, at = _identifier(data, 5)
    source, at = _identifier(data, at)
    kind = _KINDS[((data[0] >> 4) - (version == VERSION_2)) & 3]
    if kind is Kind.RETRY:
        return Packet(kind=kind, data=data, version=version, destination=destination, source=source)
    if kind is Kind.INITIAL:
        token, at = varint(data, at)
        at += token
    length, at = varint(data, at)
    if at + length > len(data):
        raise IndexError
    return Packet(
        kind=kind, data=data[: at + length], version=version, destination=destination, source=source, number_at=at
    )


def _identifier(data: bytes, at: int) -> tuple[bytes, int]:
    size = data[at]
    end = at + 1 + size
    if size > ID_LIMIT_BYTES or end > len(data):
        raise IndexError
    return data[at + 1 : end], end
