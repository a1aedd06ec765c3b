"""Packets as they stand in a capture file: taken apart, cut, numbered anew, and written again.

Read and written are classic little-endian pcap of Ethernet, as `dumpcap -P` makes them.
"""

from __future__ import annotations

import random
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

TCP, UDP = 6, 17
FIN, SYN, RST, ACK = 1, 2, 4, 16


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: `flow` is the same for both sides, `source` is its sender; TCP fields are 0 for all else."""

    time: int
    """Microseconds since 1970."""
    head: bytes
    """Everything before the payload."""
    payload: bytes
    flow: frozenset[bytes] = frozenset()
    source: bytes = b""
    protocol: int = 0
    sequence: int = 0
    answered: int = 0
    flags: int = 0


Side = tuple[frozenset[bytes], bytes]
"""A connection, and which of its two ends."""


def read(path: Path) -> Iterator[Packet]:
    """All packets of a capture, those that are no TCP and UDP over IPv4 with everything as their head."""
    data = path.read_bytes()
    if data[:4] != b"\xd4\xc3\xb2\xa1" or data[20] != 1:
        raise ValueError(f"{path}: not a classic capture of Ethernet")
    at = 24
    while at < len(data):
        seconds, micros, size, _ = struct.unpack_from("<IIII", data, at)
        yield parsed(seconds * 1_000_000 + micros, data[at + 16 : at + 16 + size])
        at += 16 + size


def parsed(time: int, frame: bytes) -> Packet:
    """A frame taken apart."""
    is_fragment = len(frame) > 34 and frame[20] & 0x3F | frame[21]
    if frame[12:14] != b"\x08\x00" or is_fragment or frame[23] not in (TCP, UDP):
        return Packet(time, frame, b"")
    protocol, at = frame[23], 14 + 4 * (frame[14] & 15)
    frame = frame[: 14 + int.from_bytes(frame[16:18], "big")]
    source, target = frame[26:30] + frame[at : at + 2], frame[30:34] + frame[at + 2 : at + 4]
    flow = frozenset((source + bytes([protocol]), target + bytes([protocol])))
    if protocol == UDP:
        return Packet(time, frame[: at + 8], frame[at + 8 :], flow, source, protocol)
    start = at + 4 * (frame[at + 12] >> 4)
    sequence, answered = struct.unpack_from("!II", frame, at + 4)
    return Packet(time, frame[:start], frame[start:], flow, source, protocol, sequence, answered, frame[at + 13])


def piece(packet: Packet, start: int, end: int) -> Packet:
    """Part of a TCP packet; the last part has its FIN."""
    flags = packet.flags if end == len(packet.payload) else packet.flags & ~FIN
    sequence = (packet.sequence + start) % (1 << 32)
    head, at = bytearray(packet.head), 14 + 4 * (packet.head[14] & 15)
    struct.pack_into("!H", head, 16, len(head) - 14 + end - start)
    struct.pack_into("!I", head, at + 4, sequence)
    head[at + 13] = flags
    return replace(packet, head=bytes(head), payload=packet.payload[start:end], sequence=sequence, flags=flags)


def first_numbers(packets: list[Packet]) -> dict[Side, int]:
    """The first sequence number of each side of every connection."""
    firsts: dict[Side, int] = {}
    for packet in packets:
        if packet.protocol == TCP:
            firsts.setdefault((packet.flow, packet.source), packet.sequence)
    return firsts


def place(packet: Packet, firsts: dict[Side, int]) -> int:
    """How far behind the first byte of its side a packet of TCP begins."""
    return (packet.sequence - firsts.get((packet.flow, packet.source), 0)) % (1 << 32)


def wrapped(packets: list[Packet], rng: random.Random) -> list[Packet]:
    """The packets with other sequence numbers, which go through zero somewhere in each side of a connection."""
    firsts, sizes = first_numbers(packets), defaultdict[Side, int](int)
    for packet in packets:
        sizes[packet.flow, packet.source] += len(packet.payload)
    shifts = {side: -rng.randint(0, sizes[side] + 2) - first for side, first in firsts.items()}
    return [renumbered(packet, shifts) if packet.protocol == TCP else packet for packet in packets]


def renumbered(packet: Packet, shifts: dict[Side, int]) -> Packet:
    """A packet of TCP whose numbers are so much larger for its own side and for the other."""
    other = next((shifts.get((packet.flow, end[:-1]), 0) for end in packet.flow if end[:-1] != packet.source), 0)
    sequence = (packet.sequence + shifts[packet.flow, packet.source]) % (1 << 32)
    answered = (packet.answered + other) % (1 << 32) if packet.flags & ACK else packet.answered
    head, at = bytearray(packet.head), 14 + 4 * (packet.head[14] & 15)
    struct.pack_into("!II", head, at + 4, sequence, answered)
    return replace(packet, head=bytes(head), sequence=sequence, answered=answered)


def write(path: Path, packets: list[Packet]) -> None:
    """A capture of these packets in this order, at the times they have together."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1)]
    for time, packet in zip(sorted(packet.time for packet in packets), packets, strict=True):
        size = len(packet.head) + len(packet.payload)
        out += [struct.pack("<IIII", *divmod(time, 1_000_000), size, size), packet.head, packet.payload]
    path.write_bytes(b"".join(out))
