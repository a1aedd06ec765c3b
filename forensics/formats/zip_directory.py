"""Reads zip archives defensively: the central directory, what the local headers say, and what lies between.

`zipfile` of Python 3.11 has no overlap check and refuses archives whose directory is damaged. This reader yields
members in the order they lie in the file, each byte at most once, finds members the directory does not list, and
says what does not agree. Names are evidence text and never used as paths. APPNOTE.TXT 6.3.10.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from forensics.content import Content
from forensics.errors import Malformed

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
MAX_DIRECTORY_BYTES = 64 << 20
MAX_MEMBERS = 200_000
TAIL_BYTES = 8 << 20
_UTF8 = 0x800
_UNKNOWN = 0xFFFFFFFF
_AES = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of an archive. `start` is where its local header lies in the content; `size` -1 when unknown.

    `time` is in the form of MS-DOS; `aes` what WinZip notes of its own encryption, empty without.
    """

    name: str
    start: int
    method: int
    flags: int
    crc32: int
    packed: int
    size: int
    time: int = 0
    aes: bytes = b""

    @property
    def is_encrypted(self) -> bool:
        """Say whether a password is needed."""
        return bool(self.flags & 0x2041) or self.method == _AES

    @property
    def is_folder(self) -> bool:
        """Say whether it is only a folder's name."""
        return self.name.endswith("/") and self.size == 0


@dataclass(slots=True)
class Directory:
    """What an archive lists. `start` is where the archive begins in the content; `findings` what does not agree."""

    members: list[Member]
    start: int = 0
    end: int = 0
    directory_start: int = 0
    comment: bytes = b""
    findings: list[str] = field(default_factory=list)


def find_end(content: Content) -> int:
    """Offset of the end-of-directory record, -1 when there is none in the last 8 MiB."""
    for reach in (1 << 17, TAIL_BYTES):
        span = min(content.size, reach)
        tail = content.pread(span, content.size - span)
        at = len(tail)
        while (at := tail.rfind(b"PK\x05\x06", 0, at)) >= 0:
            if len(tail) - at >= _END.size and _is_end(tail, at):
                return content.size - span + at
        if span == content.size:
            break
    return -1


def volumes_of(content: Content) -> int:
    """How many volumes the archive was split into of which this is the last; 1 for one of its own, 0 for none."""
    end = find_end(content)
    return 0 if end < 0 else 1 + int(_END.unpack(content.pread(_END.size, end))[1])


def _is_end(tail: bytes, at: int) -> bool:
    """The directory must lie in one volume, and its comment must fit."""
    _, disk, first_disk, here, count, _, _, comment = _END.unpack_from(tail, at)
    return bool(at + _END.size + comment <= len(tail) and disk == first_disk and here == count)


def read_directory(content: Content) -> Directory:
    """The archive's own list of members; raises Malformed when there is no usable directory."""
    end = find_end(content)
    if end < 0:
        raise Malformed("the zip directory is missing (truncated archive?)")
    _, disk, _, _, count, size, offset, comment_bytes = _END.unpack(content.pread(_END.size, end))
    tail = end
    if 0 < disk < 0xFFFF:
        raise Malformed(f"the zip directory counts from the beginnings of {disk + 1} volumes")
    if _UNKNOWN in (size, offset) or count == 0xFFFF:
        size, offset, count, tail = _zip64(content, end, size, offset, count)
    start = tail - size
    if start < 0 or size > MAX_DIRECTORY_BYTES:
        raise Malformed(f"the zip directory claims {size} bytes")
    if content.pread(4, start) != b"PK\x01\x02" and content.pread(4, offset) == b"PK\x01\x02":
        start = offset
    shift = start - offset
    directory = Directory(
        members=list(islice(_central(content.pread(size, start), shift), MAX_MEMBERS)),
        start=max(shift, 0),
        end=end + _END.size + comment_bytes,
        directory_start=start,
        comment=content.pread(comment_bytes, end + _END.size),
    )
    if len(directory.members) != count:
        directory.findings.append(f"the directory announces {count} members and lists {len(directory.members)}")
    names = [member.name for member in directory.members]
    if len(set(names)) != len(names):
        directory.findings.append(f"{len(names) - len(set(names))} duplicate names")
    if directory.members:
        directory.start = _first_header(content, max(shift, 0), min(member.start for member in directory.members))
    return directory


