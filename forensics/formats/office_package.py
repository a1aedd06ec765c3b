"""Opens documents that are zip packages of XML: text by role, embedded media as parts of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from forensics.content import Content, Spool
from forensics.errors import Encrypted, LimitReached, Malformed
from forensics.formats.markup_text import markup_lines
from forensics.formats.passwords import Passwords
from forensics.formats.spelled_content import content_parts
from forensics.formats.text_encoding import looks_like_text
from forensics.formats.text_parts import fallback_body, limited_view
from forensics.formats.xml_events import End, Start, Text, read_events
from forensics.formats.zip_archive import zip_parts
from forensics.model import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a family of documents keeps its text.

    `roles` maps a pattern of member names to the role of its text; `texts` are the elements whose characters
    count (empty: all); `breaks` end a line, `tabs` stand for one. `ignored` members
    are no parts as long as they are text, and only what is spelled in them is given.
    """

    roles: tuple[tuple[re.Pattern[str], str], ...]
    texts: frozenset[str]
    breaks: frozenset[str]
    tabs: frozenset[str] = frozenset()
    ignored: re.Pattern[str]

    def role(self, name: str) -> str:
        """The role of a member's text; empty when it has none."""
        return next((role for pattern, role in self.roles if pattern.search(name)), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What opening may spend: spools under the budget, the clock, the limit on text in bytes; and try: passwords."""

    new_spool: Callable[[], Spool]
    check_time: Callable[[], None]
    text_bytes: int
    passwords: Passwords


def office_parts(content: Content, layout: Layout, reach: Reach) -> Iterator[Part]:
    """Yield the text of each text-bearing member as a view, and every member that is no known XML as a part."""
    problems: list[Malformed | Encrypted] = []
    members = zip_parts(content, reach.new_spool, reach.check_time, reach.passwords)
    while True:
        try:
            member = next(members)
        except StopIteration:
            break
        except (Malformed, Encrypted) as error:
            problems.append(error)
            break
        try:
            yield from _member(member, layout, reach)
        except Malformed as error:
            problems.append(Malformed(f"{member.name!r}: {error}"))
    if problems:
        raise problems[-1]


def _member(member: Part, layout: Layout, reach: Reach) -> Iterator[Part]:
    """Text as a view, with what is spelled in it; of what has no text of its own what is not the markup one expects."""
    role = layout.role(member.name)
    is_ignored = not role and layout.ignored.search(member.name) is not None
    if member.is_view or (not role and not is_ignored) or (is_ignored and not _is_text(member.content)):
        yield member
        return
    texts = [member.content.pread(reach.text_bytes, 0)]
    problem: Malformed | LimitReached | None = None
    try:
        for part in _role_view(member, layout, role, reach) if role else ():
            yield part
            texts.insert(0, part.content.bytes())
    except (Malformed, LimitReached) as error:
        problem = error
    yield from content_parts(member.name, iter(texts), reach.new_spool)
    if problem is not None:
        raise problem


def _is_text(content: Content) -> bool:
    return not content.size or looks_like_text(content.head(4096))


def _role_view(member: Part, layout: Layout, role: str, reach: Reach) -> Iterator[Part]:
    try:
        yield from limited_view(member.name, member_text(member, layout, reach.check_time), role, reach.text_bytes)
    except Malformed:
        yield from fallback_body(member.content, reach.text_bytes)
        raise


def member_text(member: Part, layout: Layout, check_time: Callable[[], None]) -> Iterator[str]:
    """The text of one member, line by line."""
    if re.search(r"\.(?:x?html?)$", member.name, re.I):
        yield from markup_lines(member.content, check_time)
        return
    if layout.role(member.name) == "metadata":
        yield from _properties(member, check_time)
        return
    inside = 0 if layout.texts else 1
    for event in read_events(member.content.chunks()):
        match event:
            case Start(name):
                check_time()
                inside += name in layout.texts
                if name in layout.tabs:
                    yield "\t"
            case Text(data):
                if inside:
                    yield data
            case End(name):
                inside -= name in layout.texts
                if name in layout.breaks:
                    yield "\n"


def _properties(member: Part, check_time: Callable[[], None]) -> Iterator[str]:
    """`element: text` a line, and the attributes that carry values."""
    text = ""
    for event in read_events(member.content.chunks()):
        match event:
            case Start(_, attributes):
                check_time()
                text = ""
                for key in ("name", "content", "value"):
                    if attributes.get(key):
                        yield f"{key}: {attributes[key]}\n"
            case Text(data):
                text += data
            case End(name):
                if text.strip():
                    yield f"{name}: {' '.join(text.split())}\n"
                text = ""


def pattern(text: str) -> re.Pattern[str]:
    """A case-blind pattern of member names."""
    return re.compile(text, re.I)
