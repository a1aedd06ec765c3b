"""YARA's regular expressions as trees of sets of bytes (https://yara.readthedocs.io/en/v4.5.0/writingrules.html)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from forensics.errors import RuleError

MOST_DEPTH = 60
_BRACES = re.compile(r"\{(\d*)(,?)(\d*)\}")
_ESCAPES = {"n": 10, "t": 9, "r": 13, "f": 12, "a": 7, "v": 11}
_ALL = (1 << 256) - 1


class Part:
    """A part of what is looked for."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Byte(Part):
    """One byte out of a set: bit n of `values` stands for the byte n."""

    values: int

    @property
    def size(self) -> int:
        """How many bytes it may be."""
        return self.values.bit_count()


@dataclass(frozen=True, slots=True)
class Series(Part):
    """Parts one after the other; none is the empty text."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Choice(Part):
    """One of several."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Repeat(Part):
    """A part `low` to `high` times; `high` None: without end."""

    part: Part
    low: int
    high: int | None


ANY = Byte(_ALL)
EMPTY = Series(())


def one(byte: int, *, is_nocase: bool = False) -> Byte:
    """One byte; a letter in both cases where case does not matter."""
    return _both_cases(1 << byte) if is_nocase else Byte(1 << byte)


def read_regex(text: str, *, is_nocase: bool, is_dot_all: bool) -> Part:
    """The tree of a regular expression, without its slashes. Raises RuleError for what is not understood."""
    reader = _Reader(text, is_nocase=is_nocase, is_dot_all=is_dot_all)
    part = reader.options(0)
    if reader.at < len(text):
        raise RuleError(f"{text[reader.at]!r} is not understood in a regular expression")
    return part


def _span(first: int, last: int) -> int:
    return (1 << last + 1) - (1 << first)


_DIGITS = _span(48, 57)
_LETTERS = _span(65, 90) | _span(97, 122)
_WORD = _DIGITS | _LETTERS | 1 << 95
_SPACE = 1 << 32 | _span(9, 13)
_CLASSES = {"d": _DIGITS, "D": _ALL & ~_DIGITS, "w": _WORD, "W": _ALL & ~_WORD, "s": _SPACE, "S": _ALL & ~_SPACE}


def _both_cases(values: int) -> Byte:
    upper, lower = values & _span(65, 90), values & _span(97, 122)
    return Byte(values | upper << 32 | lower >> 32)


class _Reader:
    """Reads a regular expression by recursive descent."""

    def __init__(self, text: str, *, is_nocase: bool, is_dot_all: bool) -> None:
        self._text = text
        self._is_nocase = is_nocase
        self._dot = ANY if is_dot_all else Byte(_ALL & ~(1 << 10))
        self.at = 0

    def options(self, depth: int) -> Part:
        """Alternatives up to a closing parenthesis or the end."""
        if depth > MOST_DEPTH:
            raise RuleError("a regular expression is nested too deeply")
        found = [self._series(depth)]
        while self._peek() == "|":
            self.at += 1
            found.append(self._series(depth))
        return found[0] if len(found) == 1 else Choice(tuple(found))

    def _series(self, depth: int) -> Part:
        parts: list[Part] = []
        while self._peek() not in ("", "|", ")"):
            part = self._repeated(self._one(depth))
            if part is not EMPTY:
                parts.append(part)
        return Series(tuple(parts)) if len(parts) != 1 else parts[0]

    def _repeated(self, part: Part) -> Part:
        low_high = self._quantifier()
        while low_high is not None:
            part = Repeat(part, *low_high) if part is not EMPTY else part
            low_high = self._quantifier()
        return part

    def _quantifier(self) -> tuple[int, int | None] | None:
        sign = self._peek()
        bounds: tuple[int, int | None]
        if sign in ("*", "+", "?") and sign:
            self.at += 1
            bounds = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        elif hit := _BRACES.match(self._text, self.at):
            self.at = hit.end()
            low = int(hit[1] or 0)
            bounds = (low, (int(hit[3]) if hit[3] else None) if hit[2] else low)
        else:
            return None
        if self._peek() == "?":
            self.at += 1
        return bounds

    def _one(self, depth: int) -> Part:
        sign = self._text[self.at]
        self.at += 1
        if sign == "(":
            if self._peek() == "?":
                raise RuleError("groups of this kind are not understood")
            part = self.options(depth + 1)
            if self._peek() != ")":
                raise RuleError("a parenthesis is not closed in a regular expression")
            self.at += 1
            return part
        if sign == "[":
            return self._class()
        if sign == ".":
            return self._dot
        if sign in ("^", "$"):
            return EMPTY
        if sign == "\\":
            values = self._escaped()
            return EMPTY if values is None else self._byte(values)
        data = sign.encode("utf-8", "replace")
        return self._byte(1 << data[0]) if len(data) == 1 else Series(tuple(one(byte) for byte in data))

    def _byte(self, values: int) -> Byte:
        return _both_cases(values) if self._is_nocase else Byte(values)

    def _escaped(self) -> int | None:
        """The bytes an escape stands for; None for the edge of a word."""
        sign = self._peek()
        self.at += 1
        if sign == "x":
            digits = self._text[self.at : self.at + 2]
            if not re.fullmatch(r"[0-9A-Fa-f]{2}", digits):
                raise RuleError("\\x without two hexadecimal digits")
            self.at += 2
            return 1 << int(digits, 16)
        if sign in ("b", "B"):
            return None
        if sign in _CLASSES:
            return _CLASSES[sign]
        if not sign:
            raise RuleError("a regular expression ends in a backslash")
        return 1 << _ESCAPES.get(sign, ord(sign) & 0xFF)

    def _class(self) -> Byte:
        is_negated = self._peek() == "^"
        self.at += is_negated
        values, first = 0, True
        while first or self._peek() != "]":
            first = False
            low = self._member()
            if self._peek() == "-" and self._text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self._member()
                values |= _span(low.bit_length() - 1, max(low.bit_length(), high.bit_length()) - 1)
            else:
                values |= low
        self.at += 1
        byte = self._byte(values)
        return Byte(_ALL & ~byte.values) if is_negated else byte

    def _member(self) -> int:
        sign = self._peek()
        if not sign:
            raise RuleError("a class is not closed in a regular expression")
        self.at += 1
        if sign != "\\":
            return sum(1 << byte for byte in set(sign.encode("utf-8", "replace")))
        if self._peek() == "b":
            self.at += 1
            return 1 << 8
        return self._escaped() or 0

    def _peek(self) -> str:
        return self._text[self.at : self.at + 1]
