"""The files of a capture ring: their names, their order and whether they hold packets. Standard library only.

dumpcap names a file `g0001_00042_20260101120000.pcap`: our generation (one a start of dumpcap), its counter, which
wraps after 99,999, and the local time, which summer time sets back. So generation and counter order them.
"""

from __future__ import annotations

import os
import re
import struct
from dataclasses import dataclass, replace
from pathlib import Path

_NAME = re.compile(r"g(\d{4,})_(\d{5,})_\d{14}\.pcap")
_WRAP = 100_000
_PCAP_HEADER = 24
_PCAPNG_MAGIC = b"\x0a\x0d\x0d\x0a"
_SMALL = 4096
_PACKET_BLOCKS = (2, 3, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class RingFile:
    """One file of the ring. `modified` is in seconds since the epoch: about when its last packet was written."""

    path: Path
    generation: int
    number: int
    size: int
    modified: float

    def now(self) -> RingFile:
        """The file as it stands; as it was when it is gone."""
        try:
            status = os.lstat(self.path)
        except OSError:
            return self
        return replace(self, size=status.st_size, modified=status.st_mtime)


def list_files(folder: Path) -> list[RingFile]:
    """The ring's files, oldest first; none when the folder is gone."""
    by_generation: dict[int, list[RingFile]] = {}
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    for name in names:
        parts = _NAME.fullmatch(name)
        if parts is None:
            continue
        try:
            status = os.lstat(folder / name)
        except FileNotFoundError:
            continue
        file = RingFile(
            path=folder / name,
            generation=int(parts[1]),
            number=int(parts[2]),
            size=status.st_size,
            modified=status.st_mtime,
        )
        by_generation.setdefault(file.generation, []).append(file)
    return [file for generation in sorted(by_generation) for file in _in_order(by_generation[generation])]


def _in_order(files: list[RingFile]) -> list[RingFile]:
    """Sort by counter; where it wrapped, the oldest is the one after the widest hole in the circle of counters."""
    files = sorted(files, key=lambda file: file.number)
    if files[-1].number - files[0].number < _WRAP // 2:
        return files
    holes = [(file.number - files[index - 1].number) % _WRAP for index, file in enumerate(files)]
    first = holes.index(max(holes))
    return files[first:] + files[:first]


def has_packets(file: RingFile) -> bool:
    """Say whether there is more in the file than its headers. A file that is gone or no capture has none."""
    if file.size > _SMALL:
        return True
    try:
        data = file.path.read_bytes()
    except OSError:
        return False
    if data[:4] != _PCAPNG_MAGIC:
        return len(data) > _PCAP_HEADER
    order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    offset = 0
    while offset + 8 <= len(data):
        kind, length = struct.unpack_from(order + "II", data, offset)
        if kind in _PACKET_BLOCKS:
            return True
        if length < 12:
            return False
        offset += length
    return False
