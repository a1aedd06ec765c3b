"""What the headers of a RAR archive tell of its members: size, CRC-32 and how each is locked.

Format 5 turns the CRC-32 of a locked member into one that needs the password, as WinRAR does always, or gives a
BLAKE2sp instead: then none is told here. Format 4 tells it in the clear, unless the headers are locked themselves.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from forensics.content import Content
from forensics.errors import Malformed
from forensics.formats.archive_entries import Entry
from forensics.formats.rar_blocks import FILE_4, FILE_5, MAGIC_5, Block, blocks_4, blocks_5, read_number

STORED_4: Final = 0x30
LOCKED_4: Final = 0x04
SALT_4: Final = 0x400
CHECKSUM_5: Final = 4
LOCK_RECORD: Final = 1
HASH_RECORD: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """How a member is locked: 2 to the power of `rounds` of key making; `check` and `vector` of format 5 alone."""

    salt: bytes
    rounds: int = 18
    vector: bytes = b""
    check: bytes = b""
    is_keyed: bool = False
    """The checksums are turned into ones that need the password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file or folder of an archive."""

    size: int
    crc32: int
    is_stored: bool
    lock: Lock | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Header5:
    """A file header of format 5 in its pieces, so that it can be written anew without its lock."""

    member: Member
    file_flags: int
    attributes: int
    time: bytes
    checksum: bytes
    rest: bytes
    """From the compression on: how it was packed, the system, the name."""
    records: tuple[tuple[int, bytes], ...]


def with_checksums(entries: Iterator[Entry], content: Content) -> Iterator[Entry]:
    """Give the entries of a RAR archive the CRC-32s and locks of its headers, as long as the sizes agree one by one.

    libarchive takes the locked members of format 5 for open ones.
    """
    told = _members(content)
    for entry in entries:
        member = next(told, None)
        if member is None or (entry.is_file and member.size != entry.size):
            told = iter(())
        if member is None or member.size != entry.size:
            yield entry
        else:
            yield replace(entry, crc32=member.crc32, is_encrypted=entry.is_encrypted or member.lock is not None)


def what_lacks(content: Content) -> str:
    """Of one volume of a set, what is elsewhere: libarchive passes over what began in another in silence."""
    before = after = False
    with contextlib.suppress(Malformed):
        is_new = content.head(len(MAGIC_5)) == MAGIC_5
        began, goes_on = (0x08, 0x10) if is_new else (0x01, 0x02)
        for block in blocks_5(content) if is_new else blocks_4(content):
            is_file = block.kind == (FILE_5 if is_new else FILE_4)
            before = before or (is_file and bool(block.flags & began))
            after = after or (is_file and bool(block.flags & goes_on))
    said = [words for words, is_so in (("began in an earlier", before), ("goes on in a later", after)) if is_so]
    return f"one volume of a set: a member {' and one '.join(said)} one" if said else ""


def _members(content: Content) -> Iterator[Member]:
    """The members in archive order, as far as the headers can be read."""
    with contextlib.suppress(Malformed):
        if content.head(len(MAGIC_5)) == MAGIC_5:
            yield from (read_file_5(block).member for block in blocks_5(content) if block.kind == FILE_5)
        else:
            yield from (read_file_4(block) for block in blocks_4(content) if block.kind == FILE_4)


def read_file_4(block: Block) -> Member:
    """The member a block of format 4 is the header of; raises Malformed when it is too short for one."""
    if len(block.header) < 32:
        raise Malformed("a RAR file header is too short")
    size, _, crc32, _, _, method, name_bytes = struct.unpack_from("<LBLLBBH", block.header, 11)
    at = 32
    if block.flags & 0x100:
        size |= int.from_bytes(block.header[36:40], "little") << 32
        at += 8
    lock = None
    if block.flags & LOCKED_4:
        salt = block.header[at + name_bytes : at + name_bytes + 8] if block.flags & SALT_4 else b""
        lock = Lock(salt=salt)
    return Member(size=size, crc32=crc32, is_stored=method == STORED_4, lock=lock)


def read_file_5(block: Block) -> Header5:
    """The member a block of format 5 is the header of; raises Malformed when it does not hold."""
    header = block.header
    extra_bytes, at = _extra(block)
    file_flags, at = read_number(header, at)
    size, at = read_number(header, at)
    attributes, at = read_number(header, at)
    time = header[at : at + 4] if file_flags & 2 else b""
    at += len(time)
    checksum = header[at : at + 4] if file_flags & CHECKSUM_5 else b""
    at += len(checksum)
    rest = header[at : len(header) - extra_bytes]
    records = tuple(_records(header[len(header) - extra_bytes :])) if extra_bytes else ()
    lock = next((_lock(data) for kind, data in records if kind == LOCK_RECORD), None)
    packing, _ = read_number(rest, 0)
    is_told = not (lock and lock.is_keyed)
    return Header5(
        member=Member(
            size=size,
            crc32=int.from_bytes(checksum, "little") if is_told else 0,
            is_stored=not packing >> 7 & 7,
            lock=lock,
        ),
        file_flags=file_flags,
        attributes=attributes,
        time=time,
        checksum=checksum,
        rest=rest,
        records=records,
    )


def read_lock_5(block: Block) -> Lock:
    """The lock of the headers that follow a block of that kind."""
    _, at = _extra(block)
    _, at = read_number(block.header, at)
    flags, at = read_number(block.header, at)
    data = block.header[at:]
    return Lock(rounds=data[0] if data else 0, salt=data[1:17], check=data[17:25] if flags & 1 else b"")


def _extra(block: Block) -> tuple[int, int]:
    """Bytes of the extra area at the end of a header, and where what is common to all headers ends."""
    _, at = read_number(block.header, 4)
    _, at = read_number(block.header, at)
    flags, at = read_number(block.header, at)
    extra_bytes, at = read_number(block.header, at) if flags & 1 else (0, at)
    _, at = read_number(block.header, at) if flags & 2 else (0, at)
    if extra_bytes > len(block.header) - at:
        raise Malformed("the extra area of a RAR header is too long")
    return extra_bytes, at


def _records(area: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(area):
        size, at = read_number(area, at)
        kind, inside = read_number(area, at)
        yield kind, area[inside : at + size]
        at += size


def _lock(data: bytes) -> Lock:
    _, at = read_number(data, 0)
    flags, at = read_number(data, at)
    return Lock(
        rounds=int.from_bytes(data[at : at + 1]),
        salt=data[at + 1 : at + 17],
        vector=data[at + 17 : at + 33],
        check=data[at + 33 : at + 41] if flags & 1 else b"",
        is_keyed=bool(flags & 2),
    )
