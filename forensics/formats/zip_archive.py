"""Reads a zip archive as parts: every byte once, hidden and appended pieces too.

Encrypted members are opened where a password fits, and named where none does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from forensics.content import Content, Spool
from forensics.errors import Encrypted, Malformed
from forensics.formats.archive_entries import read_entries
from forensics.formats.passwords import Passwords
from forensics.formats.zip_ciphers import locks
from forensics.formats.zip_directory import Directory, Member, find_end, read_directory, read_local
from forensics.formats.zip_members import MemberReader
from forensics.model import Part

LISTED_MEMBERS = 2000
_SCAN_BYTES = 1 << 20
_ELSEWHERE = frozenset((93, 98))
_BORROWED_MEMBERS = 50


@dataclass(slots=True)
class _Reading:
    """One pass over an archive: what was read up to where, and what did not agree."""

    content: Content
    new_spool: Callable[[], Spool]
    check_time: Callable[[], None]
    passwords: Passwords
    position: int = 0
    problems: list[str] = field(default_factory=list)
    locked: list[Member] = field(default_factory=list)
    borrowed: int = 0

    def member(self, member: Member, stop: int) -> Iterator[Part]:
        """Unpack one member; what was unpacked before its bytes lied is kept."""
        if member.start < self.position:
            self.problems.append(f"{member.name!r} overlaps another member")
            return
        facts: dict[str, str] = {}
        try:
            reader = MemberReader(self.content, member, stop=stop)
        except Encrypted:
            unlocked = self._unlocked(member, stop)
            if unlocked is None:
                self.locked.append(member)
                self.position = member.start + 30 + max(member.packed, 0)
                return
            reader, facts = unlocked
        except Malformed as error:
            yield from self._elsewhere(member, str(error))
            return
        if reader.local.name != member.name:
            self.problems.append(f"{member.name!r} is called {reader.local.name!r} in its own header")
        spool = self.new_spool()
        is_damaged = False
        try:
            for chunk in reader.chunks():
                spool.write(chunk)
        except Malformed as error:
            is_damaged = True
            self.problems.append(f"{member.name!r}: {error}")
        is_end_unknown = is_damaged and member.packed < 0
        self.position = max(reader.data_start if is_end_unknown else reader.end, member.start + 30)
        if spool.size or not (is_damaged or member.is_folder):
            yield Part(name=member.name, content=spool.close(), facts=facts)

    def _unlocked(self, member: Member, stop: int) -> tuple[MemberReader, dict[str, str]] | None:
        """A reader with the password that the whole member proves right, and what is said of it.

        Where none does, one that fitted elsewhere and passes the short check: then the member is damaged.
        """
        local = read_local(self.content, member.start)
        if local is None:
            return None
        damaged: tuple[MemberReader, dict[str, str]] | None = None
        for password, new_lock in locks(self.content, member, local[1], self.passwords):
            try:
                for _ in MemberReader(self.content, member, stop=stop, lock=new_lock()).chunks():
                    self.check_time()
            except Malformed:
                if damaged is None and self.passwords.has_fitted(password):
                    damaged = MemberReader(self.content, member, stop=stop, lock=new_lock()), password.facts
                continue
            self.passwords.keep(password)
            return MemberReader(self.content, member, stop=stop, lock=new_lock()), password.facts
        return damaged

    def _elsewhere(self, member: Member, reason: str) -> Iterator[Part]:
        """Methods this reader lacks (PPMd, Zstandard) are asked of libarchive."""
        self.position = max(self.position, member.start + 30 + max(member.packed, 0))
        spool = self.new_spool()
        if member.method in _ELSEWHERE and self.borrowed < _BORROWED_MEMBERS:
            self.borrowed += 1
            try:
                for entry in read_entries(self.content, ("zip",)):
                    if entry.name == member.name:
                        for chunk in entry.chunks:
                            spool.write(chunk)
                        yield Part(name=member.name, content=spool.close())
                        return
            except Malformed as error:
                reason = f"{reason}: {error}"
        self.problems.append(f"{member.name!r}: {reason}")


def zip_parts(
    content: Content, new_spool: Callable[[], Spool], check_time: Callable[[], None], passwords: Passwords
) -> Iterator[Part]:
    """Yield the members in the order they lie in the file, then what is glued to the archive.

    Raises Encrypted when none of the passwords opens a member, Malformed when something does not agree; both at the
    end.
    """
    reading = _Reading(content=content, new_spool=new_spool, check_time=check_time, passwords=passwords)
    try:
        directory = read_directory(content)
    except Malformed as error:
        reading.problems.append(str(error))
        directory = Directory(members=[], directory_start=content.size, end=content.size)
    reading.problems += directory.findings
    yield from _members(directory, reading)
    yield from _edges(directory, reading)
    yield from _report(reading)


def _members(directory: Directory, reading: _Reading) -> Iterator[Part]:
    stop = min(directory.directory_start, reading.content.size)
    reading.position = directory.start
    for member in sorted(directory.members, key=lambda member: member.start):
        reading.check_time()
        if member.start > reading.position:
            yield from _between(reading, min(member.start, stop), is_listed=True)
        yield from reading.member(member, stop)
    yield from _between(reading, stop, is_listed=bool(directory.members))


def _between(reading: _Reading, stop: int, *, is_listed: bool) -> Iterator[Part]:
    """Members nobody lists: local headers between the listed ones, or all of them when there is no list."""
    while (found := _next_header(reading.position, stop, reading)) >= 0:
        local = read_local(reading.content, found)
        reading.position = found
        if local is None or local[0].method not in (0, 8, 9, 12, 14, 93, 95, 99) or local[1] > stop:
            reading.position = found + 4
            continue
        member = local[0]
        if member.method == 0 and member.packed < 0:
            end = _next_header(local[1], stop, reading)
            stop_here = stop if end < 0 else end
        else:
            stop_here = stop
        if is_listed:
            reading.problems.append(f"{member.name!r} is not in the directory")
        yield from reading.member(member, stop_here)


def _next_header(position: int, stop: int, reading: _Reading) -> int:
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


def _edges(directory: Directory, reading: _Reading) -> Iterator[Part]:
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


def _slice(content: Content, start: int, end: int, reading: _Reading) -> Content:
    spool = reading.new_spool()
    for at in range(start, end, _SCAN_BYTES):
        spool.write(content.pread(min(_SCAN_BYTES, end - at), at))
    return spool.close()


def _report(reading: _Reading) -> Iterator[Part]:
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