def _first_header(content: Content, start: int, listed: int) -> int:
    """Where the first local header stands: a member before the first listed one is hidden, not a prefix."""
    for at in range(start, max(start, listed), 1 << 20):
        block = content.pread(min((1 << 20) + 3, listed - at), at)
        found = block.find(b"PK\x03\x04")
        if found >= 0 and read_local(content, at + found) is not None:
            return at + found
    return max(0, listed)


def _zip64(content: Content, end: int, size: int, offset: int, count: int) -> tuple[int, int, int, int]:
    locator_at = end - _END64_LOCATOR.size
    if locator_at < 0:
        return size, offset, count, end
    magic, _, where, _ = _END64_LOCATOR.unpack(content.pread(_END64_LOCATOR.size, locator_at))
    if magic != b"PK\x06\x07":
        return size, offset, count, end
    for at in (where, locator_at - _END64.size):
        record = content.pread(_END64.size, at) if 0 <= at < content.size else b""
        if len(record) == _END64.size and record[:4] == b"PK\x06\x06":
            values = _END64.unpack(record)
            return values[8], values[9], values[7], at
    raise Malformed("the zip64 directory record is missing")


def _central(data: bytes, shift: int) -> Iterator[Member]:
    at = 0
    while len(data) - at >= _CENTRAL.size and data[at : at + 4] == b"PK\x01\x02":
        fields = _CENTRAL.unpack_from(data, at)
        flags, method, crc32, packed, size = fields[3], fields[4], fields[7], fields[8], fields[9]
        name_bytes, extra_bytes, comment_bytes, start = fields[10], fields[11], fields[12], fields[16]
        at += _CENTRAL.size
        name = data[at : at + name_bytes]
        extra = data[at + name_bytes : at + name_bytes + extra_bytes]
        at += name_bytes + extra_bytes + comment_bytes
        size, packed, start = _wide(extra, size, packed, start)
        yield Member(
            name=_name(name, flags),
            start=start + shift,
            method=method,
            flags=flags,
            crc32=crc32,
            packed=packed,
            size=size,
            time=fields[5],
            aes=_aes_note(extra, method),
        )


def _wide(extra: bytes, size: int, packed: int, start: int) -> tuple[int, int, int]:
    """Zip64 values replace the fields that are all ones, in this order."""
    body = _extra_field(extra, 1)
    values = [size, packed, start]
    for index, value in enumerate(values):
        if value == _UNKNOWN and len(body) >= 8:
            values[index] = int.from_bytes(body[:8], "little")
            body = body[8:]
    return values[0], values[1], values[2]


def _extra_field(extra: bytes, wanted: int) -> bytes:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""


def _aes_note(extra: bytes, method: int) -> bytes:
    """Version, vendor, strength and the method behind the encryption; whole or empty."""
    note = _extra_field(extra, 0x9901) if method == _AES else b""
    return note if len(note) == 7 else b""


def _name(raw: bytes, flags: int) -> str:
    if not flags & _UTF8:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("cp437")
    return raw.decode("utf-8", "replace")


def read_local(content: Content, start: int) -> tuple[Member, int] | None:
    """The local header at `start` and where its data begins; None when there is no header."""
    raw = content.pread(_LOCAL.size, start) if start >= 0 else b""
    if len(raw) < _LOCAL.size or raw[:4] != b"PK\x03\x04":
        return None
    _, _, flags, method, time, _, crc32, packed, size, name_bytes, extra_bytes = _LOCAL.unpack(raw)
    rest = content.pread(name_bytes + extra_bytes, start + _LOCAL.size)
    size, packed, _ = _wide(rest[name_bytes:], size, packed, 0)
    if flags & 8 and not packed:
        size = packed = -1
    member = Member(
        name=_name(rest[:name_bytes], flags),
        start=start,
        method=method,
        flags=flags,
        crc32=crc32,
        packed=packed,
        size=size,
        time=time,
        aes=_aes_note(rest[name_bytes:], method),
    )
    return member, start + _LOCAL.size + name_bytes + extra_bytes
