"""Turns the entries of an archive into parts; links become notes, locked entries facts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from forensics.content import Content, Spool
from forensics.errors import Encrypted, Malformed
from forensics.formats.archive_entries import Entry, is_locked
from forensics.model import Part

LISTED_MEMBERS = 2000


@dataclass(slots=True)
class _Pass:
    new_spool: Callable[[], Spool]
    check_time: Callable[[], None]
    problems: list[str] = field(default_factory=list)
    locked: list[Entry] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def parts(self, entries: Iterator[Entry]) -> Iterator[Part]:
        """The files; a damaged one is yielded as far as it goes."""
        for entry in entries:
            self.check_time()
            if entry.link:
                self.links.append(f"{entry.name} -> {entry.link}")
            elif entry.is_encrypted:
                self.locked.append(entry)
            elif entry.is_file:
                yield from self._part(entry)

    def _part(self, entry: Entry) -> Iterator[Part]:
        spool = self.new_spool()
        try:
            for chunk in entry.checked():
                spool.write(chunk)
        except Malformed as error:
            self.problems.append(f"{entry.name!r}: {error}")
            if not spool.size:
                return
        yield Part(name=entry.name, content=spool.close(), facts=entry.facts)

    def facts(self) -> dict[str, str]:
        """What is said of the archive as a whole."""
        if not self.locked:
            return {}
        listed = [
            {"name": entry.name, "size": entry.size} | ({"crc32": f"{entry.crc32:08x}"} if entry.crc32 else {})
            for entry in self.locked[:LISTED_MEMBERS]
        ]
        return {
            "encrypted.members": json.dumps(listed, ensure_ascii=False, separators=(",", ":")),
            "encrypted.count": str(len(self.locked)),
        }


def archive_parts(
    entries: Iterator[Entry],
    new_spool: Callable[[], Spool],
    check_time: Callable[[], None],
    *,
    refusal: str = "",
    problem: str = "",
) -> Iterator[Part]:
    """Yield every file of an archive as a part.

    `refusal` says why no password opened what is locked, `problem` what is known to lack before anything is read.
    Raises Encrypted when entries (or the archive's list) are locked, Malformed when bytes lie; both at the end.
    """
    reading = _Pass(new_spool=new_spool, check_time=check_time, problems=[problem] if problem else [])
    is_list_locked = False
    try:
        yield from reading.parts(entries)
    except Malformed as error:
        is_list_locked = is_locked(error)
        reading.problems.append(str(error))
    if reading.links:
        links = "\n".join(reading.links[:10_000])
        yield _note(links, {})
    if facts := reading.facts():
        yield _note("", facts)
    notes = "; ".join(reading.problems[:20])
    if reading.locked or is_list_locked:
        count = str(len(reading.locked)) if reading.locked else "an unknown number of"
        raise Encrypted("; ".join(filter(None, [f"{count} encrypted members", refusal, notes])))
    if reading.problems:
        raise Malformed(notes)


def _note(text: str, facts: dict[str, str]) -> Part:
    content = Content.of(text.encode("utf-8", "replace"))
    return Part(name="links", content=content, media_type="text/plain", is_view=True, role="metadata", facts=facts)
