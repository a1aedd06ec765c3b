"""Strings that the engine finds slowly: it looks for short runs of fixed bytes, and tries the rest where one stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.rulebook.atoms import first_part, least_bytes, runs, walk
from forensics.rulebook.checks import FileCheck, Loaded, Remark, Written, WrittenCheck
from forensics.rulebook.patterns import Pattern
from forensics.rulebook.regexes import Byte, Choice, Repeat, Series
from forensics.rulebook.rule import Rule

WANTED_BYTES = 4
"""Fixed bytes from which on a string costs nothing worth naming; YARA's atoms are so long."""
_LEAST_BYTES = 3
_LEAST_XOR_BYTES = 6
_MOST_FORMS = 300
_XOR_KEYS = 255
_WIDE_CLASS = 16


class CompilerWarning(FileCheck):
    """What YARA itself warns of."""

    code, level = "Y100", "warning"
    about = "the compiler warns, of what no other code tells"
    fix = "give the engine four fixed bytes to look for, and bounds to every repetition"

    def find(self, loaded: Loaded) -> Iterator[tuple[Remark, Rule | None]]:
        """Each warning, where the compiler says it stands."""
        starts = _line_starts(loaded.file.text)
        for warned in loaded.file.warnings:
            line = min(max(warned.line, 1), len(starts))
            start = starts[line - 1]
            before = [each for each in loaded.written if each.text.start <= start]
            if not before or not _is_told(warned.text, before[-1]):
                place = start + _indent(loaded.file.text, start)
                yield Remark(warned.text, place), before[-1].rule if before else None


class ShortAtom(WrittenCheck):
    """Next to nothing fixed to look for."""

    code, level = "S201", "warning"
    about = "fewer than three fixed bytes in a row: the rest of the string is tried at very many places"
    fix = f"give it {WANTED_BYTES} fixed bytes in a row"

    def find(self, written: Written) -> Iterator[Remark]:
        """How many there are."""
        for name, start, pattern in written.named():
            found = _fixed(pattern)
            if found < _LEAST_BYTES:
                yield Remark(f"{name} of {written.who} has {found} fixed bytes in a row", start)


class ThreeByteAtom(WrittenCheck):
    """A little less than one would wish."""

    code, level = "S202", "info"
    about = "three fixed bytes in a row, where the engine looks for four"
    fix = "a fourth fixed byte makes it cheaper"

    def find(self, written: Written) -> Iterator[Remark]:
        """Each such string."""
        for name, start, pattern in written.named():
            if _fixed(pattern) == _LEAST_BYTES:
                yield Remark(f"{name} of {written.who} has {_LEAST_BYTES} fixed bytes in a row", start)


class Unbounded(WrittenCheck):
    """A repetition without end of nearly anything."""

    code, level = "S203", "warning"
    about = "a repetition without an upper bound (`.*`, `[^x]+`, `{3,}`, `[4-]`): there is content it takes long on"
    fix = "bound it: {0,200} or [4-200]"

    def find(self, written: Written) -> Iterator[Remark]:
        """Each such string."""
        for name, start, pattern in written.named():
            if any(size > _WIDE_CLASS for size in _endless(pattern)):
                yield Remark(f"{name} of {written.who} repeats without end", start)


class UnboundedSpace(WrittenCheck):
    """A repetition without end of a few bytes."""

    code, level = "S211", "info"
    about = "a repetition without an upper bound of a small class, as `\\s+`"
    fix = "bound it: {1,8}"

    def find(self, written: Written) -> Iterator[Remark]:
        """Each such string."""
        for name, start, pattern in written.named():
            sizes = _endless(pattern)
            if sizes and max(sizes) <= _WIDE_CLASS:
                yield Remark(f"{name} of {written.who} repeats a small class without end", start)


class EmptyChoice(WrittenCheck):
    """An alternative that is empty."""

    code, level = "S204", "warning"
    about = "an alternative that may be empty, `(a|)`: mostly a slip, and nothing fixed to look for"
    fix = "write (a)? where it is meant"

    def find(self, written: Written) -> Iterator[Remark]:
        """Each such string; `(^|x)` and `(x|$)` stand at an edge and are meant so."""
        for name, start, pattern in written.named():
            parts = [part for part in walk(pattern.body) if isinstance(part, Choice)]
            if any(_is_empty(option) for part in parts for option in part.parts) and "|)" in pattern.source:
                yield Remark(f"{name} of {written.who} has an alternative that may be empty", start)


