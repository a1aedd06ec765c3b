"""IP packets that channels took out of tunnels, laid out as blocks of packets like those of a capture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from forensics.wire.fragments import LIMIT_BYTES
from forensics.wire.layout import PACKET
from forensics.wire.reading import Block

DEPTH = 2
"""Tunnels within tunnels that are followed."""
_BATCH_PACKETS = 4096
_RAW_IP = 101


def blocks_of(found: Sequence[tuple[bytes, float]]) -> Iterator[Block]:
    """The packets, each with its time, end to end, and behind them room for what comes in fragments."""
    for first in range(0, len(found), _BATCH_PACKETS):
        batch = found[first : first + _BATCH_PACKETS]
        whole = b"".join(packet for packet, _ in batch) or b"\0"
        data = np.zeros(2 * len(whole) + LIMIT_BYTES, np.uint8)
        data[: len(whole)] = np.frombuffer(whole, np.uint8)
        packets, at = np.zeros(len(batch), PACKET), 0
        for packet, (raw, time) in zip(packets, batch, strict=True):
            packet["time"], packet["link"] = time, _RAW_IP
            packet["frame"], packet["captured"], packet["wire"] = at, len(raw), len(raw)
            at += len(raw)
        yield Block(data, packets, len(packets), len(whole))
