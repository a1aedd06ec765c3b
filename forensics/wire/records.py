"""Where the packets of a block of a capture file are: records of pcap, blocks of pcapng. Compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from forensics.wire.compiled import njit

MORE, FULL, OTHER, BROKEN = range(4)
"""Why indexing stopped: the next record is not whole yet, no room for more packets, a block that describes the capture,
nonsense."""
LARGEST_BYTES = 2 << 20
"""A record or block larger than this is nonsense."""

_EPB, _SPB, _OPB = 6, 3, 2


@njit(cache=True, nogil=True, inline="always")
def _u32(data: Any, at: int, is_big: bool) -> Any:
    place = np.uintp(at)  # unsigned: no negative index need be thought of
    first, second = np.int64(data[place]), np.int64(data[place + np.uintp(1)])
    third, fourth = np.int64(data[place + np.uintp(2)]), np.int64(data[place + np.uintp(3)])
    if is_big:
        return (first << 24) | (second << 16) | (third << 8) | fourth
    return (fourth << 24) | (third << 16) | (second << 8) | first


@njit(cache=True, nogil=True)
def index_pcap(
    data: Any, at: int, end: int, packets: Any, is_big: bool, per_second: float, header: int, link: int
) -> tuple[int, int, int]:
    """Fill `packets` with the records from `at` on; return how many, where the next begins and why it stopped.

    `header` is the size of a record's header in bytes, `per_second` the clock's ticks.
    """
    count = 0
    while True:
        if end - at < header:
            return count, at, MORE
        captured, wire = _u32(data, at + 8, is_big), _u32(data, at + 12, is_big)
        if captured > LARGEST_BYTES:
            return count, at, BROKEN
        if end - at < header + captured:
            return count, at, MORE
        if count == len(packets):
            return count, at, FULL
        packet = packets[count]
        packet.time = _u32(data, at, is_big) + _u32(data, at + 4, is_big) / per_second
        packet.frame = at + header
        packet.captured = captured
        packet.wire = max(wire, captured)
        packet.link = link
        count += 1
        at += header + captured


@njit(cache=True, nogil=True)
def index_pcapng(
    data: Any, at: int, end: int, packets: Any, is_big: bool, links: Any, ticks: Any, offsets: Any, snaps: Any
) -> tuple[int, int, int]:
    """Likewise for pcapng; `links`, `ticks` (per second), `offsets` (seconds) and `snaps` (bytes) are by interface."""
    count = 0
    while True:
        if end - at < 12:
            return count, at, MORE
        kind, total = _u32(data, at, is_big), _u32(data, at + 4, is_big)
        if kind not in (_EPB, _SPB, _OPB):
            return count, at, OTHER
        if total < 16 or total > LARGEST_BYTES or total & 3:
            return count, at, BROKEN
        if end - at < total:
            return count, at, MORE
        if count == len(packets):
            return count, at, FULL
        interface = 0
        if kind == _SPB:
            wire = _u32(data, at + 8, is_big)
            captured, first = min(wire, total - 16), at + 12
            if len(snaps) and snaps[0] > 0:
                captured = min(captured, snaps[0])
            stamp = -1.0
        else:
            if total < 32:
                return count, at, BROKEN
            interface = _u32(data, at + 8, is_big)
            if kind == _OPB:
                interface = interface >> 16 if is_big else interface & 0xFFFF
            captured, wire = _u32(data, at + 20, is_big), _u32(data, at + 24, is_big)
            first = at + 28
            if captured > total - 32:
                return count, at, BROKEN
            stamp = _u32(data, at + 12, is_big) * 4294967296.0 + _u32(data, at + 16, is_big)
        if interface >= len(links):
            return count, at, BROKEN
        packet = packets[count]
        packet.time = stamp / ticks[interface] + offsets[interface] if stamp >= 0 else 0.0
        packet.frame = first
        packet.captured = captured
        packet.wire = max(wire, captured)
        packet.link = links[interface]
        count += 1
        at += total
