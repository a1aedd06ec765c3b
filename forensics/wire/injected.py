"""IP packets that channels took out of tunnels, laid out as blocks of packets like those of a capture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.wire.decapsulation import decapsulate_all
from forensics.wire.layout import PACKET

DEPTH = 2
"""Tunnels within tunnels that are followed."""
_BATCH_PACKETS = 4096
_RAW_IP = 101


def blocks_of(found: Sequence[tuple[bytes, float]]) -> Iterator[tuple[NDArray[np.uint8], Any]]:
    """The packets, each with its time, end to end, and a decapsulated packet for each; fragments stay what they are."""
    for first in range(0, len(found), _BATCH_PACKETS):
        batch = found[first : first + _BATCH_PACKETS]
        data = np.frombuffer(bytearray(b"".join(packet for packet, _ in batch)), np.uint8)
        packets, at = np.zeros(len(batch), PACKET), 0
        for packet, (raw, time) in zip(packets, batch, strict=True):
            packet["time"], packet["link"] = time, _RAW_IP
            packet["frame"], packet["captured"], packet["wire"] = at, len(raw), len(raw)
            at += len(raw)
        decapsulate_all(data, packets, len(packets))
        yield data, packets
