"""Packets and capture files made by hand, for what no client sends."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable, Sequence

SYN, ACK, FIN, RST, PSH = 0x02, 0x10, 0x01, 0x04, 0x08
CLIENT, SERVER = "10.1.0.5", "192.0.2.80"
ETHERNET, RAW_IP, SLL = 1, 101, 113


def tcp(sport: int, dport: int, seq: int, flags: int = ACK, payload: bytes = b"", *, answered: int = 0) -> bytes:
    numbers = seq & 0xFFFFFFFF, answered & 0xFFFFFFFF
    return struct.pack("!HHIIBBHHH", sport, dport, *numbers, 0x50, flags, 65535, 0, 0) + payload


def udp(sport: int, dport: int, payload: bytes) -> bytes:
    return struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload


def ip(source: str, destination: str, protocol: int, payload: bytes, *, fragment: int = 0, number: int = 1) -> bytes:
    a, b = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    if a.version == 6:
        return struct.pack("!IHBB", 0x60000000, len(payload), protocol, 64) + a.packed + b.packed + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), number, fragment, 64, protocol, 0)
    return head + a.packed + b.packed + payload


def fragments(source: str, destination: str, protocol: int, payload: bytes, *, at: int) -> list[bytes]:
    """The packet cut in two IPv4 fragments at a multiple of eight."""
    more = 0x2000
    return [
        ip(source, destination, protocol, payload[:at], fragment=more, number=7),
        ip(source, destination, protocol, payload[at:], fragment=at // 8, number=7),
    ]


def ethernet(packet: bytes, *, vlans: Sequence[int] = ()) -> bytes:
    kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    tags = b"".join(struct.pack("!HH", 0x8100, vlan) for vlan in vlans)
    return b"\x02\0\0\0\0\1\x02\0\0\0\0\2" + tags + struct.pack("!H", kind) + packet


def gre(packet: bytes) -> bytes:
    return ip("198.51.100.1", "198.51.100.2", 47, struct.pack("!HH", 0, 0x0800) + packet)


def vxlan(frame: bytes) -> bytes:
    return ip("198.51.100.1", "198.51.100.2", 17, udp(5555, 4789, struct.pack("!II", 0x08000000, 7 << 8) + frame))


def sll(packet: bytes) -> bytes:
    return struct.pack("!HHH8sH", 0, 1, 6, b"\x02\0\0\0\0\1\0\0", 0x0800) + packet


def pcap(frames: Iterable[bytes], *, link: int = ETHERNET, order: str = "<", snap: int = 262144) -> bytes:
    """A classic capture, a millisecond between frames, frames cut at `snap` bytes."""
    out = bytearray(struct.pack(order + "IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link))
    for number, frame in enumerate(frames):
        stamp = struct.pack(order + "II", 1_700_000_000 + number // 1000, number % 1000 * 1000)
        out += stamp + struct.pack(order + "II", min(len(frame), snap), len(frame)) + frame[:snap]
    return bytes(out)


def pcapng(frames: Iterable[bytes], *, link: int = ETHERNET, order: str = "<") -> bytes:
    """A capture of today's format, with nanosecond time stamps."""
    out = bytearray(_block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)))
    resolution = struct.pack(order + "HHB3xHH", 9, 1, 9, 0, 0)
    out += _block(order, 1, struct.pack(order + "HHI", link, 0, 0) + resolution)
    for number, frame in enumerate(frames):
        stamp = 1_700_000_000_000_000_000 + number * 1_000_000
        head = struct.pack(order + "IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame))
        out += _block(order, 6, head + frame + b"\0" * (-len(frame) % 4))
    return bytes(out)


def _block(order: str, kind: int, body: bytes) -> bytes:
    size = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + size + body + size


def exchange(
    request: bytes,
    response: bytes = b"",
    *,
    client: tuple[str, int] = (CLIENT, 40000),
    server: tuple[str, int] = (SERVER, 80),
    step: int = 1000,
    first: int = 0xFFFFF000,
) -> list[bytes]:
    """The IP packets of a connection on which the client says `request` and the server `response`, then both end."""
    (a, ap), (b, bp) = client, server
    packets = [ip(a, b, 6, tcp(ap, bp, first - 1, SYN)), ip(b, a, 6, tcp(bp, ap, 4999, SYN | ACK))]
    for at in range(0, len(request), step):
        packets.append(ip(a, b, 6, tcp(ap, bp, first + at, ACK | PSH, request[at : at + step])))
    for at in range(0, len(response), step):
        packets.append(ip(b, a, 6, tcp(bp, ap, 5000 + at, ACK | PSH, response[at : at + step])))
    packets.append(ip(a, b, 6, tcp(ap, bp, first + len(request), ACK | FIN)))
    packets.append(ip(b, a, 6, tcp(bp, ap, 5000 + len(response), ACK | FIN)))
    return packets


def upload(body: bytes, name: str = "clip.wav") -> bytes:
    """An HTTP request that puts `body`."""
    return f"PUT /in/{name} HTTP/1.1\r\nHost: drop.example\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
