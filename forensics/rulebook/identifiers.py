"""Finds numbers that name a device or a subscriber in text: IMEI, MAC, serial numbers, advertising ids and the like.

Pure. A value counts when it keeps its own checksum or shape *and* either stands behind a label ("imei": ...,
<serialNumber>..., a table column headed so) or is so shaped that chance is unlikely.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from forensics.rulebook.identifier_kinds import KINDS, Kind

MAX_FINDINGS = 200
_FLAGS = re.IGNORECASE | re.ASCII
# what may stand between a label and its value: "imei": "..", imei=.., <imei>.., name="imei" value="..", IMEI (1) ..
_SUFFIX = r"(?:[ _.-]?(?:number|num|no|nr|id|code|address|addr|[12]))?\.?"
_BETWEEN = (
    r"[\"'\s:=>#|,;()\[\]\\]{1,12}(?:(?:value|val|content)[\"'\s:=>\\]{1,8})?"
    r"(?:(?:is|ist|lautet|est|es|é)\s{1,3}(?:the |die |le |la |el |o |a )?)?"
)
_TYPICAL_SHARE = 0.6
_LEAST_STRETCH = 15
"""Characters of the shortest value that counts without a label: an IMEI."""
_LONGEST_NAME, _LONGEST_VALUE = 64, 300
"""Characters before and behind the sign of a value."""
_IS_IN_STRETCH = bytes(byte in b"0123456789abcdefABCDEF:. -" for byte in range(256))
_RUN = b"\1" * _LEAST_STRETCH
_DIGIT = re.compile(r"[0-9A-Fa-f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One identifier. `start` and `end` count characters; `label` is the word it stood behind, or empty."""

    kind: str
    value: str
    start: int
    end: int
    label: str = ""

    @property
    def masked(self) -> str:
        """The value with its middle hidden, so that evidence does not repeat what it reports."""
        keep = max(2, min(6, len(self.value) // 3))
        return self.value[:keep] + "*" * (len(self.value) - 2 * keep) + self.value[-keep:]


class Searched:
    """A text that several kinds are looked for in, with what all of them need of it."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def lowered(self) -> str:
        """The text in lower case, each character at its place: a few letters change length, then it stays as it is."""
        lowered = self.text.lower()
        return lowered if len(lowered) == len(self.text) else self.text

    @cached_property
    def stretches(self) -> Sequence[tuple[int, int]]:
        """Where any of the shapes can be: a hexadecimal digit, then at least 14 more, points, colons, dashes, spaces.

        Looking for one run of marks is much faster than for characters of a set.
        """
        marks = self.text.encode("latin-1", "replace").translate(_IS_IN_STRETCH)
        found, at = [], 0
        while (begin := marks.find(_RUN, at)) >= 0:
            end = marks.find(b"\0", begin)
            at = len(marks) if end < 0 else end
            digit = _DIGIT.search(self.text, begin, at)
            if digit and at - digit.start() >= _LEAST_STRETCH:
                found.append((digit.start(), at))
        return found


def find(kind: str, text: str | Searched, labels: Sequence[str] = ()) -> list[Finding]:
    """The identifiers of one kind in a text, in order, at most MAX_FINDINGS; `labels` are more words to look behind.

    Never raises, whatever the text.
    """
    spec = KINDS[kind]
    text = text if isinstance(text, Searched) else Searched(text)
    found: dict[int, Finding] = {}
    for each in _gather(kind, spec, text, (*spec.labels, *labels)):
        found.setdefault(each.start, each)
        if len(found) >= MAX_FINDINGS:
            break
    return [found[start] for start in sorted(found)]


def _gather(kind: str, spec: Kind, text: Searched, labels: Sequence[str]) -> Iterator[Finding]:
    yield from _labelled(kind, spec, text, labels)
    yield from _columns(kind, spec, text.text, labels)
    if spec.is_bare is not None:
        yield from _bare(kind, spec, text, spec.is_bare)


def _labelled(kind: str, spec: Kind, searched: Searched, labels: Sequence[str]) -> Iterator[Finding]:
    text = searched.text
    for label in labels:
        words = [word for word in re.split(r"[ _-]+", label.lower()) if word]
        if not words:
            continue
        behind = re.compile(
            r"[ _.-]?".join(map(re.escape, words)) + _SUFFIX + _BETWEEN + rf"({spec.value})(?![\w]|[-.:]\w)", _FLAGS
        )
        for start in _positions(searched.lowered, words[0]):
            is_inside_word = start > 0 and text[start - 1].isalnum()
            if is_inside_word and len(label) <= 3 and not _is_camel(text, start):
                continue
            hit = behind.match(text, start)
            if hit and spec.is_real(hit[1]):
                yield Finding(kind=kind, value=hit[1], start=hit.start(1), end=hit.end(1), label=label)


def _positions(text: str, word: str) -> Iterator[int]:
    start = text.find(word)
    while start >= 0:
        yield start
        start = text.find(word, start + 1)


def _is_camel(text: str, start: int) -> bool:
    return text[start].isupper() and text[start - 1].islower()


def _columns(kind: str, spec: Kind, text: str, labels: Sequence[str]) -> Iterator[Finding]:
    """Values in a column of a delimited table whose heading is a label."""
    heading, _, _ = text[:4096].partition("\n")
    delimiter = max("\t,;|", key=heading.count)
    cells = [_plain(cell) for cell in heading.split(delimiter)]
    plain_labels = {_plain(label) for label in labels}
    wanted = [n for n, cell in enumerate(cells) if any(_heads(cell, label) for label in plain_labels)]
    if len(cells) < 2 or not wanted:
        return
    value = re.compile(spec.value, _FLAGS)
    start = len(heading) + 1
    for line in text[start:].splitlines(keepends=True):
        row = line.rstrip("\r\n").split(delimiter)
        for column in wanted if len(row) == len(cells) else ():
            cell = row[column].strip(" \"'")
            if value.fullmatch(cell) and spec.is_real(cell):
                at = start + line.index(cell, sum(len(each) + 1 for each in row[:column]))
                yield Finding(kind=kind, value=cell, start=at, end=at + len(cell), label=cells[column])
        start += len(line)


def _plain(cell: str) -> str:
    return re.sub(r"[^a-z0-9]", "", cell.lower())


def _heads(cell: str, label: str) -> bool:
    return cell == label or (
        len(label) > 3 and re.fullmatch(rf"\w*{label}(number|num|no|nr|id|address)?", cell) is not None
    )


def _signed(kind: str, spec: Kind, text: str, is_bare: Callable[[str], bool]) -> Iterator[Finding]:
    """Values told by their sign; looked for around it alone, and each place is looked at once."""
    shape = re.compile(rf"(?<![\w])(?:{spec.value})(?![\w])", _FLAGS)
    last, seen = 0, 0
    for sign in re.finditer(spec.sign, text):
        if sign.start() < last:
            continue
        seen += 1
        if seen > 50 * MAX_FINDINGS:
            return
        begin = max(last, sign.start() - _LONGEST_NAME)
        for hit in shape.finditer(text, begin, min(len(text), sign.end() + _LONGEST_VALUE)):
            if hit.end() > sign.start() and is_bare(hit[0]):
                yield Finding(kind=kind, value=hit[0], start=hit.start(), end=hit.end())
                last = hit.end()
                break
            if hit.start() > sign.start():
                break


def _bare(kind: str, spec: Kind, searched: Searched, is_bare: Callable[[str], bool]) -> Iterator[Finding]:
    """Values without a label, unless most values of that shape fail the checksum: then they are something else."""
    if spec.sign:
        yield from _signed(kind, spec, searched.text, is_bare)
        return
    shape = re.compile(rf"(?<![\w.:-])(?:{spec.value})(?![\w]|[.:-]\w)", _FLAGS)
    seen, found, last = 0, [], 0
    for start, end in searched.stretches:
        at = max(last, start)
        while seen < 50 * MAX_FINDINGS and (hit := shape.search(searched.text, at, end + 2)):
            seen += 1
            at = last = hit.end()
            if is_bare(hit[0]):
                found.append(Finding(kind=kind, value=hit[0], start=hit.start(), end=hit.end()))
    if not spec.is_checked or len(found) >= _TYPICAL_SHARE * seen:
        yield from found
