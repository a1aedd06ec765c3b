"""Reads the header of a 7z archive: its packed streams, the coders over them and the members. 7zFormat.txt.

A header that is packed by LZMA, as 7-Zip does from two members on, is unpacked within bounds; `opener` gives what is
behind a password.
"""

from __future__ import annotations

import lzma
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from forensics.content import Content
from forensics.errors import Malformed

START_BYTES: Final = 32
MOST_HEADER_BYTES: Final = 16 << 20
AES: Final = b"\x06\xf1\x07\x01"
_MOST_COUNT: Final = 200_000
_LZMA: Final = b"\x03\x01\x01"


@dataclass(frozen=True, slots=True)
class Coder:
    """One step of unpacking, with so many streams in and out."""

    method: bytes
    properties: bytes
    inputs: int
    outputs: int


@dataclass(frozen=True, slots=True)
class Folder:
    """A chain of coders. `bonds` say which input takes which output; `packed` are the inputs that take packed streams.

    `sizes` are what the outputs unpack to.
    """

    coders: tuple[Coder, ...]
    bonds: tuple[tuple[int, int], ...]
    packed: tuple[int, ...]
    sizes: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """What the whole folder unpacks to: the output that no input takes."""
        taken = {output for _, output in self.bonds}
        return next((size for number, size in enumerate(self.sizes) if number not in taken), -1)

    @property
    def is_locked(self) -> bool:
        """Say whether a password is needed."""
        return any(coder.method == AES for coder in self.coders)


@dataclass(frozen=True, slots=True)
class Streams:
    """Packed streams from `start` on (after the first 32 bytes), with their sizes, and the folders over them."""

    start: int
    packed: tuple[int, ...]
    folders: tuple[Folder, ...]
    checksums: tuple[int, ...]
    """CRC-32 of each folder, 0 where it is not told."""


Opener = Callable[[Folder, Streams], bytes]
"""What a locked folder of a header unpacks to before its other coders; raises Malformed when it cannot."""


class Cursor:
    """A place in header bytes; raises Malformed where they end early or count more than is believed."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        """The next bytes."""
        piece = self.data[self.at : self.at + size]
        if size < 0 or len(piece) != size:
            raise Malformed("the 7z header ends early")
        self.at += size
        return piece

    def byte(self) -> int:
        """The next byte."""
        return self.take(1)[0]

    def number(self) -> int:
        """A number in one to nine bytes: the leading ones of the first say how many follow."""
        first = self.byte()
        follow = next((n for n in range(8) if not first & 0x80 >> n), 8)
        low = int.from_bytes(self.take(follow), "little")
        return low | (first & (0x7F >> follow)) << 8 * follow

    def count(self) -> int:
        """A number of things."""
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
        """Pass over a byte that must be this one."""
        if self.byte() != kind:
            raise Malformed("the 7z header is not of the usual shape")


def open_header(content: Content, opener: Opener | None = None) -> tuple[Cursor, bool]:
    """A cursor after the mark of the member streams in the header, unpacked if need be, and whether it was locked.

    Raises Malformed, or LZMAError, when it cannot be read.
    """
    head = content.pread(START_BYTES, 0)
    if len(head) < START_BYTES:
        raise Malformed("the 7z header is missing")
    offset, size = struct.unpack_from("<QQ", head, 12)
    if size > MOST_HEADER_BYTES or offset > content.size:
        raise Malformed("the 7z header is too large or cut off")
    cursor = Cursor(content.pread(size, START_BYTES + offset))
    kind, is_locked = cursor.byte(), False
    if kind == 0x17:
        streams = read_streams(cursor)
        is_locked = any(folder.is_locked for folder in streams.folders)
        cursor = Cursor(_unpacked(streams, content, opener))
        kind = cursor.byte()
    if kind != 0x01:
        raise Malformed("the 7z header is of another kind")
    cursor.expect(0x04)
    return cursor, is_locked


def _unpacked(streams: Streams, content: Content, opener: Opener | None) -> bytes:
    """A header that is packed by LZMA, locked or both."""
    folder = streams.folders[0] if len(streams.folders) == 1 else None
    if folder is None or folder.size < 0 or max(folder.size, *streams.packed) > MOST_HEADER_BYTES:
        raise Malformed("the 7z header is too large or packed unusually")
    if not folder.is_locked:
        data = content.pread(streams.packed[0], START_BYTES + streams.start)
    elif opener is None:
        raise Malformed("the 7z header is locked")
    else:
        data = opener(folder, streams)
    left = [coder for coder in folder.coders if coder.method != AES]
    if not left:
        return data
    if len(left) > 1 or left[0].method != _LZMA or len(left[0].properties) != 5:
        raise Malformed("the 7z header is packed unusually")
    reader = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=128 << 20)
    return reader.decompress(left[0].properties + struct.pack("<Q", folder.size) + data, folder.size)


def read_streams(cursor: Cursor) -> Streams:
    """The packed streams and folders; the cursor then stands before what splits folders into members."""
    cursor.expect(0x06)
    start, packs = cursor.number(), cursor.count()
    cursor.expect(0x09)
    packed = tuple(cursor.number() for _ in range(packs))
    if (kind := cursor.byte()) == 0x0A:
        cursor.digests(packs)
        kind = cursor.byte()
    if kind != 0 or not packs:
        raise Malformed("the 7z header packs nothing")
    cursor.expect(0x07)
    cursor.expect(0x0B)
    count = cursor.count()
    cursor.expect(0x00)
    bare = [_folder(cursor) for _ in range(count)]
    cursor.expect(0x0C)
    folders = tuple(
        Folder(f.coders, f.bonds, f.packed, tuple(cursor.number() for c in f.coders for _ in range(c.outputs)))
        for f in bare
    )
    checksums = [0] * count
    if (kind := cursor.byte()) == 0x0A:
        checksums = cursor.digests(count)
        kind = cursor.byte()
    if kind != 0:
        raise Malformed("the 7z header does not end its folders")
    return Streams(start, packed, folders, tuple(checksums))


def _folder(cursor: Cursor) -> Folder:
    coders = tuple(_coder(cursor) for _ in range(cursor.count()))
    inputs, outputs = sum(coder.inputs for coder in coders), sum(coder.outputs for coder in coders)
    if outputs > _MOST_COUNT or inputs > _MOST_COUNT:
        raise Malformed("a 7z folder of too many streams")
    bonds = tuple((cursor.number(), cursor.number()) for _ in range(outputs - 1))
    free = inputs - len(bonds)
    if outputs < 1 or free < 1:
        raise Malformed("a 7z folder without an end")
    bound = {taker for taker, _ in bonds}
    if free > 1:
        return Folder(coders, bonds, tuple(cursor.number() for _ in range(free)))
    return Folder(coders, bonds, tuple(number for number in range(inputs) if number not in bound)[:1])


def _coder(cursor: Cursor) -> Coder:
    flags = cursor.byte()
    method = cursor.take(flags & 0x0F)
    inputs, outputs = (cursor.count(), cursor.count()) if flags & 0x10 else (1, 1)
    return Coder(method, cursor.take(cursor.number()) if flags & 0x20 else b"", inputs, outputs)
