"""Reads separated text as rows: which separator, whether there is a heading, odd quoting forgiven."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forensics.formats.audio_names import is_audio_name

MAX_COLUMNS = 2000
_MOULDED = 50
SEPARATORS = ("\t", ",", ";", "|")
_LONGEST_LABEL = 60
_NUMBER = re.compile(r"-?[\d.,:]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells under column names; without a heading the columns are `column 1` and so on."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def records(self) -> list[dict[str, str]]:
        """One mapping a row; empty cells left out."""
        return [{name: cell for name, cell in zip(self.names, row, strict=False) if cell} for row in self.rows]


def read_table(text: str) -> Table | None:
    """The table a text holds, or None when it has no columns (or more than anybody writes)."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    if is_too_wide(lines):
        return None
    separator = _separator(lines)
    if not separator:
        return None
    return table_of([tuple(cell.strip() for cell in row) for row in _rows(text, separator)])


def is_too_wide(lines: Sequence[str]) -> bool:
    """Say whether a line has more separators of one kind than anybody writes columns."""
    return any(line.count(separator) > MAX_COLUMNS for line in lines for separator in SEPARATORS)


def table_of(rows: Sequence[tuple[str, ...]]) -> Table | None:
    """Rows as a table: finds out whether the first one is a heading; empty rows are dropped."""
    rows = [row for row in rows if any(row)]
    if not rows or max(map(len, rows)) > MAX_COLUMNS:
        return None
    width = max(map(len, rows))
    if _is_heading(rows):
        names = _unique([cell or f"column {at + 1}" for at, cell in enumerate(rows[0])])
        rows = rows[1:]
    else:
        names = []
    names += [f"column {at + 1}" for at in range(len(names), width)]
    return Table(names=tuple(names), rows=tuple(rows))


def _separator(lines: Sequence[str]) -> str:
    """The separator that splits most lines into the same number of cells."""
    best, choice = 0.0, ""
    for separator in SEPARATORS:
        counts = [len(row) for row in _rows("\n".join(lines), separator)]
        usual = max(set(counts), key=counts.count, default=1)
        score = counts.count(usual) / max(1, len(counts)) if usual > 1 else 0.0
        if score > best:
            best, choice = score, separator
    return choice


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    """csv with quotes; lines it cannot read are split plainly."""
    csv.field_size_limit(1 << 30)
    is_quoted = text.count('"') % 2 == 0 and separator != "|"
    reader = csv.reader(
        io.StringIO(text.replace("\0", ""), newline=""),
        delimiter=separator,
        quoting=csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE,
    )
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue


def _is_heading(rows: Sequence[tuple[str, ...]]) -> bool:
    """Short distinct labels without sentences or file names; of a single row only well-known ones would tell."""
    first = rows[0]
    if len(rows) < 2 or any(is_audio_name(cell) for cell in first):
        return False
    labels = [cell for cell in first if cell]
    are_labels = all(len(cell) <= _LONGEST_LABEL and len(cell.split()) <= 5 for cell in labels)
    are_numbers = any(_NUMBER.fullmatch(cell) for cell in labels)
    if not labels or not are_labels or are_numbers or len(set(labels)) < len(labels):
        return False
    return not any(_continues(at, rows) for at in range(len(first)))


def _continues(column: int, rows: Sequence[tuple[str, ...]]) -> bool:
    """Say whether the first cell of a column is of one mould with those below: `clip-01` above `clip-02`."""
    cells = [row[column] for row in rows[:_MOULDED] if len(row) > column and row[column]]
    moulds = [re.sub(r"\d+", "0", cell) for cell in cells]
    return len(cells) > 1 and "0" in moulds[0] and moulds.count(moulds[0]) * 2 > len(moulds)


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result
