"""The only door for untrusted strings: what comes out shows control and bidi characters and never acts on them.

`Safe` is text that went through this door, or that we wrote. Widgets are given `Safe`, or `Content` made of it;
nothing here reads markup, so a name like `[@click=app.quit]x[/]` is so many harmless letters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import NewType

from rich.cells import cell_len
from textual.content import Content

from forensics.text_safety import visible

Safe = NewType("Safe", str)
Piece = Safe | Content | tuple[Safe, str]
Line = tuple[Content, Content]
"""What leads a line and its text, which is wrapped beside its lead."""
EMPTY = Safe("")
ELLIPSIS = Safe("…")
LONGEST = 4096
HEADLINE = 120
"""Columns of a title that stands beside other things."""
MARKS_IN_A_ROW = 3


def safe(text: object, *, limit: int = LONGEST) -> Safe:
    """Show `text` harmlessly on one line, cut after `limit` characters; combining marks beyond three are left out."""
    whole = str(text)
    shown = "".join(_calm(visible(whole[:limit])))
    return Safe(shown + ELLIPSIS if len(whole) > limit else shown)


def headline(text: object) -> Safe:
    """A title short enough to stand beside other things."""
    return crop(safe(text, limit=HEADLINE), HEADLINE)


def width(text: Safe) -> int:
    """Columns the text takes on a terminal; wide characters take two."""
    return cell_len(text)


def fit(text: Safe, columns: int) -> Safe:
    """Cut or pad to exactly `columns`; a cut is marked by an ellipsis."""
    if columns <= 0:
        return EMPTY
    cut = crop(text, columns)
    return Safe(cut + " " * (columns - cell_len(cut)))


def crop(text: Safe, columns: int) -> Safe:
    """Cut to at most `columns`, marking a cut by an ellipsis; a wide character is never halved."""
    if cell_len(text) <= columns:
        return text
    return Safe(_head(text, columns - 1) + ELLIPSIS) if columns > 0 else EMPTY


def crop_middle(text: Safe, columns: int) -> Safe:
    """Cut out of the middle, for paths and addresses whose ends tell the most."""
    if cell_len(text) <= columns:
        return text
    if columns < 8:
        return crop(text, columns)
    tail = (columns - 1) * 2 // 3
    end = _head(Safe(text[::-1]), tail)[::-1]
    return Safe(_head(text, columns - 1 - cell_len(end)) + ELLIPSIS + end)


def content(*pieces: Piece) -> Content:
    """One styled piece of screen text; pieces are safe text, text with a style, or content."""
    return Content.assemble(*pieces)


def lines(rows: Iterable[Content]) -> Content:
    """Content of several lines."""
    return Content("\n").join(rows)


def line(*pieces: Piece, indent: int = 0) -> Line:
    """A line led by `indent` empty columns."""
    return Content(" " * indent), content(*pieces)


def hung(rows: Iterable[Line], columns: int) -> Content:
    """Wrap every line to `columns`, each beside its lead."""
    wrapped: list[Content] = []
    for lead, text in rows:
        blank = Content(" " * lead.cell_length)
        parts = text.wrap(max(2, columns - lead.cell_length)) if text else [text]
        wrapped += [(blank if number else lead) + part for number, part in enumerate(parts)]
    return lines(wrapped)


def hex_rows(data: bytes, *, offset: int = 0, limit: int = 128) -> Iterator[tuple[Safe, Safe, Safe]]:
    """Rows of sixteen bytes, aligned as in the file: offset, hexadecimal, printable ASCII; 74 columns in all."""
    end = offset + min(len(data), limit)
    for start in range(offset - offset % 16, end, 16):
        row = [data[at - offset] if offset <= at < end else None for at in range(start, start + 16)]
        cells = ["  " if byte is None else f"{byte:02x}" for byte in row]
        text = "".join(" " if byte is None else chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield Safe(f"{start:06x}"), Safe(" ".join(cells[:8]) + "  " + " ".join(cells[8:])), Safe(text)


def _head(text: str, columns: int) -> str:
    taken, used = 0, 0
    for character in text:
        used += cell_len(character)
        if used > columns:
            break
        taken += 1
    return text[:taken]


def _calm(text: str) -> Iterator[str]:
    """Drop combining marks stacked beyond what languages use, so that no name spills over its neighbours."""
    stacked = 0
    for character in text:
        stacked = stacked + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if stacked <= MARKS_IN_A_ROW:
            yield character
