"""What a 7z archive tells of its members: libarchive keeps CRC-32s to itself, and lists no unusual locked archive."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from forensics.content import Content
from forensics.errors import Malformed
from forensics.formats.archive_entries import Entry
from forensics.formats.sevenzip_header import Cursor, Streams, open_header, read_streams

_MOST_MEMBERS: Final = 200_000
_END, _FILES, _EMPTY, _NAMES = 0x00, 0x05, 0x0E, 0x11


@dataclass(frozen=True, slots=True)
class Told:
    """A member with bytes; the CRC-32 is 0 where it is not told."""

    size: int
    crc32: int
    is_locked: bool


def with_checksums(entries: Iterator[Entry], content: Content) -> Iterator[Entry]:
    """Give the entries of a 7z archive the CRC-32s of its header, as long as the sizes agree one by one.

    Where libarchive gives no entry of a locked archive, the locked ones come from the header before it is said why.
    """
    try:
        told = member_checksums(content)
    except (Malformed, lzma.LZMAError):
        told = []
    waiting = iter(told)
    is_first = True
    try:
        for entry in entries:
            is_first = False
            if entry.size <= 0 or not entry.is_file:
                yield entry
                continue
            each = next(waiting, None)
            if each is None or each.size != entry.size:
                waiting = iter(())
                yield entry
            else:
                yield replace(entry, crc32=each.crc32)
    except Malformed:
        if is_first:
            yield from _locked_entries(content)
        raise


def _locked_entries(content: Content) -> Iterator[Entry]:
    try:
        cursor, _ = open_header(content)
        told = _members(cursor, read_streams(cursor))
        names = _names(cursor)
    except (Malformed, lzma.LZMAError):
        return
    for name, each in zip(names, told, strict=False):
        if each.is_locked:
            yield Entry(
                name=name, size=each.size, is_file=True, is_encrypted=True, link="", chunks=iter(()), crc32=each.crc32
            )


def member_checksums(content: Content) -> list[Told]:
    """What is told of the members with bytes, in order.

    Raises Malformed, or LZMAError, when the header cannot be read.
    """
    cursor, _ = open_header(content)
    return _members(cursor, read_streams(cursor))


def _members(header: Cursor, streams: Streams) -> list[Told]:
    """Split folders into members; one that is a folder of its own has the folder's size and CRC-32."""
    folders = streams.folders
    if (kind := header.byte()) != 0x08:
        pairs = zip(folders, streams.checksums, strict=True)
        return [Told(folder.size, crc32, folder.is_locked) for folder, crc32 in pairs]
    counts = [1] * len(folders)
    if (kind := header.byte()) == 0x0D:
        counts = [header.count() for _ in folders]
        kind = header.byte()
    if sum(counts) > _MOST_MEMBERS:
        raise Malformed("the 7z header counts too many members")
    found: list[Told] = []
    has_sizes = kind == 0x09
    for folder, crc32, count in zip(folders, streams.checksums, counts, strict=True):
        if count > 1 and not has_sizes:
            raise Malformed("the 7z header tells no sizes")
        own = [header.number() for _ in range(count - 1)]
        each = [*own, folder.size - sum(own)] if count else []
        found += [Told(one, crc32 if count == 1 else 0, folder.is_locked) for one in each]
    kind = header.byte() if has_sizes else kind
    if kind != 0x0A:
        return found
    unknown = [number for number, each in enumerate(found) if not each.crc32]
    for number, crc32 in zip(unknown, header.digests(len(unknown)), strict=True):
        found[number] = replace(found[number], crc32=crc32)
    return found


def _names(header: Cursor) -> list[str]:
    """The names of the members with bytes, after `_members` has read what stands before them."""
    while (kind := header.byte()) == _END:
        continue
    if kind != _FILES:
        raise Malformed("the 7z header names no members")
    count = header.count()
    names: list[str] = []
    empty = b""
    while (kind := header.number()) != _END:
        data = header.take(header.number())
        if kind == _EMPTY:
            empty = data
        elif kind == _NAMES and data[:1] == b"\0":
            names = data[1:].decode("utf-16-le", "replace").split("\0")[:count]
    return [name for number, name in enumerate(names) if not _bit(empty, number)]


def _bit(bits: bytes, number: int) -> bool:
    return number // 8 < len(bits) and bool(bits[number // 8] & 0x80 >> number % 8)
