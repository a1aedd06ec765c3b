"""Tables as CSV (RFC 4180) that no spreadsheet takes for formulas.

A spreadsheet runs a cell that begins with = + - or @, some also after spaces, quotes or a tab, and so whoever names a
file can have the responder's machine do something. A text cell that is so, or that begins with a tab or a line end
(after quotes too), gets an apostrophe in front: `'=1+1`. `original` takes it off again, only there. Characters that a
terminal would obey or hide are spelled out as everywhere (`forensics.text_safety`); JSON lines have every text as seen.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from forensics.text_safety import visible

Cell = str | int | float | bool | None
GUARD = "'"
_DANGEROUS = re.compile(r"""["'\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|["'\ufeff]*[\t\r\n]""")
"""Also the full-width forms, which some spreadsheets read as the plain ones."""


def guarded(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet might run it."""
    return GUARD + text if _DANGEROUS.match(text) else text


def original(cell: str) -> str:
    """What `guarded` was given."""
    rest = cell.removeprefix(GUARD)
    return rest if rest != cell and _DANGEROUS.match(rest) else cell


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """A table, line by line with CRLF at the end: the names of the columns, then the rows."""
    line = io.StringIO()
    writer = csv.writer(line)
    for row in chain((columns,), rows):
        writer.writerow([_cell(value) for value in row])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _cell(value: Cell) -> Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return guarded(visible(value)) if isinstance(value, str) else value
