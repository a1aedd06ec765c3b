"""Records as columns: what the values of one name are, taken together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from forensics.formats.audio_names import is_audio_name

Value = str | tuple[str, ...]
Record = Mapping[str, Value]
COMPARED_ROWS = 50
MOST_COMPARED = 16
"""Columns of text that are held against one another; nobody gives so many candidates."""
_ALIKE = 0.3
_WIDE_SCRIPT = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WORD = re.compile(r"\w+")
_CODE = re.compile(r"(?=.*\d\d)[^\W\d_][\w./:-]{3,59}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The values under one name that are not empty."""

    name: str
    values: tuple[str, ...]
    lists: tuple[tuple[str, ...], ...]

    @property
    def is_list(self) -> bool:
        """Say whether most values are lists."""
        return len(self.lists) > len(self.values)

    @property
    def is_unnamed(self) -> bool:
        """Say whether its name says nothing to us: there was no heading, or it is in another script."""
        return self.name.startswith("column ") or not self.name.isascii()

    def is_code(self, rows: int) -> bool:
        """Say whether one code such as `TR-2041` stands in every one of several rows."""
        return (
            rows > 1 and len(self.values) == rows and len(set(self.values)) == 1 and bool(_CODE.match(self.values[0]))
        )


def columns_of(records: Sequence[Record]) -> list[Column]:
    """The columns of records, in the order they first occur; a list of one recording is that recording."""
    found = []
    for name in dict.fromkeys(name for record in records for name in record):
        values = [_single(record[name]) for record in records if name in record]
        texts = tuple(value.strip() for value in values if isinstance(value, str) and value.strip())
        lists = tuple(value for value in values if isinstance(value, tuple) and value)
        if texts or lists:
            found.append(Column(name=name, values=texts, lists=lists))
    return found


def rivals(columns: Sequence[Column], records: Sequence[Record]) -> list[Column]:
    """The largest group of columns that say the same in other words, row by row; empty when no two do."""
    groups: list[list[Column]] = []
    for column in columns[:MOST_COMPARED]:
        near = [group for group in groups if any(_likeness(column, other, records) >= _ALIKE for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append([*(each for group in near for each in group), column])
    largest = max(groups, key=len, default=[])
    return sorted(largest, key=columns.index) if len(largest) > 1 else []


def is_text(values: Sequence[str]) -> bool:
    """Several words to a value, or several characters of a script without spaces."""
    if not values:
        return False
    words = [len(value.split()) + len(_WIDE_SCRIPT.findall(value)) // 2 for value in values]
    return median(words) >= 2 and sum(map(len, values)) / len(values) >= 6


def mostly(test: Callable[[str], bool], values: Sequence[str]) -> bool:
    """Say whether four fifths of the values pass."""
    return bool(values) and sum(map(test, values)) * 10 >= len(values) * 8


def _single(value: Value) -> Value:
    return value[0] if isinstance(value, tuple) and len(value) == 1 and is_audio_name(value[0]) else value


def _likeness(one: Column, other: Column, records: Sequence[Record]) -> float:
    """The mean share of the words of the shorter text that the other has too."""
    shares = []
    for record in records[:COMPARED_ROWS]:
        first, second = (_words(record.get(column.name, "")) for column in (one, other))
        if first and second:
            shares.append(len(first & second) / min(len(first), len(second)))
    return fmean(shares) if shares else 0.0


def _words(value: Value) -> frozenset[str]:
    text = (" ".join(value) if isinstance(value, tuple) else value).casefold()
    return frozenset(_WIDE_SCRIPT.findall(text)) or frozenset(_WORD.findall(text))
