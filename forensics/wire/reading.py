"""Capture files in, blocks of packets out: pcap and pcapng, plain or gzip, whole or still growing."""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.errors import CaptureError, InputError
from forensics.model import Gap
from forensics.wire.capture import is_compressed
from forensics.wire.fragments import LIMIT_BYTES as FRAGMENT_BYTES
from forensics.wire.gunzip import Gunzip
from forensics.wire.layout import PACKET
from forensics.wire.records import BROKEN, LARGEST_BYTES, MORE, OTHER, index_pcap, index_pcapng

BLOCK_BYTES = 4 << 20
BLOCK_PACKETS = 1 << 15
BROKEN_CAPTURE = "broken capture"
"""Cause of a Gap: the capture ends in the middle of a packet or holds a block that cannot be read."""

_PCAP = {
    b"\xa1\xb2\xc3\xd4": (True, 1e6, 16),
    b"\xd4\xc3\xb2\xa1": (False, 1e6, 16),
    b"\xa1\xb2\x3c\x4d": (True, 1e9, 16),
    b"\x4d\x3c\xb2\xa1": (False, 1e9, 16),
    b"\xa1\xb2\xcd\x34": (True, 1e6, 24),
    b"\x34\xcd\xb2\xa1": (False, 1e6, 24),
}
"""By magic: byte order, ticks per second, size of a record's header."""
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_INTERFACE, _STATISTICS, _SECRETS = 1, 5, 0x0A
_TLS_KEYS = 0x544C534B
_OPTION_RESOLUTION, _OPTION_OFFSET, _STATISTICS_DROPPED = 9, 14, 5
_PCAP_HEADER_BYTES = 24


@dataclass(slots=True)
class Block:
    """Part of a capture: `packets[:count]` lie in `data`, whose bytes behind `end` are free for whoever needs room."""

    data: NDArray[np.uint8]
    packets: Any
    count: int
    end: int


@dataclass(slots=True)
class _Interfaces:
    """What a section of pcapng says of its interfaces, by number."""

    is_big: bool = False
    links: list[int] = field(default_factory=list)
    ticks: list[float] = field(default_factory=list)
    offsets: list[float] = field(default_factory=list)
    snaps: list[int] = field(default_factory=list)

    def arrays(self) -> tuple[Any, Any, Any, Any]:
        return (
            np.array(self.links, np.int64),
            np.array(self.ticks, np.float64),
            np.array(self.offsets, np.float64),
            np.array(self.snaps, np.int64),
        )


def is_read(head: bytes) -> bool:
    """Say whether a capture that begins so is read here; others only tshark knows."""
    return head[:4] in _PCAP or head[:4] == _PCAPNG


