"""Traces of a device or a person in one text: identifiers, written or spoken, and names in fields that hold them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from forensics.deidentification.spoken import respell
from forensics.rulebook.identifier_kinds import KINDS
from forensics.rulebook.identifiers import Finding, Searched, find

PERSON, OWNER = "person", "owner"
"""Kinds of traces that identify nobody by themselves: a name in an author's field, the account a file belonged to."""
LEAST_SPOKEN = 9
"""Digits said in one go that are a number to call, whatever else is said."""
_AUTHORS = re.compile(
    r"(?:^|[.:\s_-])(author|creator|artist|owner|cameraownername|xpauthor|lastmodifiedby|last_modified_by|modifiedby|manager"
    r"|company|performer|composer|originator|engineer|translator|reviewer|transcriber|annotator|changeid|creationid"
    r"|created[_-]?by|modified[_-]?by|contact-name|contact-email|user|username|user_name|hostcomputer|byline|editor)$",
    re.IGNORECASE,
)
_PROGRAM = re.compile(
    r"(?i)lavf|lavc|ffmpeg|libre|office|adobe|python|openpyxl|tool|version|\d+\.\d+|unknown|^(none|n/a|user|root|admin|mt|tm|machine|system)$"
)
_SHORTEST_NAME = 3
_MOST_LINE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One trace. `start` counts characters of the text it was found in; `line` counts from 1; `field` names it there.

    `is_identifying`: an identifier proper. `shown` is its value with the middle hidden.
    """

    kind: str
    shown: str
    start: int
    line: int
    field: str = ""
    is_identifying: bool = True
    is_spoken: bool = False


def traces(text: str, labels: Mapping[str, Sequence[str]], *, is_said: bool = False) -> Iterator[Trace]:
    """Every trace in a text, in the order of kinds; `labels` are more words by kind, `is_said`: people speak in it."""
    plain = _ascii_digits(text)
    searched = Searched(plain)
    taken: list[tuple[int, int]] = []
    for kind in KINDS:
        for found in find(kind, searched, labels.get(kind, ())):
            if any(start < found.end and found.start < end for start, end in taken):
                continue
            taken.append((found.start, found.end))
            yield _trace(found, plain)
    if is_said:
        yield from _spoken(plain, labels)


def author_traces(text: str) -> Iterator[Trace]:
    """Names in fields that hold authors: lines of `field: value`."""
    start = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        key, _, value = line[:_MOST_LINE].partition(": ")
        name = value.strip().strip("\"'")
        if _AUTHORS.search(key.strip()) and len(name) >= _SHORTEST_NAME and not _PROGRAM.search(name):
            shown = Finding(kind=PERSON, value=name, start=start, end=start + len(name)).masked
            yield Trace(kind=PERSON, shown=shown, start=start, line=number, field=key.strip(), is_identifying=False)
        start += len(line)


def spaced(name: str) -> str:
    """A file's name as words: letters and digits apart, so that a number behind letters stands alone."""
    return re.sub(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|[_]", " ", name)


def _spoken(text: str, labels: Mapping[str, Sequence[str]]) -> Iterator[Trace]:
    respelt = respell(text)
    if respelt is None:
        return
    searched = Searched(respelt.text)
    told: set[int] = set()
    for kind in KINDS:
        for found in find(kind, searched, labels.get(kind, ())):
            before = respelt.spoken(found.start, found.end)
            if before is not None and before not in told:
                told.add(before)
                yield _trace(found, text, at=before)
    for run in respelt.runs:
        digits = sum(sign.isdigit() for sign in respelt.text[run.start : run.end])
        if run.is_one and run.before not in told and LEAST_SPOKEN <= digits <= 20:
            found = Finding(kind="phone", value=respelt.text[run.start : run.end], start=run.start, end=run.end)
            yield _trace(found, text, at=run.before)


def _trace(found: Finding, text: str, at: int | None = None) -> Trace:
    start = found.start if at is None else at
    return Trace(
        kind=found.kind,
        shown=found.masked,
        start=start,
        line=text.count("\n", 0, start) + 1,
        field=_field(text, start) or found.label,
        is_spoken=at is not None,
    )


def _field(text: str, start: int) -> str:
    """What the line that a value stands in calls it: what is before its colon, if that is a word or two."""
    begin = text.rfind("\n", 0, start) + 1
    key, sign, _ = text[begin : begin + 120].partition(":")
    return key.strip() if sign and begin + len(key) < start and re.fullmatch(r"[\w .©/-]{1,60}", key.strip()) else ""


def _ascii_digits(text: str) -> str:
    """Digits of every script as ASCII ones, each character at its place."""
    return text if text.isascii() else text.translate(_table())


@cache
def _table() -> dict[int, str]:
    wide = {0xFF0B: "+", 0xFF0D: "-", 0xFF1A: ":", 0xFF20: "@", 0xFF0E: ".", 0x2010: "-", 0x2011: "-", 0x2013: "-"}
    wide |= {0xFF21 + n: chr(0x41 + n) for n in range(26)} | {0xFF41 + n: chr(0x61 + n) for n in range(26)}
    digits = (code for code in range(0x660, 0x1FBFA) if unicodedata.category(chr(code)) == "Nd")
    return wide | {code: str(unicodedata.decimal(chr(code))) for code in digits}
