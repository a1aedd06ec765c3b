"""Walks the blocks of RAR archives, formats 4 and 5, locked headers too once a password is known.

Format 4 after its technical note, format 5 after rarlab.com/technote.htm. A block is a header and the data after it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from forensics.content import Content
from forensics.errors import Malformed

MAGIC_4: Final = b"Rar!\x1a\x07\x00"
MAGIC_5: Final = b"Rar!\x1a\x07\x01\x00"
MOST_BLOCKS: Final = 200_000
MOST_HEADER_BYTES: Final = 2 << 20
MAIN_4, FILE_4, SERVICE_4, END_4 = 0x73, 0x74, 0x7A, 0x7B
MAIN_5, FILE_5, SERVICE_5, LOCK_5, END_5 = 1, 2, 3, 4, 5


class Cipher(Protocol):
    """Turns a stream back, whole blocks of 16 bytes at a time."""

    def update(self, data: bytes) -> bytes:
        """The next bytes in the clear."""


HeaderKey = Callable[[bytes], Cipher]
"""Given what stands before a locked header (format 4 its salt, format 5 its first vector), what turns it back."""


@dataclass(frozen=True, slots=True)
class Block:
    """`header` is in the clear, checksum included; the data lies at `start` and has `size` bytes."""

    kind: int
    flags: int
    header: bytes
    start: int
    size: int


class LockedHeaderError(Malformed):
    """Headers follow that no password at hand opens."""


def read_number(data: bytes, at: int) -> tuple[int, int]:
    """A number of format 5, seven bits a byte, low ones first, and the offset after it. Raises Malformed."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        value |= (data[at] & 0x7F) << shift
        at += 1
        if not data[at - 1] & 0x80:
            return value, at
    raise Malformed("a number in a RAR header does not end")


def blocks_4(content: Content, key: HeaderKey | None = None) -> Iterator[Block]:
    """The blocks of format 4, from the main header on; raises Malformed where the headers do not hold."""
    at, is_locked = len(MAGIC_4), False
    for _ in range(MOST_BLOCKS):
        if at + 7 > content.size:
            return
        header, at = _locked(content, at, key, 8, _size_4) if is_locked else _plain(content, at, _size_4)
        checksum, kind, flags, size = struct.unpack_from("<HBHH", header)
        if size < 7 or zlib.crc32(header[2:size]) & 0xFFFF != checksum:
            raise Malformed("the checksum of a RAR header does not fit")
        data = struct.unpack_from("<L", header, 7)[0] if flags & 0x8000 and size >= 11 else 0
        if kind in (FILE_4, SERVICE_4) and flags & 0x100 and size >= 36:
            data |= struct.unpack_from("<L", header, 32)[0] << 32
        yield Block(kind, flags, header, at, data)
        at += data
        is_locked = is_locked or (kind == MAIN_4 and bool(flags & 0x80))
        if kind == END_4:
            return


def blocks_5(content: Content, key: HeaderKey | None = None) -> Iterator[Block]:
    """The blocks of format 5; raises Malformed where the headers do not hold."""
    at, is_locked = len(MAGIC_5), False
    for _ in range(MOST_BLOCKS):
        if at + 7 > content.size:
            return
        header, at = _locked(content, at, key, 16, _size_5) if is_locked else _plain(content, at, _size_5)
        if zlib.crc32(header[4:]) != int.from_bytes(header[:4], "little"):
            raise Malformed("the checksum of a RAR header does not fit")
        _, inside = read_number(header, 4)
        kind, inside = read_number(header, inside)
        flags, inside = read_number(header, inside)
        if flags & 1:
            _, inside = read_number(header, inside)
        data = read_number(header, inside)[0] if flags & 2 else 0
        yield Block(kind, flags, header, at, data)
        at += data
        is_locked = is_locked or kind == LOCK_5
        if kind == END_5:
            return


def _size_4(head: bytes) -> int:
    return int.from_bytes(head[5:7], "little")


def _size_5(head: bytes) -> int:
    size, at = read_number(head, 4)
    return at + size


def _plain(content: Content, at: int, size_of: Callable[[bytes], int]) -> tuple[bytes, int]:
    size = size_of(content.pread(16, at))
    header = content.pread(min(size, MOST_HEADER_BYTES), at)
    if len(header) < max(size, 7):
        raise Malformed("a RAR header is cut off")
    return header, at + size


def _locked(
    content: Content, at: int, key: HeaderKey | None, before: int, size_of: Callable[[bytes], int]
) -> tuple[bytes, int]:
    """A header behind its lock, filled up to whole blocks of the cipher."""
    if key is None:
        raise LockedHeaderError("the headers are encrypted")
    cipher = key(content.pread(before, at))
    at += before
    head = content.pread(16, at)
    if len(head) < 16:
        raise Malformed("a RAR header is cut off")
    header = cipher.update(head)
    size = size_of(header)
    if not 7 <= size <= MOST_HEADER_BYTES:
        raise Malformed("a RAR header has no size")
    rest = content.pread(max(0, -(-size // 16) * 16 - 16), at + 16)
    header += cipher.update(rest[: len(rest) & ~15])
    if len(header) < size:
        raise Malformed("a RAR header is cut off")
    return header[:size], at + 16 + len(rest)
