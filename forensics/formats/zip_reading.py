"""Reads the members of a zip archive one by one: each byte once, each in the clear where that can be.

What one header says and another denies is told: in a sound archive the directory and the local headers agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from forensics.content import Content, Spool
from forensics.errors import Encrypted, Malformed
from forensics.formats.archive_entries import read_entries
from forensics.formats.passwords import Passwords
from forensics.formats.zip_ciphers import Lock, NoLock, locks
from forensics.formats.zip_directory import Member, read_local
from forensics.formats.zip_members import MemberReader
from forensics.model import Part

_ELSEWHERE = frozenset((93, 98))
_BORROWED_MEMBERS = 50
_SIZE_LATER = 8
"""The flag of members whose sizes and CRC-32 follow their bytes."""


@dataclass(slots=True)
class Reading:
    """One pass over an archive: what was read up to where, and what did not agree."""

    content: Content
    new_spool: Callable[[], Spool]
    check_time: Callable[[], None]
    passwords: Passwords
    position: int = 0
    problems: list[str] = field(default_factory=list)
    locked: list[Member] = field(default_factory=list)
    borrowed: int = 0
    is_end_sure: bool = True
    """Where the last member ended is known: what follows it is no part of it."""

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
                self._pass_over(member)
                return
            reader, facts = unlocked
        except Malformed as error:
            yield from self._elsewhere(member, str(error))
            return
        self.problems += _disagreements(member, reader.local)
        spool = self.new_spool()
        is_damaged = False
        try:
            for chunk in reader.chunks():
                spool.write(chunk)
        except Malformed as error:
            is_damaged = True
            self.problems.append(f"{member.name!r}: {error}")
        is_end_unknown = is_damaged and member.packed < 0
        self.is_end_sure = not is_end_unknown
        self.position = max(reader.data_start if is_end_unknown else reader.end, member.start + 30)
        if spool.size or not (is_damaged or member.is_folder):
            yield Part(name=member.name, content=spool.close(), facts=facts)

    def _unlocked(self, member: Member, stop: int) -> tuple[MemberReader, dict[str, str]] | None:
        """A reader with the password that the whole member proves right, and what is said of it.

        Where none does, one that fitted elsewhere and passes the short check: then the member is damaged. First of all
        it is read as it is: a flag alone locks nothing.
        """
        local = read_local(self.content, member.start)
        if local is None:
            return None
        with suppress(Malformed):
            self._prove(member, stop, NoLock(member.method))
            self.problems.append(f"{member.name!r} says it is encrypted and is not")
            return MemberReader(self.content, member, stop=stop, lock=NoLock(member.method)), {}
        damaged: tuple[MemberReader, dict[str, str]] | None = None
        for password, new_lock in locks(self.content, member, local[1], self.passwords):
            try:
                self._prove(member, stop, new_lock())
            except Malformed:
                if damaged is None and self.passwords.has_fitted(password):
                    damaged = MemberReader(self.content, member, stop=stop, lock=new_lock()), password.facts
                continue
            self.passwords.keep(password)
            return MemberReader(self.content, member, stop=stop, lock=new_lock()), password.facts
        return damaged

    def _prove(self, member: Member, stop: int, lock: Lock) -> None:
        """Read a member to its end; raises Malformed when it does not come out as its checksum says."""
        if isinstance(lock, NoLock) and (member.packed < 0 or not member.crc32):
            raise Malformed("nothing proves that the member is in the clear")
        for _ in MemberReader(self.content, member, stop=stop, lock=lock).chunks():
            self.check_time()

    def _pass_over(self, member: Member) -> None:
        """Go on after a member that was not read."""
        local = read_local(self.content, member.start)
        begin = local[1] if local is not None else member.start + 30
        self.is_end_sure = local is not None and member.packed >= 0
        self.position = max(self.position, begin + max(member.packed, 0))

    def _elsewhere(self, member: Member, reason: str) -> Iterator[Part]:
        """Methods this reader lacks (PPMd, Zstandard) are asked of libarchive."""
        self._pass_over(member)
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


def _disagreements(member: Member, local: Member) -> Iterator[str]:
    """What the directory says of a member and its own header denies; sizes that follow the bytes are not compared."""
    if local.name != member.name:
        yield f"{member.name!r} is called {local.name!r} in its own header"
    others = []
    if local.method != member.method:
        others.append("method")
    if not local.flags & _SIZE_LATER and local.packed >= 0:
        told = (("packed size", "packed"), ("size", "size"), ("CRC-32", "crc32"))
        others += [words for words, name in told if getattr(local, name) != getattr(member, name)]
    if others:
        yield f"{member.name!r} has another {' and '.join(others)} in its own header"
