"""Segments that somebody else dissected, laid out as the packets of a block."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.model import Segment
from forensics.wire.decapsulation import TCP, UDP
from forensics.wire.layout import PACKET, TRANSPORT
from forensics.wire.table import ACK, SYN


def packets_of(segments: Sequence[Segment]) -> tuple[NDArray[np.uint8], Any]:
    """The payloads, end to end, and a packet for each."""
    data = np.frombuffer(bytearray(b"".join(segment.payload for segment in segments) or b"\0"), np.uint8)
    packets, at = np.zeros(len(segments), PACKET), 0
    for packet, segment in zip(packets, segments, strict=True):
        size = len(segment.payload)
        source, destination = ipaddress.ip_address(segment.source), ipaddress.ip_address(segment.destination)
        packet["time"], packet["kind"], packet["family"] = segment.time, TRANSPORT, source.version
        packet["protocol"] = TCP if segment.protocol == "tcp" else UDP
        packet["flags"], packet["sequence"] = segment.flags & 0xFF, segment.sequence
        if segment.answered >= 0:
            packet["answered"] = segment.answered
        elif not segment.flags & SYN:
            packet["flags"] &= 0xFF & ~ACK
        packet["source_port"], packet["destination_port"] = segment.source_port, segment.destination_port
        packet["at"], packet["size"], packet["length"] = at, size, max(segment.length, size)
        packet["source_high"], packet["source_low"] = divmod(int(source), 1 << 64)
        packet["destination_high"], packet["destination_low"] = divmod(int(destination), 1 << 64)
        at += size
    return data, packets
