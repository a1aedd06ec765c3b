"""The sizes and CRC-32s that a 7z archive tells of its members; libarchive keeps the latter to itself. 7zFormat.txt.

A header that is packed by LZMA, as 7-Zip does from two members on, is unpacked within bounds; one behind a password
tells nothing.
"""

from __future__ import annotations

import lzma
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from forensics.content import Content
from forensics.errors import Malformed
from forensics.formats.archive_entries import Entry

MOST_HEADER_BYTES: Final = 16 << 20
_MOST_COUNT: Final = 200_000
_LZMA: Final = b"\x03\x01\x01"


@dataclass(frozen=True, slots=True)
class _Folder:
    """A chain of coders: how many unpacked sizes it has, which is the last, and its first coder."""

    outputs: int
    last: int
    method: bytes
    properties: bytes


@dataclass(slots=True)
class _Streams:
    start: int
    packed: list[int]
    folders: list[_Folder]
    sizes: list[int]
    members: list[tuple[int, int]]


class _Header:
    """A cursor over header bytes; raises Malformed where they end early or count more than is believed."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        if size < 0 or len(piece) != size:
            raise Malformed("the 7z header ends early")
        self._at += size
        return piece

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """A number in one to nine bytes: the leading ones of the first say how many follow."""
        first = self.byte()
        follow = next((n for n in range(8) if not first & 0x80 >> n), 8)
        low = int.from_bytes(self.take(follow), "little")
        return low | (first & (0x7F >> follow)) << 8 * follow

    def count(self) -> int:
        value = self.number()
        if value > _MOST_COUNT:
            raise Malformed(f"the 7z header counts {value}")
        return value

    def digests(self, count: int) -> list[int]:
        """CRC-32s, 0 where one is not given."""
        given = b"\xff" * (count // 8 + 1) if self.byte() else self.take((count + 7) // 8)
        is_given = [bool(given[n // 8] & 0x80 >> n % 8) for n in range(count)]
        return [struct.unpack("<L", self.take(4))[0] if each else 0 for each in is_given]

    def expect(self, kind: int) -> None:
        if self.byte() != kind:
            raise Malformed("the 7z header is not of the usual shape")


def with_checksums(entries: Iterator[Entry], content: Content) -> Iterator[Entry]:
    """Give the entries of a 7z archive the CRC-32s of its header, as long as the sizes agree one by one."""
    try:
        told = member_checksums(content)
    except (Malformed, lzma.LZMAError):
        told = []
    waiting = iter(told)
    for entry in entries:
        if entry.size <= 0 or not entry.is_file:
            yield entry
            continue
        size, crc32 = next(waiting, (-1, 0))
        if size != entry.size:
            waiting = iter(())
        yield replace(entry, crc32=crc32) if size == entry.size else entry


def member_checksums(content: Content) -> list[tuple[int, int]]:
    """Size and CRC-32 (0 where it is not told) of the members with bytes, in order.

    Raises Malformed, or LZMAError, when the header cannot be read.
    """
    head = content.pread(32, 0)
    if len(head) < 32:
        raise Malformed("the 7z header is missing")
    offset, size = struct.unpack_from("<QQ", head, 12)
    if size > MOST_HEADER_BYTES or offset > content.size:
        raise Malformed("the 7z header is too large or cut off")
    header = _Header(content.pread(size, 32 + offset))
    kind = header.byte()
    if kind == 0x17:
        header = _Header(_unpacked(_streams(header), content))
        kind = header.byte()
    if kind != 0x01:
        raise Malformed("the 7z header is of another kind")
    header.expect(0x04)
    return _streams(header).members


def _unpacked(streams: _Streams, content: Content) -> bytes:
    """A header that is packed by LZMA alone."""
    folder = streams.folders[0] if len(streams.folders) == 1 else None
    if folder is None or folder.outputs != 1 or folder.method != _LZMA or len(folder.properties) != 5:
        raise Malformed("the 7z header is locked or packed unusually")
    size = streams.sizes[0]
    if max(size, streams.packed[0]) > MOST_HEADER_BYTES:
        raise Malformed("the 7z header is too large")
    packed = content.pread(streams.packed[0], 32 + streams.start)
    reader = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=128 << 20)
    return reader.decompress(folder.properties + struct.pack("<Q", size) + packed, size)


def _streams(header: _Header) -> _Streams:
    header.expect(0x06)
    start, packs = header.number(), header.count()
    header.expect(0x09)
    packed = [header.number() for _ in range(packs)]
    if (kind := header.byte()) == 0x0A:
        header.digests(packs)
        kind = header.byte()
    if kind != 0 or not packs:
        raise Malformed("the 7z header packs nothing")
    header.expect(0x07)
    header.expect(0x0B)
    count = header.count()
    header.expect(0x00)
    folders = [_folder(header) for _ in range(count)]
    header.expect(0x0C)
    sizes = [[header.number() for _ in range(folder.outputs)][folder.last] for folder in folders]
    crcs = [0] * count
    if (kind := header.byte()) == 0x0A:
        crcs = header.digests(count)
        kind = header.byte()
    if kind != 0:
        raise Malformed("the 7z header does not end its folders")
    return _Streams(start, packed, folders, sizes, _members(header, sizes, crcs))


def _folder(header: _Header) -> _Folder:
    coders = header.count()
    first, inputs, outputs = (b"", b""), 0, 0
    for number in range(coders):
        flags = header.byte()
        method = header.take(flags & 0x0F)
        taken, given = (header.count(), header.count()) if flags & 0x10 else (1, 1)
        properties = header.take(header.number()) if flags & 0x20 else b""
        inputs, outputs = inputs + taken, outputs + given
        first = first if number else (method, properties)
    bound = {pair[1] for pair in [(header.number(), header.number()) for _ in range(outputs - 1)]}
    free = inputs - (outputs - 1)
    if outputs < 1 or free < 1:
        raise Malformed("a 7z folder without an end")
    if free > 1:
        for _ in range(free):
            header.number()
    last = next((number for number in range(outputs) if number not in bound), -1)
    return _Folder(outputs, last, *first)


def _members(header: _Header, sizes: list[int], crcs: list[int]) -> list[tuple[int, int]]:
    """Split folders into members; one that is a folder of its own has the folder's size and CRC-32."""
    if (kind := header.byte()) != 0x08:
        return list(zip(sizes, crcs, strict=True))
    counts = [1] * len(sizes)
    if (kind := header.byte()) == 0x0D:
        counts = [header.count() for _ in sizes]
        kind = header.byte()
    if sum(counts) > _MOST_COUNT:
        raise Malformed("the 7z header counts too many members")
    found: list[tuple[int, int]] = []
    has_sizes = kind == 0x09
    for size, crc32, count in zip(sizes, crcs, counts, strict=True):
        if count > 1 and not has_sizes:
            raise Malformed("the 7z header tells no sizes")
        own = [header.number() for _ in range(count - 1)]
        each = [*own, size - sum(own)] if count else []
        found += [(one, crc32 if count == 1 else 0) for one in each]
    kind = header.byte() if has_sizes else kind
    if kind != 0x0A:
        return found
    unknown = [number for number, (_, crc32) in enumerate(found) if not crc32]
    for number, crc32 in zip(unknown, header.digests(len(unknown)), strict=True):
        found[number] = (found[number][0], crc32)
    return found
