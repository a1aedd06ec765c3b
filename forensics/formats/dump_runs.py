"""Finds dumps with an offset before each line and perhaps characters behind it: xxd, hexdump, od and their like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from forensics.formats.signatures import identify
from forensics.formats.spelled_run import HEAD_BYTES, Run

_OFFSET = rb"[ \t>|]{0,16}+(?:0x)?+(?:[0-9A-Fa-f]{4}:(?=[0-9A-Fa-f]{4}))?+([0-9A-Fa-f]{4,16}+)h?+:?+"
_GROUPS = rb"(?>[ \t|-]{1,4}+[0-9A-Fa-f]{2,16}+)++"
_STAR = rb"(?>[ \t>|]*+\*[ \t]*+\r?+\n)?+"
_LENGTH = rb"(?>[ \t>|]*+[0-9A-Fa-f]{4,16}+[ \t]*+\r?+(?:\n|\Z))?+"
"""The offset of the end, on a line of its own."""
_LINE = rb"(?>" + _OFFSET + _GROUPS + rb"[^\n]{0,160}+(?:\n|\Z)" + _STAR + rb")"
_DUMP = re.compile(rb"^" + _LINE + rb"{8,}+" + _LENGTH, re.MULTILINE)
_ONE_LINE = re.compile(_LINE)
_LOOK_BYTES = 2048
"""A line is looked at in so many bytes, and all of them when it is one of a dump."""
_BACK_BYTES = 64 << 10
_ROW = re.compile(_OFFSET)
_TOKEN = re.compile(rb"[0-9A-Fa-f]+")
_TRIED_LINES = 6
_LONGEST_LINE_BYTES = 1 << 14
_MOST_REPEATED_BYTES = 16 << 20
"""A star stands for lines like the one before, as many as the offsets say."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a dump is written: `base` of the offsets, bytes a line and a group, the column where groups end."""

    base: int
    line_bytes: int
    group_bytes: int
    is_octal: bool
    columns: int


def find_dumps(text: bytes, start: int, stop: int) -> Iterator[Run]:
    """Yield the dumps that begin between `start` and `stop`."""
    at = 0
    for place in range(start, stop, _LOOK_BYTES):
        if place < at or not _is_line(text, place):
            continue
        first = place
        while first > max(at, place - _BACK_BYTES) and _is_line(text, first):
            first = max(0, first - _LOOK_BYTES)
        first = max(at, text.rfind(b"\n", 0, first) + 1)
        if (found := _DUMP.search(text, first, place + _LOOK_BYTES)) and (match := _DUMP.match(text, found.start())):
            yield _run(match)
            at = match.end()


def _is_line(text: bytes, place: int) -> bool:
    """Say whether the line around this place may be one of a dump."""
    begin = text.rfind(b"\n", max(0, place - _LONGEST_LINE_BYTES), place)
    return (begin >= 0 or place <= _LONGEST_LINE_BYTES) and _ONE_LINE.match(text, begin + 1) is not None


def _run(match: re.Match[bytes]) -> Run:
    nothing = Run(start=match.start(), end=match.end())
    lines = match[0].splitlines()
    layout = _layout(lines)
    if layout is None:
        return nothing
    head = lines[: HEAD_BYTES // layout.line_bytes + 2]
    for is_swapped in (False, True):
        if kind := identify(_read(head, layout, HEAD_BYTES, is_swapped=is_swapped)[:HEAD_BYTES]):
            data = _read(lines, layout, _MOST_REPEATED_BYTES, is_swapped=is_swapped)
            return Run(start=match.start(), end=match.end(), scheme="dump", extension=kind.extension, data=data)
    return nothing


def _layout(lines: list[bytes]) -> _Layout | None:
    """From the first lines whose offsets grow evenly, in one of three bases."""
    rows = [row for line in lines[:_TRIED_LINES] if (row := _ROW.match(line))]
    for base in (16, 8, 10):
        try:
            offsets = [int(row[1], base) for row in rows]
        except ValueError:
            continue
        if len(rows) < 3 or (width := offsets[1] - offsets[0]) <= 0 or offsets[2] - offsets[1] != width:
            continue
        if layout := _groups(rows[0].string[rows[0].end() :], base, width):
            return layout
    return None


def _groups(groups: bytes, base: int, width: int) -> _Layout | None:
    """How the groups of a full line make up its bytes."""
    tokens = list(_TOKEN.finditer(groups))
    if not tokens:
        return None
    digits = len(tokens[0][0])
    is_octal = digits in (3, 6, 11)
    group_bytes = {3: 1, 6: 2, 11: 4}.get(digits, digits // 2)
    count = -(-width // group_bytes)
    if count > len(tokens) or any(len(token[0]) != digits for token in tokens[: width // group_bytes]):
        return None
    return _Layout(base, width, group_bytes, is_octal, tokens[count - 1].end())


def _read(lines: list[bytes], layout: _Layout, left: int, *, is_swapped: bool) -> bytes:
    """The bytes of all lines that follow on one another, `left` of them at most for stars."""
    pieces: list[bytes] = []
    previous = b""
    first = due = end = -1
    for line in lines:
        row = _ROW.match(line)
        if row is None:  # a star
            continue
        try:
            offset = int(row[1], layout.base)
            current = _bytes_of(_TOKEN.findall(line[row.end() : row.end() + layout.columns]), layout)
        except ValueError:
            break
        if not current:
            end = offset - first
            break
        first = offset if first < 0 else first
        if 0 <= due < offset and pieces and offset - due <= left:
            left -= offset - due
            pieces.append(previous * ((offset - due) // layout.line_bytes))
        elif due not in (-1, offset):
            break
        pieces.append(current)
        previous, due = current, offset + layout.line_bytes
    data = b"".join(pieces)
    data = _swapped(data, layout) if is_swapped else data
    return data if end < 0 else data[:end]


def _bytes_of(tokens: list[bytes], layout: _Layout) -> bytes:
    if not layout.is_octal:
        return bytes.fromhex(b"".join(tokens).decode("ascii"))
    return b"".join((int(token, 8) % 256**layout.group_bytes).to_bytes(layout.group_bytes, "big") for token in tokens)


def _swapped(data: bytes, layout: _Layout) -> bytes:
    """The bytes when each group is a number of a little-endian machine."""
    if layout.group_bytes not in (2, 4, 8):
        return b""
    even = len(data) // layout.group_bytes * layout.group_bytes
    return np.frombuffer(data[:even], f">u{layout.group_bytes}").byteswap().tobytes() + data[even:][::-1]
