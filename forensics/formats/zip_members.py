"""Unpacks one zip member as a stream of chunks, checking size and CRC-32 as it goes."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Iterator
from typing import Protocol

from forensics.content import Content
from forensics.errors import Encrypted, Malformed
from forensics.formats.zip_ciphers import Lock
from forensics.formats.zip_directory import Member, read_local

BLOCK_BYTES = 1 << 16
METHODS = frozenset((0, 8, 12, 14, 95))
OUTPUT_BYTES = 1 << 20


class Inflater(Protocol):
    """A streaming decompressor that can bound its output."""

    @property
    def unused_data(self) -> bytes:
        """Bytes given that lie after the end."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    def unpack(self, data: bytes, most: int) -> bytes:
        """Up to `most` bytes; give b"" to go on with what was held back."""


class _Deflate:
    def __init__(self) -> None:
        self._engine = zlib.decompressobj(-15)
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return self._engine.eof

    def unpack(self, data: bytes, most: int) -> bytes:
        out = self._engine.decompress(self._engine.unconsumed_tail + data, most)
        self.unused_data = self._engine.unused_data
        return out


class _Stored:
    eof = False
    unused_data = b""

    def unpack(self, data: bytes, most: int) -> bytes:
        return data


class _Wrapped:
    """bz2 and lzma decompressors hold their input back themselves."""

    def __init__(self, engine: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._engine = engine

    @property
    def eof(self) -> bool:
        return self._engine.eof

    @property
    def unused_data(self) -> bytes:
        return self._engine.unused_data

    def unpack(self, data: bytes, most: int) -> bytes:
        return self._engine.decompress(data, most)


class _Lzma:
    """Method 14: two version bytes, the length of the properties, the properties, then a raw LZMA1 stream."""

    def __init__(self) -> None:
        self._head = b""
        self._inner: _Wrapped | None = None

    @property
    def eof(self) -> bool:
        return self._inner is not None and self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data if self._inner else b""

    def unpack(self, data: bytes, most: int) -> bytes:
        if self._inner is None:
            self._head += data
            if len(self._head) < 9:
                return b""
            (length,) = struct.unpack_from("<H", self._head, 2)
            if length != 5:
                raise Malformed("unknown LZMA properties")
            packed, dictionary = struct.unpack_from("<BL", self._head, 4)
            filters = {
                "id": lzma.FILTER_LZMA1,
                "dict_size": min(max(dictionary, 4096), 64 << 20),
                "lc": packed % 9,
                "lp": packed // 9 % 5,
                "pb": packed // 45,
            }
            self._inner = _Wrapped(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[filters]))
            data, self._head = self._head[9:], b""
        return self._inner.unpack(data, most)


def _inflater(method: int) -> Inflater:
    match method:
        case 0:
            return _Stored()
        case 8:
            return _Deflate()
        case 12:
            return _Wrapped(bz2.BZ2Decompressor())
        case 14:
            return _Lzma()
        case 95:
            return _Wrapped(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=128 << 20))
    raise Malformed(f"compression method {method} is not supported")


class MemberReader:
    """Reads one member; after the chunks are drawn, `end` is where its packed bytes ended in the content."""

    def __init__(self, content: Content, member: Member, *, stop: int, lock: Lock | None = None) -> None:
        """`stop` is the offset no byte may be read at or after (the directory, or the end of the content).

        Raises Encrypted for a locked member that no open `lock` comes with, Malformed for one that cannot be read.
        """
        local = read_local(content, member.start)
        if local is None:
            raise Malformed(f"no local header at {member.start}")
        self.local, self.data_start = local
        if lock is None and (member.is_encrypted or self.local.is_encrypted):
            raise Encrypted("the member needs a password")
        self._method = member.method if lock is None else lock.method
        if self._method not in METHODS:
            raise Malformed(f"compression method {self._method} is not supported")
        self._content = content
        self._member = member
        self._lock = lock
        self._tail_bytes = lock.tail_bytes if lock else 0
        packed = member.packed
        self._stop = stop if packed < 0 else min(stop, self.data_start + packed)
        self._is_cut = packed >= 0 and self.data_start + packed > stop
        self.end = self._stop

    def chunks(self) -> Iterator[bytes]:
        """The unpacked bytes; raises Malformed after the last good chunk when size, stream or CRC lie."""
        crc = total = 0
        try:
            for chunk in self._unpack():
                crc = zlib.crc32(chunk, crc)
                total += len(chunk)
                yield chunk
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            raise Malformed(f"the packed bytes are damaged: {error}") from error
        if self._is_cut:
            raise Malformed("the archive ends inside the member")
        if self._member.size >= 0 and total != self._member.size:
            raise Malformed(f"{total} bytes instead of {self._member.size}")
        has_crc = self._lock is None or self._lock.has_crc
        if self._member.packed >= 0 and has_crc and crc != self._member.crc32:
            raise Malformed("the CRC-32 does not fit")

    def _unpack(self) -> Iterator[bytes]:
        engine = _inflater(self._method)
        for at, block in self._blocks():
            yield from self._drawn(engine, block)
            if engine.eof and not self._tail_bytes:  # else the seal that follows is still to be looked at
                self.end = at - len(engine.unused_data)
                return

    def _drawn(self, engine: Inflater, block: bytes) -> Iterator[bytes]:
        while not engine.eof and (chunk := engine.unpack(block, OUTPUT_BYTES)):
            yield chunk
            if self._method == 0:
                return
            block = b""

    def _blocks(self) -> Iterator[tuple[int, bytes]]:
        """The packed bytes in the clear, each piece with the offset after it."""
        lock, stop = self._lock, self._stop - self._tail_bytes
        at = self.data_start + (lock.head_bytes if lock else 0)
        while block := self._content.pread(max(0, min(BLOCK_BYTES, stop - at)), at):
            at += len(block)
            yield at, lock.decrypt(block) if lock else block
        if lock:
            lock.check(self._content.pread(self._tail_bytes, stop))
