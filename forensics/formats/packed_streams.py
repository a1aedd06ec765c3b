"""Unpacks single-file compression whose streams may follow each other and be followed by other bytes."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from forensics.content import Content, Spool
from forensics.errors import Malformed
from forensics.model import Part

BLOCK_BYTES = 1 << 16
OUTPUT_BYTES = 1 << 20
LZMA_MEMORY_BYTES = 192 << 20


class Engine(Protocol):
    """A decompressor of one stream that bounds its output."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    @property
    def unused_data(self) -> bytes:
        """Bytes given that lie after the end."""

    def unpack(self, data: bytes) -> bytes:
        """Up to a MiB; called with b"" for what was held back."""


GZIP = zlib.MAX_WBITS | 16


class Inflate:
    """One stream of Deflate in the wrapper that `form` says: GZIP (RFC 1952), WRAPPED or BARE (RFC 1950, 1951)."""

    def __init__(self, form: int) -> None:
        self._engine = zlib.decompressobj(form)

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._engine.eof

    @property
    def unused_data(self) -> bytes:
        """Bytes after the stream."""
        return self._engine.unused_data

    def unpack(self, data: bytes) -> bytes:
        """Up to a MiB of the stream."""
        return self._engine.decompress(self._engine.unconsumed_tail + data, OUTPUT_BYTES)


class Unwrap:
    """One bzip2 or xz stream."""

    def __init__(self, engine: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._engine = engine

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._engine.eof

    @property
    def unused_data(self) -> bytes:
        """Bytes after the stream."""
        return self._engine.unused_data

    def unpack(self, data: bytes) -> bytes:
        """Up to a MiB of the stream."""
        return self._engine.decompress(data, OUTPUT_BYTES)


class Unpacking:
    """Unpacks stream after stream; `end` is then where the last whole stream ended."""

    def __init__(self, content: Content, magic: bytes, new_engine: Callable[[], Engine]) -> None:
        self._content = content
        self._magic = magic
        self._new_engine = new_engine
        self.end = 0

    def chunks(self) -> Iterator[bytes]:
        """The unpacked bytes of all streams; raises Malformed after the last good chunk."""
        while self.end < self._content.size:
            if self.end and self._content.pread(len(self._magic), self.end) != self._magic:
                return
            yield from self._stream()

    def _stream(self) -> Iterator[bytes]:
        engine = self._new_engine()
        at = self.end
        try:
            while not engine.eof:
                block = self._content.pread(BLOCK_BYTES, at)
                at += len(block)
                chunk = engine.unpack(block)
                while chunk:
                    yield chunk
                    chunk = b"" if engine.eof else engine.unpack(b"")
                if not block and not engine.eof:
                    raise Malformed("the compressed stream is cut off")
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            raise Malformed(f"the compressed stream is damaged: {error}") from error
        self.end = at - len(engine.unused_data)
        while self._content.pread(4, self.end) == b"\0\0\0\0":  # padding of whole words is legal in xz
            self.end += 4


def packed_parts(unpacking: Unpacking, content: Content, name: str, new_spool: Callable[[], Spool]) -> Iterator[Part]:
    """The unpacked file, as far as it goes, and what follows the last stream as a part of its own."""
    spool = new_spool()
    problem: Malformed | None = None
    try:
        for chunk in unpacking.chunks():
            spool.write(chunk)
    except Malformed as error:
        problem = error
    if spool.size or problem is None:
        yield Part(name=name, content=spool.close())
    if unpacking.end and content.size - unpacking.end > 0:
        rest = new_spool()
        for at in range(unpacking.end, content.size, OUTPUT_BYTES):
            rest.write(content.pread(OUTPUT_BYTES, at))
        yield Part(name=f"trailing@{unpacking.end}", content=rest.close())
    if problem is not None:
        raise problem


def unpacked_name(name: str, endings: dict[str, str]) -> str:
    """The file name without its compression ending (`.tgz` becomes `.tar`)."""
    lowered = name.lower()
    for ending, replacement in endings.items():
        if lowered.endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)] + replacement
    return f"{name} (unpacked)"
