"""A capture as a worse network would have shown it: TCP cut anew, lost and sent again, out of order, repeated.

Read and written are classic little-endian pcap of Ethernet, as `dumpcap -P` makes them. Only what a tap can see is
made: no packet comes after one of the other side that answers it, for what was not there could not be answered.
"""

from __future__ import annotations

import random
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

LOSS, DISORDER, REPEATS = 0.01, 0.05, 0.03
LOST_FOR, LATE_FOR, REPEATED_AFTER = (5, 40), (1, 4), (1, 50)
"""By how many packets of its connection a lost one comes later, a late one, and the second of two."""
LARGEST = (1448, 2, 536, 100, 9000, 48, 1448, 4096)
"""The largest piece TCP is cut to, in bytes, seed by seed; the smallest is one byte."""
MOST_PIECES = 30_000
"""A capture is cut no finer than to so many, so that a run ends."""
_TCP, _UDP = 6, 17
_FIN, _SYN, _RST, _ACK = 1, 2, 4, 16
_HALF = 1 << 31


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


def disturb(source: Path, target: Path, seed: int) -> None:
    """Write the capture anew as `seed` says."""
    rng = random.Random(seed)
    packets = list(read(source))
    total = sum(len(packet.payload) for packet in packets if packet.protocol == _TCP)
    largest = max(LARGEST[seed % len(LARGEST)], 2 * total // MOST_PIECES)
    pieces = [piece for packet in packets for piece in cut(packet, rng, largest)]
    write(target, shuffled(pieces, rng))


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
    if frame[12:14] != b"\x08\x00" or is_fragment or frame[23] not in (_TCP, _UDP):
        return Packet(time, frame, b"")
    protocol, at = frame[23], 14 + 4 * (frame[14] & 15)
    frame = frame[: 14 + int.from_bytes(frame[16:18], "big")]
    source, target = frame[26:30] + frame[at : at + 2], frame[30:34] + frame[at + 2 : at + 4]
    flow = frozenset((source + bytes([protocol]), target + bytes([protocol])))
    if protocol == _UDP:
        return Packet(time, frame[: at + 8], frame[at + 8 :], flow, source, protocol)
    start = at + 4 * (frame[at + 12] >> 4)
    sequence, answered = struct.unpack_from("!II", frame, at + 4)
    return Packet(time, frame[:start], frame[start:], flow, source, protocol, sequence, answered, frame[at + 13])


def cut(packet: Packet, rng: random.Random, largest: int) -> Iterator[Packet]:
    """The payload of a TCP packet in pieces of any size up to `largest`; anything else as it is."""
    if packet.protocol != _TCP or not packet.payload:
        yield packet
        return
    at = 0
    while at < len(packet.payload):
        size = rng.randint(1, largest)
        yield piece(packet, at, min(at + size, len(packet.payload)))
        at += size


def piece(packet: Packet, start: int, end: int) -> Packet:
    """Part of a TCP packet; the last part has its FIN."""
    flags = packet.flags if end == len(packet.payload) else packet.flags & ~_FIN
    sequence = (packet.sequence + start) % (1 << 32)
    head, at = bytearray(packet.head), 14 + 4 * (packet.head[14] & 15)
    struct.pack_into("!H", head, 16, len(head) - 14 + end - start)
    struct.pack_into("!I", head, at + 4, sequence)
    head[at + 13] = flags
    return replace(packet, head=bytes(head), payload=packet.payload[start:end], sequence=sequence, flags=flags)


def shuffled(packets: list[Packet], rng: random.Random) -> list[Packet]:
    """The packets in the order of a worse network, some of them twice."""
    flows: dict[frozenset[bytes], list[int]] = defaultdict(list)
    for number, packet in enumerate(packets):
        flows[packet.flow].append(number)
    placed: list[tuple[float, Packet]] = []
    for flow, numbers in flows.items():
        for position, number in enumerate(numbers):
            packet = packets[number]
            if not flow or packet.flags & (_SYN | _RST) or not (packet.payload or packet.flags & _FIN):
                placed.append((number, packet))
                continue
            later = wait(packets, numbers, position, delay(rng, packet))
            placed.append((number if later == position else numbers[later] + 0.5, packet))
            if rng.random() < REPEATS:
                after = min(position + rng.randint(*REPEATED_AFTER), len(numbers) - 1)
                placed.append((numbers[after] + 0.6, again(packets, numbers, position, rng)))
    return [packet for _, packet in sorted(placed, key=lambda each: each[0])]


def delay(rng: random.Random, packet: Packet) -> int:
    """By how many packets this one is late: a datagram that is lost is lost, so that none is."""
    chance = rng.random()
    if chance < LOSS and packet.protocol == _TCP:
        return rng.randint(*LOST_FOR)
    return rng.randint(*LATE_FOR) if chance < LOSS + DISORDER else 0


def wait(packets: list[Packet], numbers: list[int], position: int, delay: int) -> int:
    """After which packet of the connection this one comes at the latest, with that delay."""
    packet = packets[numbers[position]]
    for later in range(position + 1, min(position + delay + 1, len(numbers))):
        if depends(packets[numbers[later]], packet):
            return later - 1
    return min(position + delay, len(numbers) - 1)


def depends(later: Packet, packet: Packet) -> bool:
    """Say whether a packet can only come after that one."""
    if later.flags & (_SYN | _RST):
        return True
    if later.source == packet.source:
        return False
    if packet.protocol == _UDP:
        return True
    return bool(later.flags & _ACK) and 0 < (later.answered - packet.sequence) % (1 << 32) < _HALF


def again(packets: list[Packet], numbers: list[int], position: int, rng: random.Random) -> Packet:
    """The packet a second time, half of the time together with the one before, as systems that send again do."""
    packet = packets[numbers[position]]
    before = packets[numbers[position - 1]] if position else packet
    joins = before.source == packet.source and (before.sequence + len(before.payload)) % (1 << 32) == packet.sequence
    if packet.protocol != _TCP or not before.payload or not joins or rng.random() < 0.5:
        return packet
    both = replace(before, payload=before.payload + packet.payload, flags=packet.flags)
    return piece(both, rng.randrange(len(before.payload)), len(both.payload))


def write(path: Path, packets: list[Packet]) -> None:
    """A capture of these packets in this order, at the times they have together."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1)]
    for time, packet in zip(sorted(packet.time for packet in packets), packets, strict=True):
        size = len(packet.head) + len(packet.payload)
        out += [struct.pack("<IIII", *divmod(time, 1_000_000), size, size), packet.head, packet.payload]
    path.write_bytes(b"".join(out))
