"""Evidence as JSON for people: an object's fields one below the other, what is short on one line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from textual.content import Content

from tui import wording
from tui.formatting import Line, Safe, content, line, safe

MOST_LINES = 3000
MOST_CHARACTERS = 2000
"""Of one value, or of a list of numbers on one line."""
SHORT = 72
INDENT = 2


def raw(value: Mapping[str, object], command: Safe) -> list[Line]:
    """The lines of a JSON object; where there are too many, what prints them all is named (`command`)."""
    rows = list(_value(value, "", 0))
    cut = [line((Safe(f"and {wording.amount(len(rows) - MOST_LINES, 'more line')}: {command}"), "$warning"))]
    return rows[:MOST_LINES] + (cut if len(rows) > MOST_LINES else [])


def _value(value: object, key: str, depth: int, comma: str = "") -> Iterator[Line]:
    """A value behind its key; containers that are not short are opened."""
    whole = json.dumps(value)
    is_plain = not isinstance(value, dict | list) or not any(isinstance(each, dict | list) for each in _members(value))
    is_listed = isinstance(value, list) and is_plain and bool(value) and not isinstance(value[0], str)
    if not isinstance(value, dict | list) or not value or is_listed or len(whole) <= SHORT:
        yield _line(key, Safe(safe(whole, limit=MOST_CHARACTERS) + comma), depth)
        return
    begin, end = "{}" if isinstance(value, dict) else "[]"
    yield _line(key, Safe(begin), depth)
    pairs = list(value.items() if isinstance(value, dict) else (("", each) for each in value))
    for number, (name, each) in enumerate(pairs, 1):
        yield from _value(each, name, depth + 1, "," if number < len(pairs) else "")
    yield _line("", Safe(end + comma), depth)


def _members(value: dict[str, object] | list[object]) -> Sequence[object]:
    return list(value.values()) if isinstance(value, dict) else value


def _line(key: str, text: Safe, depth: int) -> Line:
    name = (Safe(f"{safe(json.dumps(key))}: "), "$accent") if key else (Safe(""), "")
    return Content(" " * INDENT * depth), content(name, text)
