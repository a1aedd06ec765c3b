"""Shorter and longer captures made from one: its beginning, or many copies of it with addresses and times of their own.

Only classic pcap of Ethernet, little-endian, as dumpcap writes it here.
"""

from __future__ import annotations

import shutil
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

HEAD, RECORD, ETHERNET = 24, 16, 14
FULL_BYTES = 1000
BLOCK = 1 << 26
CLIENT_LOW, STEP = 0x4001, 2
"""The last two bytes of the client's address, and how far each copy's address is from the one before."""


def first(source: Path, target: Path, *, size_bytes: int = 0, packets: int = 0) -> float:
    """Write the records of `source` that fit into so many bytes, or so many packets; the time of the last one."""
    ends, seconds = outline(source)
    count = packets or int(np.searchsorted(ends, size_bytes, side="right"))
    count = max(1, min(count, len(ends)))
    with source.open("rb") as reading, target.open("wb") as writing:
        left = int(ends[count - 1])
        while left and (block := reading.read(min(BLOCK, left))):
            writing.write(block)
            left -= len(block)
    return float(seconds[count - 1])


def outline(path: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where each record ends, and its time in seconds."""
    data = np.memmap(path, np.uint8, "r")
    if bytes(data[:4]) != b"\xd4\xc3\xb2\xa1":
        raise SystemExit(f"{path} is no little-endian pcap with microseconds")
    ends, seconds, at, view = [], [], HEAD, data.data
    while at + RECORD <= len(view):
        second, micro, size = struct.unpack_from("<III", view, at)
        at += RECORD + size
        ends.append(at)
        seconds.append(second + micro / 1e6)
    return np.array(ends), np.array(seconds)


def thin(source: Path, target: Path, *, share: float, seed: int = 5) -> int:
    """Write the capture as a tap sees it that misses this share of the packets with more than 1,000 bytes; how many."""
    ends, _ = outline(source)
    starts = np.concatenate(([HEAD], ends[:-1]))
    is_missed = (ends - starts > FULL_BYTES) & (np.random.default_rng(seed).random(len(ends)) < share)
    data = np.memmap(source, np.uint8, "r")
    with target.open("wb") as writing:
        begin = 0
        for missed in np.flatnonzero(is_missed):
            writing.write(data[begin : starts[missed]].data)
            begin = int(ends[missed])
        writing.write(data[begin : ends[-1]].data)
    return int(is_missed.sum())


def repeat(source: Path, target: Path, copies: int) -> None:
    """Write the capture so many times over, each copy later and between two other hosts; SystemExit without room.

    What is added to the client's address is taken from the server's, so that every checksum stays right.
    """
    if shutil.disk_usage(target.parent).free < copies * source.stat().st_size + (4 << 30):
        raise SystemExit(f"no room for {copies} x {source.stat().st_size / 1e9:.0f} GB in {target.parent}")
    ends, seconds = outline(source)
    shift = int(seconds[-1] - seconds[0]) + 2
    with source.open("rb") as reading, target.open("wb") as writing:
        writing.write(reading.read(HEAD))
        for copy in range(copies):
            reading.seek(HEAD)
            _copy(reading, writing, ends, later_s=copy * shift, step=copy * STEP)


def _copy(reading: BinaryIO, writing: BinaryIO, ends: NDArray[np.int64], *, later_s: int, step: int) -> None:
    starts = np.concatenate(([HEAD], ends[:-1]))
    done = 0
    while done < len(ends):
        base = int(starts[done])
        after = max(done + 1, int(np.searchsorted(ends, base + BLOCK, side="right")))
        block = np.frombuffer(reading.read(int(ends[after - 1]) - base), np.uint8).copy()
        _readdress(block, starts[done:after] - base, later_s, step)
        writing.write(block.data)
        done = after


def _readdress(block: NDArray[np.uint8], at: NDArray[np.int64], later_s: int, step: int) -> None:
    """Shift the time of the records that begin at `at`, and both addresses of those that carry IPv4."""
    _store(block, at, _load(block, at, 4, "<u4") + later_s, "<u4")
    packets = at[_load(block, at + RECORD + 12, 2, ">u2") == 0x0800] + RECORD + ETHERNET
    is_client = _load(block, packets + 14, 2, ">u2") == CLIENT_LOW
    for place, sign in ((14, np.where(is_client, step, -step)), (18, np.where(is_client, -step, step))):
        low = _load(block, packets + place, 2, ">u2").astype(np.int64) + sign
        _store(block, packets + place, low, ">u2")


def _load(block: NDArray[np.uint8], at: NDArray[np.int64], size: int, kind: str) -> NDArray[np.unsignedinteger]:
    raw = block[at[:, None] + np.arange(size)]
    return np.ascontiguousarray(raw).view(kind)[:, 0]


def _store(block: NDArray[np.uint8], at: NDArray[np.int64], values: NDArray[np.integer], kind: str) -> None:
    raw = np.ascontiguousarray(values.astype(kind)).view(np.uint8).reshape(len(values), -1)
    block[at[:, None] + np.arange(raw.shape[1])] = raw
