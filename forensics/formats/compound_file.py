"""Reads the streams of an OLE compound file (MS-CFB): the container of older Office files, messages and locked ones.

Chains are followed with a bound, so that loops in damaged or hostile files end.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from forensics.content import Content
from forensics.errors import Malformed

_FREE = 0xFFFFFFFA
MAX_ENTRIES = 20_000
MAX_SECTORS = 1 << 21
MAX_DIRECTORY_SECTORS = 5000
MAX_SMALL_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A stream of the file: its names from the root down, joined with slashes, and where it lies."""

    name: str
    size: int
    first: int
    is_small: bool


class CompoundFile:
    """An opened compound file; raises Malformed when its tables do not hold."""

    def __init__(self, content: Content) -> None:
        header = content.pread(512, 0)
        if len(header) < 512 or header[:8] != b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            raise Malformed("no compound file header")
        self._content = content
        shift, small_shift = struct.unpack_from("<2H", header, 30)
        if shift not in (9, 12) or small_shift != 6:
            raise Malformed("compound file with unknown sector sizes")
        self._sector = 1 << shift
        directory, self._cutoff, small_fat = struct.unpack_from("<I4xII", header, 48)
        self._fat = self._read_fat(header)
        self._small_fat = self._numbers(b"".join(islice(self._sectors(small_fat), MAX_DIRECTORY_SECTORS)))
        self.streams: list[Stream] = []
        self._small = b""
        self._read_directory(b"".join(islice(self._sectors(directory), MAX_DIRECTORY_SECTORS)))

    def chunks(self, stream: Stream) -> Iterator[bytes]:
        """The bytes of a stream, as far as its chain goes."""
        left = stream.size
        pieces = self._small_sectors(stream.first) if stream.is_small else self._sectors(stream.first)
        for piece in pieces:
            if left <= 0:
                return
            yield piece[:left]
            left -= len(piece)
        if left > 0:
            raise Malformed(f"{stream.name!r} is cut off")

    def _read_fat(self, header: bytes) -> list[int]:
        tables = list(struct.unpack_from("<109I", header, 76))
        following, count = struct.unpack_from("<2I", header, 68)
        for _ in range(min(count, 4096)):
            raw = self._content.pread(self._sector, self._at(following))
            if len(raw) < self._sector:
                break
            numbers = self._numbers(raw)
            tables += numbers[:-1]
            following = numbers[-1]
        wanted = [number for number in tables if number < _FREE][: MAX_SECTORS * 4 // self._sector]
        return self._numbers(b"".join(self._content.pread(self._sector, self._at(number)) for number in wanted))

    def _numbers(self, raw: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) & ~3]))

    def _at(self, number: int) -> int:
        return int((number + 1) * self._sector)

    def _sectors(self, number: int) -> Iterator[bytes]:
        for _ in range(len(self._fat)):
            if number >= len(self._fat):
                return
            yield self._content.pread(self._sector, self._at(number))
            number = self._fat[number]

    def _small_sectors(self, number: int) -> Iterator[bytes]:
        for _ in range(len(self._small_fat)):
            if number >= len(self._small_fat):
                return
            yield self._small[number * 64 : number * 64 + 64]
            number = self._small_fat[number]

    def _read_directory(self, raw: bytes) -> None:
        entries = [raw[at : at + 128] for at in range(0, min(len(raw), MAX_ENTRIES * 128), 128)]
        if not entries or len(entries[0]) < 128:
            raise Malformed("compound file without directory")
        root_first, root_size = struct.unpack_from("<IQ", entries[0], 116)
        self._small = b"".join(islice(self._sectors(root_first), MAX_SMALL_BYTES // self._sector))[:root_size]
        child = struct.unpack_from("<I", entries[0], 76)[0]
        todo, seen = [(child, "")], {0}
        while todo:
            number, folder = todo.pop()
            if number >= len(entries) or number in seen or len(entries[number]) < 128:
                continue
            seen.add(number)
            entry = entries[number]
            length, kind = struct.unpack_from("<HB", entry, 64)
            left, right, child = struct.unpack_from("<3I", entry, 68)
            first, size = struct.unpack_from("<IQ", entry, 116)
            name = folder + entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
            todo += [(left, folder), (right, folder)]
            if kind == 1:
                todo.append((child, f"{name}/"))
            elif kind == 2:
                size = min(size & 0xFFFFFFFF if self._sector == 512 else size, self._content.size)
                self.streams.append(Stream(name=name, size=size, first=first, is_small=size < self._cutoff))
