"""RTP packets (RFC 3550, 5761): header, padding and extension taken off; RTCP, DTLS and ZRTP told from them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

HEADER_BYTES = 12
_RTCP_TYPES = range(192, 224)
_SENDER_REPORT, _APP = 200, 204
_GOODBYE = 203
_STUN_COOKIE = b"\x21\x12\xa4\x42"
_DTLS_TYPES = range(20, 64)
_DTLS_HANDSHAKE = range(20, 23)


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpPacket:
    """One packet. `sequence` has 16 bits, `timestamp` 32; `position` and `time` say where and when it was seen."""

    kind: int
    """Payload type."""
    sequence: int
    timestamp: int
    source: int
    """SSRC."""
    payload: bytes
    is_cut: bool = False
    """Whether the capture kept only its beginning."""
    position: int = 0
    time: float = 0.0


def parse(datagram: bytes, *, length: int = -1, position: int = 0, time: float = 0.0) -> RtpPacket | None:
    """The RTP packet in a datagram that had `length` bytes on the wire; None when it is none, or RTCP."""
    if len(datagram) < HEADER_BYTES or datagram[0] >> 6 != 2 or datagram[1] in _RTCP_TYPES:
        return None
    first, second, sequence, timestamp, source = struct.unpack_from("!BBHII", datagram)
    start = HEADER_BYTES + 4 * (first & 0x0F)
    if first & 0x10:
        if len(datagram) < start + 4:
            return None
        start += 4 + 4 * struct.unpack_from("!H", datagram, start + 2)[0]
    is_cut = length > len(datagram)
    end = len(datagram)
    if first & 0x20 and not is_cut:
        end -= datagram[-1]
        if not datagram[-1]:
            return None
    if end < start:
        return None
    return RtpPacket(
        kind=second & 0x7F,
        sequence=sequence,
        timestamp=timestamp,
        source=source,
        payload=datagram[start:end],
        is_cut=is_cut,
        position=position,
        time=time,
    )


def is_report(datagram: bytes) -> bool:
    """Say whether a datagram is RTCP."""
    return len(datagram) >= 4 and datagram[0] >> 6 == 2 and datagram[1] in _RTCP_TYPES


def goodbyes(datagram: bytes) -> Iterator[int]:
    """The sources that say in an RTCP datagram that they have ended."""
    at = 0
    while at + 4 <= len(datagram) and datagram[at] >> 6 == 2 and _SENDER_REPORT <= datagram[at + 1] <= _APP + 3:
        size = 4 + 4 * struct.unpack_from("!H", datagram, at + 2)[0]
        if datagram[at + 1] == _GOODBYE:
            count = min(datagram[at] & 0x1F, (min(size, len(datagram) - at) - 4) // 4)
            yield from struct.unpack_from(f"!{count}I", datagram, at + 4)
        at += size


def agrees_on_keys(datagram: bytes) -> bool:
    """Say whether a datagram belongs to a key agreement: DTLS (RFC 5764), or the end of ZRTP's (RFC 6189)."""
    if len(datagram) < HEADER_BYTES:
        return False
    is_dtls = datagram[0] in _DTLS_TYPES and datagram[1] == 0xFE
    return is_dtls or (datagram[0] == 0x10 and datagram[4:8] == b"ZRTP" and b"Conf" in datagram[12:28])


def is_lead(datagram: bytes) -> bool:
    """Say whether a datagram prepares a call: it looks for a way (STUN's Binding; RFC 8445), or agrees on keys.

    Those are the handshake of DTLS, not what is said after it, and all of ZRTP's.
    """
    if len(datagram) < HEADER_BYTES:
        return False
    is_binding = datagram[4:8] == _STUN_COOKIE and datagram[0] < 2 and datagram[1] & 0xEF == 1
    is_handshake = datagram[0] in _DTLS_HANDSHAKE and datagram[1] == 0xFE
    return is_binding or is_handshake or (datagram[0] == 0x10 and datagram[4:8] == b"ZRTP")


def is_idle_talk(datagram: bytes) -> bool:
    """Say whether a datagram keeps the way open and carries nothing: STUN (RFC 8489), or next to no bytes."""
    return len(datagram) < HEADER_BYTES or (datagram[0] >> 6 == 0 and datagram[4:8] == _STUN_COOKIE)


def distance(later: int, earlier: int, *, bits: int) -> int:
    """`later` - `earlier` as the shorter way round a counter of so many bits, negative when it is behind."""
    half = 1 << (bits - 1)
    return (later - earlier + half) % (1 << bits) - half