class Reader:
    """Reads one capture file. `gaps` collects what could not be read of it, `keys` the TLS secrets it carries.

    One block serves every reader in turn: what is yielded is good until the next is asked for.
    """

    def __init__(self, path: Path, block: Block) -> None:
        self.path = path
        self.gaps: list[Gap] = []
        self.keys: list[bytes] = []
        self.time = 0.0
        self._block = block
        self._have = 0
        self._skip = 0
        self._is_begun = self._is_broken = False
        self._pcap: tuple[bool, float, int, int] | None = None
        self._interfaces = _Interfaces()
        self._arrays = self._interfaces.arrays()
        self._stream = _open(path)

    def blocks(self, *, wait: Callable[[], bool] = lambda: False) -> Iterator[Block]:
        """Blocks of packets in the order of the file. `wait` says whether more may come of a file that ends here.

        Raises CaptureError when it is no capture.
        """
        with closing(self._stream):
            while True:
                grew = self._fill()
                yield from self._take()
                if self._is_broken or (not grew and not wait()):
                    break
        if not self._is_begun:
            raise CaptureError(f"{self.path}: {'not a capture file' if self._have else 'empty'}")
        if (self._have or self._skip) and not self._is_broken:
            self._break("it ends in the middle of a packet")

    def _fill(self) -> bool:
        """Read on; False at the end of the file."""
        data = self._block.data
        try:
            while self._skip:
                skipped = len(self._stream.read(min(self._skip, BLOCK_BYTES)))
                if not skipped:
                    return False
                self._skip -= skipped
            read = self._stream.readinto(data[self._have : BLOCK_BYTES])  # type: ignore[arg-type]  # numpy arrays are buffers
        except (EOFError, OSError, zlib.error) as error:
            self._break(f"it cannot be read on: {getattr(error, 'strerror', None) or error}")
            return False
        self._have += read
        return bool(read)

    def _take(self) -> Iterator[Block]:
        """Hand out the packets that are whole and keep the rest at the beginning of the block."""
        at = 0 if self._is_begun else self._begin()
        while self._is_begun:
            count, at, why = self._index(at)
            if count:
                self._block.count = count
                last = float(self._block.packets[count - 1]["time"])
                self.time = last or self.time
                yield self._block
            if why == OTHER:
                after = self._other(at)
                if after == at:
                    break
                at = after
            elif why == BROKEN:
                self._break("a packet's length is nonsense")
            if why == MORE or self._is_broken:
                break
        rest = self._have - at
        if rest > 0 and at:
            self._block.data[:rest] = self._block.data[at : self._have].copy()
        self._have = max(0, rest)

    def _begin(self) -> int:
        """Read the file's header when it is there; where the first record is."""
        head = bytes(self._block.data[: min(self._have, _PCAP_HEADER_BYTES)])
        if head[:4] == _PCAPNG:
            self._is_begun = True
            return 0
        if head[:4] not in _PCAP:
            self._is_broken = len(head) >= 4
            return 0
        if len(head) < _PCAP_HEADER_BYTES:
            return 0
        is_big, per_second, header = _PCAP[head[:4]]
        (link,) = struct.unpack_from(">I" if is_big else "<I", head, 20)
        self._pcap = is_big, per_second, header, link & 0xFFFF
        self._is_begun = True
        return _PCAP_HEADER_BYTES

    def _index(self, at: int) -> tuple[int, int, int]:
        block = self._block
        if self._pcap:
            return index_pcap(block.data, at, self._have, block.packets, *self._pcap)
        return index_pcapng(block.data, at, self._have, block.packets, self._interfaces.is_big, *self._arrays)

    def _other(self, at: int) -> int:
        """A block of pcapng that holds no packet; where the next begins, the same place while this is not whole."""
        have = self._have - at
        if have < 12:
            return at
        data = self._block.data
        if bytes(data[at : at + 4]) == _PCAPNG:
            self._interfaces = _Interfaces(is_big=bytes(data[at + 8 : at + 12]) == b"\x1a\x2b\x3c\x4d")
            self._arrays = self._interfaces.arrays()
        order = ">" if self._interfaces.is_big else "<"
        kind, total = struct.unpack_from(order + "II", data[at : at + 8].tobytes())
        if total < 12 or total & 3:
            self._break("a block's length is nonsense")
            return at
        if have < total:
            if total <= LARGEST_BYTES:
                return at
            self._skip = total - have
            return self._have
        body = data[at + 8 : at + total - 4].tobytes()
        if kind == _INTERFACE and len(body) >= 8:
            self._interface(order, body)
        elif kind == _STATISTICS and len(body) >= 12:
            self._statistics(order, body)
        elif kind == _SECRETS and len(body) >= 8:
            what, size = struct.unpack_from(order + "II", body)
            if what == _TLS_KEYS:
                self.keys.append(body[8 : 8 + size])
        return int(at + total)

    def _interface(self, order: str, body: bytes) -> None:
        link, _, snap = struct.unpack_from(order + "HHI", body)
        ticks, offset = 1e6, 0.0
        for code, value in _options(order, body[8:]):
            if code == _OPTION_RESOLUTION and value:
                ticks = 2.0 ** (value[0] & 0x7F) if value[0] & 0x80 else 10.0 ** min(value[0], 18)
            elif code == _OPTION_OFFSET and len(value) == 8:
                offset = float(struct.unpack(order + "q", value)[0])
        interfaces = self._interfaces
        interfaces.links.append(link)
        interfaces.ticks.append(ticks)
        interfaces.offsets.append(offset)
        interfaces.snaps.append(snap)
        self._arrays = interfaces.arrays()

    def _statistics(self, order: str, body: bytes) -> None:
        """What the capture says it dropped itself."""
        for code, value in _options(order, body[12:]):
            if code == _STATISTICS_DROPPED and len(value) == 8:
                dropped = struct.unpack(order + "Q", value)[0]
                if dropped:
                    self._gap("packets dropped", size=dropped, unit="packets", detail="said by the capture")

    def _break(self, detail: str) -> None:
        self._is_broken = True
        self._gap(BROKEN_CAPTURE, detail=detail)

    def _gap(self, cause: str, *, size: int = -1, unit: str = "bytes", detail: str = "") -> None:
        said = f"{self.path.name}: {detail}"
        self.gaps.append(
            Gap(
                sensor="wire",
                channel="network",
                start=self.time,
                end=self.time,
                cause=cause,
                size=size,
                unit=unit,
                detail=said,
            )
        )


def make_block() -> Block:
    """The arrays that readers share: room for file data, and behind it for packets put together of fragments."""
    return Block(_room(2 * BLOCK_BYTES + FRAGMENT_BYTES), np.zeros(BLOCK_PACKETS, PACKET), 0, BLOCK_BYTES)


def _room(size: int) -> NDArray[np.uint8]:
    """Zeros that begin with a page, on large pages if there are any: reading into others takes three times as long."""
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):
            pages.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(pages, np.uint8)


def _open(path: Path) -> FileIO | Gunzip:
    """Raises InputError when the file cannot be opened."""
    try:
        stream = path.open("rb", buffering=0)
        is_packed = is_compressed(stream.read(2))
        stream.seek(0)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    return Gunzip(stream) if is_packed else stream


def _options(order: str, data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from(order + "HH", data, at)
        if not code:
            return
        yield code, data[at + 4 : at + 4 + size]
        at += 4 + (size + 3 & ~3)
