"""Reads the cells of an Excel workbook as rows of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from forensics.content import Content
from forensics.errors import LimitReached
from forensics.formats.table_rows import MAX_COLUMNS
from forensics.formats.xml_events import End, Start, Text, read_events

_HEADINGS = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")
_COLUMN = re.compile(r"([A-Z]{1,3})\d+")


@dataclass(slots=True)
class Workbook:
    """Sheets as rows of cells. Text beyond the limit raises LimitReached."""

    limit_bytes: int
    sheets: list[list[tuple[str, ...]]] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    """Headers and footers of the printed pages."""
    _strings: list[str] = field(default_factory=list)
    _size: int = 0

    def read(self, members: dict[str, Content], check_time: Callable[[], None]) -> None:
        """Read the shared strings, then every sheet; raises Malformed where the XML breaks."""
        shared = members.get("xl/sharedStrings.xml")
        if shared is not None and not self._strings:
            for text in _shared(shared):
                self._count(text)
                self._strings.append(text)
        for name in sorted(members):
            if name != "xl/sharedStrings.xml":
                rows: list[tuple[str, ...]] = []
                self.sheets.append(rows)
                self._sheet(members[name], rows, check_time)

    def _count(self, text: str) -> None:
        self._size += len(text) + 8
        if self._size > self.limit_bytes:
            raise LimitReached(f"more than {self.limit_bytes >> 20} MiB of cells")

    def _sheet(self, content: Content, rows: list[tuple[str, ...]], check_time: Callable[[], None]) -> None:
        row: dict[int, str] = {}
        column, kind, text, is_value = 0, "", "", False
        for event in read_events(content.chunks()):
            match event:
                case Start("row"):
                    check_time()
                    row, column = {}, 0
                case Start("c", attributes):
                    column = _column(attributes.get("r", ""), column + 1)
                    kind, text = attributes.get("t", ""), ""
                case Start("v" | "t"):
                    is_value = True
                case Start(name) if name in _HEADINGS:
                    is_value, text = True, ""
                case End(name) if name in _HEADINGS:
                    is_value = False
                    self._count(text)
                    self.headings.append(text)
                case Text(data) if is_value:
                    text += data
                case End("v" | "t"):
                    is_value = False
                case End("c"):
                    value = self._value(kind, text)
                    self._count(value)
                    if value and column <= MAX_COLUMNS:
                        row[column] = value
                case End("row"):
                    if row:
                        rows.append(tuple(row.get(at, "") for at in range(1, max(row) + 1)))

    def _value(self, kind: str, text: str) -> str:
        if kind == "s" and text.strip().isdigit():
            index = int(text) if len(text) < 10 else -1
            return self._strings[index] if 0 <= index < len(self._strings) else ""
        return " ".join(text.split())


def _shared(content: Content) -> Iterator[str]:
    text, is_inside = "", False
    for event in read_events(content.chunks()):
        match event:
            case Start("si"):
                text = ""
            case Start("t"):
                is_inside = True
            case Text(data) if is_inside:
                text += data
            case End("t"):
                is_inside = False
            case End("si"):
                yield " ".join(text.split())


def _column(reference: str, following: int) -> int:
    """`AB12` is column 28; cells without reference follow each other."""
    match = _COLUMN.fullmatch(reference)
    if not match:
        return following
    number = 0
    for letter in match[1]:
        number = number * 26 + ord(letter) - 64
    return number
