"""What of a content is its format and not what somebody said: headers, tags, keys, columns, names of members.

Values, text between tags and cells of tables are left out: a rule must not itself carry what it guards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forensics.content import Content
from forensics.errors import Malformed
from forensics.formats.zip_directory import read_directory

LEAST_BYTES, MOST_BYTES = 4, 64
_LOOKED_BYTES = 4 << 20
_MOST_OF_A_KIND = 200
_MOST_MEMBERS = 2000
_KINDS = (
    ("namespace", re.compile(rb'xmlns(?::\w+)?=("[^"\s]{6,60}")')),
    ("tag", re.compile(rb"(<[A-Za-z][\w.:-]{2,40})(?=[\s/>])")),
    ("attribute", re.compile(rb"<[A-Za-z][^<>]{0,200}?(\s[A-Za-z][\w.:-]{2,30}=[\"'])")),
    ("key", re.compile(rb'("[A-Za-z_][\w .:-]{1,40}")\s{0,4}:')),
    ("section", re.compile(rb"(?:\A|\n)(\[[A-Za-z][\w .-]{1,30}\])[ \t]*(?=\r?\n|\Z)")),
    ("key", re.compile(rb"(\n[ \t]{0,8}[A-Za-z][\w.-]{1,30}[ \t]{0,2}=)")),
    ("label", re.compile(rb"(\n[A-Za-z][\w.-]{1,30}:)(?=[ \t])")),
)
_FIRST_LINE = re.compile(rb"\A(?:\xef\xbb\xbf)?([#%!;@*</][^\r\n]{3,60})")
_CELLS = re.compile(
    rb"\A(?:\xef\xbb\xbf)?([A-Za-z_][\w ./-]{0,30}(?:[\t,;|]\"?[A-Za-z_][\w ./-]{0,30}\"?){2,})(?=\r?\n)"
)
_NAMES = re.compile(rb"(?<![\x20-\x7e])([A-Za-z][\w./+-]{4,39}(?: [\w./+-]{1,20})?)(?![\x20-\x7e])")
_PADDING = re.compile(rb"(.)\1{3,}", re.DOTALL)
_LEAST_WORD = 8
_PART = rb"(?:[A-Z]{3,}|[A-Z][a-z]{2,}|[a-z]{3,})"
_WORDS = re.compile(_PART + rb"(?:[._/+ -]?(?:" + _PART + rb"|\d+))*")
_PLAIN_KEY = re.compile(rb"[\s\"<\[]*[a-z_][\w.:-]*[\s\"=\]']*")
_PLAIN_MEMBERS = re.compile(
    rb"(?:[a-z]+/)*(?:manifest|metadata|content|contents|index|package|project|settings|config|styles?|document|info)"
    rb"\.[a-z]{2,6}|META-INF/[a-z]+\.xml|mimetype"
)
_SAID = re.compile(rb"[\x80-\xffA-Za-z0-9_]+(?:[ .,!?'@/\\:+-]{1,3}[\x80-\xffA-Za-z0-9_]+)*")
_PRIVATE_KINDS = frozenset(("name", "label", "column"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of format: its bytes, and of which kind it is. `is_first`: it stands at the very begin."""

    data: bytes
    kind: str
    is_first: bool = False


def pieces_of(data: bytes) -> list[Piece]:
    """Every piece of format that is found, each once; of text as of bytes."""
    looked = data[:_LOOKED_BYTES]
    found = _members(data) if data.startswith(b"PK") else _of_text(looked) if is_text(data) else _names(looked)
    return list(dict.fromkeys(piece for piece in found if LEAST_BYTES <= len(piece.data) <= MOST_BYTES))


def is_text(data: bytes) -> bool:
    """Say whether content reads as text of one byte or UTF-8 characters."""
    head = data[: 1 << 16]
    return b"\0" not in head and sum(byte < 32 and byte not in (9, 10, 13) for byte in head) == 0


def is_word(name: bytes) -> bool:
    """Say whether a name found among bytes is one that chance hardly writes: words and numbers, of some length."""
    return len(name) >= _LEAST_WORD and _WORDS.fullmatch(name) is not None


def is_harmless(piece: Piece) -> bool:
    """Say whether a piece tells nothing of people, as far as that can be told of one content alone: plain keys, tags
    and headers do, a speaker's name as label, a column or the name of a file may not."""
    if piece.kind in _PRIVATE_KINDS:
        return False
    if piece.kind == "member":
        return _PLAIN_MEMBERS.fullmatch(piece.data) is not None
    if piece.kind == "header":
        return b" " not in piece.data.strip()
    return piece.kind == "namespace" or _PLAIN_KEY.fullmatch(piece.data) is not None or piece.kind == "tag"


def blanked(data: bytes, kept: Iterable[Piece]) -> bytes:
    """Text with its format left and what it says taken out: words become `x`, numbers `0`."""
    wanted = sorted({piece.data for piece in kept}, key=len, reverse=True)
    split = re.compile(b"(" + b"|".join(re.escape(each) for each in wanted) + b")") if wanted else None
    parts = split.split(data) if split else [data]
    return b"".join(part if number % 2 else _SAID.sub(_blank, part) for number, part in enumerate(parts))


def _blank(hit: re.Match[bytes]) -> bytes:
    return b"0" if hit[0].isdigit() else b"x"


def _of_text(data: bytes) -> Iterator[Piece]:
    if hit := _FIRST_LINE.match(data):
        words = hit[1].split(b" ")
        for count in sorted({1, min(2, len(words)), len(words)} if not hit[1].startswith(b"<") else {1}):
            yield Piece(b" ".join(words[:count]).rstrip(), "header", is_first=hit.start(1) == 0)
    if hit := _CELLS.match(data):
        yield Piece(hit[1][:MOST_BYTES], "column", is_first=hit.start(1) == 0)
    for kind, pattern in _KINDS:
        seen: dict[bytes, None] = {}
        for hit in pattern.finditer(data):
            seen[hit[1]] = None
            if len(seen) >= _MOST_OF_A_KIND:
                break
        yield from (Piece(each, kind) for each in seen)


def _names(data: bytes) -> Iterator[Piece]:
    """Words in bytes that are no text: names of tools, chunks and fields, as far as they look like that."""
    seen: dict[bytes, None] = {}
    for hit in _NAMES.finditer(data):
        seen[_PADDING.split(hit[1])[0]] = None
        if len(seen) >= _MOST_OF_A_KIND:
            break
    yield from (Piece(each, "name") for each in seen)


def _members(data: bytes) -> Iterator[Piece]:
    """The names in an archive's directory, whole and without their folders."""
    try:
        members = read_directory(Content.of(data)).members[:_MOST_MEMBERS]
    except Malformed:
        return
    for member in members:
        raw = member.name.encode("utf-8", "replace")
        yield Piece(raw, "member")
        if "/" in member.name.strip("/"):
            yield Piece(raw.rpartition(b"/")[2], "member")
