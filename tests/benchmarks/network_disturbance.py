"""A capture as a worse network would have shown it: TCP cut anew, lost and sent again, out of order, repeated.

With even seeds only what one wire can show is made: no packet comes after one of the other side that answers it, for
what was not there could not be answered. With odd seeds a tap of several queues then mixes up what came close together,
whoever sent it.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.network_frames import (
    ACK,
    FIN,
    RST,
    SYN,
    TCP,
    UDP,
    Packet,
    first_numbers,
    piece,
    place,
    read,
    wrapped,
    write,
)

LOSS, DISORDER, REPEATS = 0.01, 0.05, 0.03
LOST_FOR, LATE_FOR, REPEATED_AFTER = (5, 40), (1, 4), (1, 50)
"""By how many packets of its connection a lost one comes later, a late one, and the second of two."""
LARGEST = (1448, 1448, 2, 2, 536, 536, 1, 1, 100, 100, 9000, 9000, 48, 48, 4096, 4096)
"""The largest piece TCP is cut to, in bytes, seed by seed; the smallest is one byte."""
SINGLE_BYTES = 3000
"""Where the largest is one byte, so many of each side of a connection are cut to single bytes."""
MIXED, MIXED_BY = 0.05, (1, 12)
"""How many packets a tap shows late, and by how many of the capture."""
MOST_PIECES = 30_000
"""A capture is cut no finer than to so many, so that a run ends."""
_HALF = 1 << 31


def disturb(source: Path, target: Path, seed: int) -> None:
    """Write the capture anew as `seed` says."""
    rng = random.Random(seed)
    packets = wrapped(list(read(source)), rng)
    total = sum(len(packet.payload) for packet in packets if packet.protocol == TCP)
    largest = max(LARGEST[seed % len(LARGEST)], 2 * total // MOST_PIECES)
    singles = SINGLE_BYTES if LARGEST[seed % len(LARGEST)] == 1 else 0
    firsts = first_numbers(packets)
    pieces = [piece for packet in packets for piece in cut(packet, rng, largest, singles - place(packet, firsts))]
    worse = shuffled(pieces, rng)
    write(target, mixed(worse, rng) if seed % 2 else worse)


def mixed(packets: list[Packet], rng: random.Random) -> list[Packet]:
    """The packets as a tap shows them that does not keep the order of what comes close together."""
    places = []
    for number, packet in enumerate(packets):
        is_late = bool(packet.flow) and not packet.flags & SYN and rng.random() < MIXED
        places.append((number + (rng.randint(*MIXED_BY) + 0.5 if is_late else 0), number))
    return [packets[number] for _, number in sorted(places)]


def cut(packet: Packet, rng: random.Random, largest: int, singles: int = 0) -> Iterator[Packet]:
    """The payload of a TCP packet in pieces: `singles` bytes alone, then any size up to `largest`.

    Anything else stays as it is.
    """
    if packet.protocol != TCP or not packet.payload:
        yield packet
        return
    at = 0
    while at < len(packet.payload):
        size = 1 if at < singles else rng.randint(1, largest)
        yield piece(packet, at, min(at + size, len(packet.payload)))
        at += size


def shuffled(packets: list[Packet], rng: random.Random) -> list[Packet]:
    """The packets in the order of a worse network, some of them twice."""
    flows: dict[frozenset[bytes], list[int]] = defaultdict(list)
    for number, packet in enumerate(packets):
        flows[packet.flow].append(number)
    placed: list[tuple[float, Packet]] = []
    for flow, numbers in flows.items():
        for position, number in enumerate(numbers):
            packet = packets[number]
            if not flow or packet.flags & (SYN | RST) or not (packet.payload or packet.flags & FIN):
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
    if chance < LOSS and packet.protocol == TCP:
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
    if later.flags & (SYN | RST):
        return True
    if later.source == packet.source:
        return False
    if packet.protocol == UDP:
        return True
    return bool(later.flags & ACK) and 0 < (later.answered - packet.sequence) % (1 << 32) < _HALF


def again(packets: list[Packet], numbers: list[int], position: int, rng: random.Random) -> Packet:
    """The packet a second time, half of the time together with the one before, as systems that send again do."""
    packet = packets[numbers[position]]
    before = packets[numbers[position - 1]] if position else packet
    joins = before.source == packet.source and (before.sequence + len(before.payload)) % (1 << 32) == packet.sequence
    if packet.protocol != TCP or not before.payload or not joins or rng.random() < 0.5:
        return packet
    both = replace(before, payload=before.payload + packet.payload, flags=packet.flags)
    return piece(both, rng.randrange(len(before.payload)), len(both.payload))
