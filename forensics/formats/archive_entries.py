"""The door to libarchive: the entries of an archive as streams, nothing written by name."""

from __future__ import annotations

import logging
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from ctypes import CDLL, byref, c_char_p, c_longlong, c_size_t, c_void_p, cast, string_at
from dataclasses import dataclass, field
from typing import Any

from forensics.content import Content
from forensics.errors import Malformed

_LIBRARY = "libarchive.so.13"
_BLOCK_BYTES = 1 << 16
_ZEROS_BYTES = 1 << 20
_SILENT = "the archive is damaged or cut"
_LOCKED_WORDS = ("encrypt", "passphrase", "password")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `size` is -1 when the archive does not say; `chunks` raises Malformed when the bytes lie.

    `chunks` must be drawn before the next entry is asked for.
    """

    name: str
    size: int
    is_file: bool
    is_encrypted: bool
    link: str
    chunks: Iterator[bytes]
    crc32: int = 0
    """Of the unpacked bytes; 0 where it is not known."""
    facts: Mapping[str, str] = field(default_factory=dict)

    def checked(self) -> Iterator[bytes]:
        """The chunks; raises Malformed at the end where bytes lack or the CRC-32 is another: libarchive looks away."""
        crc32 = total = 0
        for chunk in self.chunks:
            crc32 = zlib.crc32(chunk, crc32) if self.crc32 else 0
            total += len(chunk)
            yield chunk
        if total < self.size:
            raise Malformed(f"{total} of {self.size} bytes")
        if self.crc32 and self.crc32 != crc32:
            raise Malformed("the CRC-32 does not fit")


def read_entries(
    content: Content, formats: tuple[str, ...], *, compression: str = "none", end: int = -1
) -> Iterator[Entry]:
    """Yield the entries in archive order, links and folders too.

    `formats` and `compression` are libarchive's names; only these are tried. Bytes from `end` on are not read.
    Raises Malformed when the archive cannot be read (further).
    """
    _name_library()
    import libarchive
    from libarchive import ffi

    logging.getLogger("libarchive.ffi").disabled = True  # it would print names to stderr
    stream = _Callback(content, content.size if end < 0 else end)
    try:
        with libarchive.read.new_archive_read(formats[0], compression) as pointer:
            for name in formats[1:]:
                ffi.get_read_format_function(name)(pointer)
            if "tar" in formats:
                ffi.libarchive.archive_read_set_options(c_void_p(pointer), b"tar:read_concatenated_archives")
            yield from _opened(pointer, stream)
    except libarchive.exception.ArchiveError as error:
        raise Malformed(_reason(error)) from error


def _name_library() -> None:
    """Name the library by what it has been called since 2012: to look for it a program is started, which a worker may
    not.
    """
    with suppress(OSError):
        CDLL(_LIBRARY)
        os.environ.setdefault("LIBARCHIVE", _LIBRARY)


def _opened(pointer: int, stream: _Callback) -> Iterator[Entry]:
    from libarchive import ffi
    from libarchive.read import ArchiveRead

    callbacks = (
        ffi.OPEN_CALLBACK(stream.open),
        ffi.READ_CALLBACK(stream.read),
        ffi.SEEK_CALLBACK(stream.seek),
    )
    ffi.read_set_seek_callback(pointer, callbacks[2])
    ffi.read_open(pointer, None, callbacks[0], callbacks[1], ffi.NO_CLOSE_CB)
    for entry in ArchiveRead(pointer):
        yield _entry(entry)


class _Callback:
    """What libarchive asks of a stream; an exception here would be lost in C."""

    def __init__(self, content: Content, end: int) -> None:
        self._content = content
        self._end = end
        self._offset = 0
        self._block = b""

    def open(self, pointer: int, context: int) -> int:
        return 0

    def read(self, pointer: int, context: int, target: Any) -> int:
        try:
            self._block = self._content.pread(min(_BLOCK_BYTES, max(0, self._end - self._offset)), self._offset)
        except OSError:
            return -1
        target[0] = cast(c_char_p(self._block), c_void_p)
        self._offset += len(self._block)
        return len(self._block)

    def seek(self, pointer: int, context: int, offset: int, whence: int) -> int:
        base = (0, self._offset, self._end)[whence]
        self._offset = max(0, base + offset)
        return self._offset


def _entry(entry: Any) -> Entry:
    size = entry.size
    return Entry(
        name=_text(entry, "pathname"),
        size=-1 if size is None else int(size),
        is_file=bool(entry.isfile) or (bool(size) and not entry.isdir),  # odd modes hide nothing
        is_encrypted=_is_encrypted(entry),
        link=_text(entry, "linkpath"),
        chunks=_chunks(entry),
    )


def _text(entry: Any, attribute: str) -> str:
    """Names in unknown encodings come as bytes or fail to decode; they are evidence all the same."""
    try:
        value = getattr(entry, attribute)
    except (UnicodeDecodeError, ValueError):
        return "undecodable-name"
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")


def _is_encrypted(entry: Any) -> bool:
    from libarchive import ffi

    try:
        return bool(ffi.libarchive.archive_entry_is_encrypted(c_void_p(entry._entry_p)))
    except AttributeError:
        return False


def _chunks(entry: Any) -> Iterator[bytes]:
    """The data block by block, so that a damaged archive loses no whole block; holes of sparse files are zeros."""
    from libarchive import ffi
    from libarchive.exception import ArchiveError

    address, length, offset = c_void_p(), c_size_t(), c_longlong()
    position = 0
    try:
        while ffi.read_data_block(entry._archive_p, byref(address), byref(length), byref(offset)) != ffi.ARCHIVE_EOF:
            while position < offset.value:
                zeros = bytes(min(_ZEROS_BYTES, offset.value - position))
                position += len(zeros)
                yield zeros
            if length.value:
                position += length.value
                yield string_at(address.value or 0, length.value)
    except ArchiveError as error:
        raise Malformed(_reason(error)) from error


def is_locked(error: Malformed) -> bool:
    """Say whether the reason libarchive gave is a missing password."""
    return any(word in str(error).lower() for word in _LOCKED_WORDS)


def _reason(error: Exception) -> str:
    """What libarchive said; it says nothing of many a cut archive."""
    said = getattr(error, "msg", None) or ""
    return (said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) or _SILENT
