"""Evidence as JSON for people: an object's fields one below the other, what is short on one line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice

from textual.content import Content

from tui.formatting import Line, Safe, content, line, safe

MOST_LINES = 2000
MOST_CHARACTERS = 2000
"""Of one value."""
SHORT = 72
FEW, CODE, MOST_MEMBERS = 8, 20, 60
"""Members of a container that may be short, characters of a code, and codes or numbers of a list that are shown."""
INDENT = 2


def raw(value: Mapping[str, object], command: Safe) -> list[Line]:
    """The lines of a JSON object. Long lists of numbers are cut, and what prints all of it is named (`command`)."""
    rows = list(islice(_value(value, None, 0), MOST_LINES + 1))
    cut = [line((Safe("and more"), "$warning"))] if len(rows) > MOST_LINES else []
    return [line((Safe(f"whole: {command}"), "$quiet")), *rows[:MOST_LINES], *cut]


def _value(value: object, key: str | None, depth: int, comma: str = "") -> Iterator[Line]:
    """A value behind its key; containers that are not short are opened."""
    plain = _plain(value)
    if plain is not None:
        yield _line(key, Safe(safe(plain, limit=MOST_CHARACTERS) + comma), depth)
        return
    assert isinstance(value, dict | list)
    begin, end = "{}" if isinstance(value, dict) else "[]"
    yield _line(key, Safe(begin), depth)
    pairs = list(value.items() if isinstance(value, dict) else ((None, each) for each in value))
    for number, (name, each) in enumerate(pairs, 1):
        yield from _value(each, name, depth + 1, "," if number < len(pairs) else "")
    yield _line(None, Safe(end + comma), depth)


def _plain(value: object) -> str | None:
    """What stands on one line: a value, a list of numbers or codes, a container that is short; None for others."""
    if not isinstance(value, dict | list) or not value:
        return json.dumps(value)
    members = list(value.values()) if isinstance(value, dict) else value
    if any(isinstance(each, dict | list) for each in members):
        whole = json.dumps(value) if len(members) <= FEW and not any(_is_long(each) for each in members) else ""
        return whole if whole and len(whole) <= SHORT else None
    if isinstance(value, list) and all(isinstance(each, int | float) or len(str(each)) <= CODE for each in value[:FEW]):
        shown = json.dumps(value[:MOST_MEMBERS])
        return shown if len(value) <= MOST_MEMBERS else f"{shown[:-1]}, … {len(value):,} in all]"
    whole = json.dumps(value) if len(members) <= FEW else ""
    return whole if whole and len(whole) <= SHORT else None


def _is_long(value: object) -> bool:
    return isinstance(value, dict | list | str) and len(value) > SHORT


def _line(key: str | None, text: Safe, depth: int) -> Line:
    name = (Safe(f"{safe(json.dumps(key))}: "), "$accent") if key is not None else (Safe(""), "")
    return Content(" " * INDENT * depth), content(name, text)