class NeedlessBegin(WrittenCheck):
    """Begins with what may be nothing."""

    code, level = "S205", "warning"
    about = "begins with a repetition that may be empty: every match is found many times over"
    fix = "leave out what it begins with"

    def find(self, written: Written) -> Iterator[Remark]:
        """Each such string; one tied to the begin of the content is found once."""
        for name, start, pattern in written.named():
            first = first_part(pattern.body)
            is_tied = pattern.source.startswith("/^")
            if isinstance(first, Repeat) and not first.low and first.high != 1 and not is_tied:
                yield Remark(f"{name} of {written.who} begins with what may be nothing", start)


class WideBegin(WrittenCheck):
    """Begins with a class of bytes."""

    code, level = "S206", "info"
    about = "a regular expression that begins with a class of many bytes, which costs a look at each place"
    fix = "leave the class out, unless what stands before has to be known"

    def find(self, written: Written) -> Iterator[Remark]:
        """Each such string."""
        for name, start, pattern in written.named():
            first = first_part(pattern.body)
            repeated = first.part if isinstance(first, Repeat) and first.low else first
            if pattern.kind == "regex" and isinstance(repeated, Byte) and repeated.size > _WIDE_CLASS:
                yield Remark(f"{name} of {written.who} begins with a class of {repeated.size} bytes", start)


class ManyForms(WrittenCheck):
    """One string that stands for very many."""

    code, level = "S207", "warning"
    about = (
        "modifiers that multiply (xor, wide, nocase, base64): hundreds of forms of one string, or a short one masked"
    )
    fix = "name the keys that are meant, xor(0x01-0x0f), one width, and a longer string"

    def find(self, written: Written) -> Iterator[Remark]:
        """How many forms there are, or how short what is masked."""
        for name, start, pattern in written.named():
            forms, size = _forms(pattern), least_bytes(pattern.body)
            if forms > _MOST_FORMS:
                yield Remark(f"{name} of {written.who} is looked for in {forms} forms", start)
            elif forms >= _XOR_KEYS and size < _LEAST_XOR_BYTES:
                yield Remark(f"{name} of {written.who} is {size} bytes under {forms} keys, which chance writes", start)


def _is_told(message: str, written: Written) -> bool:
    """Say whether another check tells what the compiler complains of."""
    named = re.search(r"\$\w*", message)
    found = [pattern for name, _, pattern in written.named() if named and name == named[0]]
    if "contains .*" in message:
        return any(size > _WIDE_CLASS for pattern in found for size in _endless(pattern))
    return "slow down" in message and any(_fixed(pattern) < _LEAST_BYTES for pattern in found)


def _fixed(pattern: Pattern) -> int:
    """Fixed bytes in a row; in UTF-16 a zero follows each."""
    return runs(pattern.body).best


def _endless(pattern: Pattern) -> list[int]:
    """Of each repetition without end, how many bytes it may be made of at each place."""
    endless = [part for part in walk(pattern.body) if isinstance(part, Repeat) and part.high is None]
    return [max((byte.size for byte in walk(part) if isinstance(byte, Byte)), default=0) for part in endless]


def _is_empty(part: object) -> bool:
    return isinstance(part, Series) and not part.parts


def _forms(pattern: Pattern) -> int:
    """How many byte sequences the engine looks for: of the first four bytes, as it takes them."""
    words = pattern.words
    widths = 2 if "wide" in words and "ascii" in words else 1
    keys = _keys(pattern.source) if "xor" in words else 1
    letters = [part for part in walk(pattern.body) if isinstance(part, Byte)][:WANTED_BYTES]
    cases = 2 ** sum(byte.size == 2 for byte in letters) if "nocase" in words else 1
    turns = 3 * len({"base64", "base64wide"} & words) or 1
    return widths * keys * cases * turns


def _keys(source: str) -> int:
    """How many keys `xor(0x01-0xff)` means."""
    inside = source.rpartition("xor")[2].strip()
    if not inside.startswith("("):
        return _XOR_KEYS + 1
    low, _, high = inside[1:].partition(")")[0].partition("-")
    try:
        return abs(int((high or low).strip(), 0) - int(low.strip(), 0)) + 1
    except ValueError:
        return _XOR_KEYS + 1


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.split("\n")[:-1]:
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _indent(text: str, start: int) -> int:
    line = text[start:].partition("\n")[0]
    return len(line) - len(line.lstrip())
