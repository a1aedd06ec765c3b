"""Reads a zip archive as parts: every byte once, hidden and appended pieces too.

Encrypted members are opened where a password fits, and named where none does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from forensics.content import Content, Spool
from forensics.errors import Encrypted, Malformed
from forensics.formats.passwords import Passwords
from forensics.formats.zip_directory import Directory, find_end, read_directory, read_local
from forensics.formats.zip_reading import Reading
from forensics.model import Part

LISTED_MEMBERS = 2000
_SCAN_BYTES = 1 << 20
_LEAST_GAP_BYTES = 64


def zip_parts(
    content: Content, new_spool: Callable[[], Spool], check_time: Callable[[], None], passwords: Passwords
) -> Iterator[Part]:
    """Yield the members in the order they lie in the file, then what is glued to the archive.

    Raises Encrypted when none of the passwords opens a member, Malformed when something does not agree; both at the
    end.
    """
    reading = Reading(content=content, new_spool=new_spool, check_time=check_time, passwords=passwords)
    try:
        directory = read_directory(content)
    except Malformed as error:
        reading.problems.append(str(error))
        directory = Directory(members=[], directory_start=content.size, end=content.size)
    reading.problems += directory.findings
    yield from _members(directory, reading)
    yield from _edges(directory, reading)
    yield from _report(reading)


def _members(directory: Directory, reading: Reading) -> Iterator[Part]:
    stop = min(directory.directory_start, reading.content.size)
    reading.position = directory.start
    for member in sorted(directory.members, key=lambda member: member.start):
        reading.check_time()
        if member.start > reading.position:
            yield from _between(reading, min(member.start, stop), is_listed=True)
        yield from reading.member(member, stop)
    yield from _between(reading, stop, is_listed=bool(directory.members))


def _between(reading: Reading, stop: int, *, is_listed: bool) -> Iterator[Part]:
    """Members nobody lists: local headers between the listed ones, or all of them when there is no list.

    Beside a list, what lies between and is no member is a part too.
    """
    begin = reading.position
    while (found := _next_header(reading.position, stop, reading)) >= 0:
        local = read_local(reading.content, found)
        reading.position = found
        if local is None or local[0].method not in (0, 8, 9, 12, 14, 93, 95, 99) or local[1] > stop:
            reading.position = found + 4
            continue
        yield from _gap(reading, begin, found, is_listed=is_listed)
        member = local[0]
        if member.method == 0 and member.packed < 0:
            end = _next_header(local[1], stop, reading)
            stop_here = stop if end < 0 else end
        else:
            stop_here = stop
        if is_listed:
            reading.problems.append(f"{member.name!r} is not in the directory")
        yield from reading.member(member, stop_here)
        begin = reading.position
    yield from _gap(reading, begin, stop, is_listed=is_listed)


def _gap(reading: Reading, begin: int, end: int, *, is_listed: bool) -> Iterator[Part]:
    """Bytes no header speaks of, unless they are few, one byte over and over, or of a member whose end is not known."""
    if not is_listed or not reading.is_end_sure or end - begin < _LEAST_GAP_BYTES:
        return
    if len(set(reading.content.pread(_SCAN_BYTES, begin)[: end - begin])) > 1:
        reading.problems.append(f"{end - begin} bytes at {begin} belong to no member")
        yield Part(name=f"gap@{begin}", content=_slice(reading.content, begin, end, reading))


def _next_header(position: int, stop: int, reading: Reading) -> int:
    while position < stop:
        reading.check_time()
        block = reading.content.pread(min(_SCAN_BYTES, stop - position), position)
        at = block.find(b"PK\x03\x04")
        if at >= 0:
            return position + at
        if len(block) < _SCAN_BYTES:
            return -1
        position += len(block) - 3
    return -1


def _edges(directory: Directory, reading: Reading) -> Iterator[Part]:
    """What stands before the first member and after the end: other files glued to the archive."""
    content = reading.content
    if directory.comment:
        yield Part(
            name="comment",
            content=Content.of(directory.comment.decode("utf-8", "replace").encode()),
            media_type="text/plain",
            is_view=True,
            role="metadata",
        )
    if find_end(content) < 0:
        return
    for name, start, end in (("prefix@0", 0, directory.start), ("trailing", directory.end, content.size)):
        if end - start >= 16:
            label = name if start == 0 else f"{name}@{start}"
            yield Part(name=label, content=_slice(content, start, end, reading))


def _slice(content: Content, start: int, end: int, reading: Reading) -> Content:
    spool = reading.new_spool()
    for at in range(start, end, _SCAN_BYTES):
        spool.write(content.pread(min(_SCAN_BYTES, end - at), at))
    return spool.close()


def _report(reading: Reading) -> Iterator[Part]:
    """Facts of what is locked; then the errors, encryption first: it is what a person must know."""
    notes = "; ".join(reading.problems[:20])
    facts: dict[str, str] = {}
    if reading.problems:
        facts["zip.findings"] = notes
    if reading.locked:
        listed = [
            {"name": member.name, "size": member.size, "crc32": f"{member.crc32:08x}"}
            for member in reading.locked[:LISTED_MEMBERS]
        ]
        facts["encrypted.members"] = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
        facts["encrypted.count"] = str(len(reading.locked))
    if facts:
        yield Part(name="zip", content=Content.of(b""), media_type="text/plain", is_view=True, facts=facts)
    if reading.locked:
        said = filter(None, [f"{len(reading.locked)} encrypted members", reading.passwords.refusal(), notes])
        raise Encrypted("; ".join(said))
    if reading.problems:
        raise Malformed(notes)
