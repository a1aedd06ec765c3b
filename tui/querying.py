"""How a query is written with the help of the console: what may come next, and a term that was chosen put into it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from forensics.store.terms import FIELDS
from forensics.text_safety import has_hidden
from tui.formatting import Safe, safe

MOST = 8
_WORD = re.compile(r"[^\s()]*$")
_MOMENT = re.compile(r"(?:^|(?<=\s))(?:after|before|last):\S+\s*")
_PLAIN = re.compile(r"[\w.@/-]+")

Values = Mapping[str, Sequence[str]]
"""The values of each field that the store holds, the most frequent first."""


def candidates(text: str, at: int, values: Values) -> list[Safe]:
    """What the word before the column `at` may become: fields, or values of the field it begins with."""
    word = _word(text, at)
    field, colon, begun = word.lstrip("-").partition(":")
    if not colon:
        return [Safe(f"{name}:") for name in FIELDS if field and name.startswith(field.lower())][:MOST]
    begun = begun.removeprefix('"').lower()
    known = (value for value in values.get(field.lower(), ()) if value.lower().startswith(begun))
    terms = (term(field.lower(), value) for value in known)
    return [found for found in terms if found][:MOST]


def completed(text: str, at: int, chosen: Safe) -> tuple[Safe, int]:
    """The text with the word before the column made `chosen`, and the column after it."""
    word = _word(text, at)
    minus = "-" if word.startswith("-") else ""
    end = "" if chosen.endswith(":") else " "
    before = f"{text[: at - len(word)]}{minus}{chosen}{end}"
    return Safe(before + text[at:].lstrip()), len(before)


def term(field: str, value: str) -> Safe | None:
    """The term that asks for this value, or None where no line can say it: quotes, or what is not to be seen."""
    if not value or '"' in value or has_hidden(value):
        return None
    return safe(f"{field}:{value}" if _PLAIN.fullmatch(value) else f'{field}:"{value}"')


def narrowed(query: str, wanted: Safe) -> Safe:
    """The query with one more term; one that is in it already is taken out of it again."""
    terms = query.split()
    if " " not in wanted and wanted in terms:
        return Safe(" ".join(each for each in terms if each != wanted))
    return Safe(f"{query.strip()} {wanted}".strip())


def between(query: str, since: float, until: float) -> Safe:
    """The query within these times instead of those it named; Unix seconds, whole minutes."""
    rest = _MOMENT.sub("", query).strip()
    return Safe(f"{rest} after:{_minute(since)} before:{_minute(until)}".strip())


def _word(text: str, at: int) -> str:
    found = _WORD.search(text[:at])
    return found[0] if found else ""


def _minute(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M")
