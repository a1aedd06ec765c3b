"""A YARA string taken apart: text, hexadecimal bytes or a regular expression as one tree of sets of bytes.

Only as far as it can be said what the engine has to look for; what is not understood is a RuleError. Written after the
grammar of YARA 4.5 (https://yara.readthedocs.io/en/v4.5.0/writingrules.html).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from forensics.errors import RuleError
from forensics.rulebook.regexes import ANY, MOST_DEPTH, Byte, Choice, Part, Repeat, Series, one, read_regex

_TEXT = re.compile(r'"((?:\\.|[^"\\\n])*)"(.*)', re.DOTALL)
_REGEX = re.compile(r"/((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+)/([a-z]*)(.*)", re.DOTALL)
_HEX = re.compile(r"\{(.*)\}([^}]*)", re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_UNIT = re.compile(r"\\x[0-9A-Fa-f]{2}|\\.|.", re.DOTALL)
_ESCAPES = {"n": 10, "t": 9, "r": 13, '"': 34, "\\": 92}
_HEX_TOKEN = re.compile(r"\s*(~?[0-9A-Fa-f?]{2}|[()|]|\[\s*(\d*)\s*(-?)\s*(\d*)\s*\])\s*")
_NIBBLES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One string of a rule. `kind`: text, hex or regex. `words` are its modifiers, `xor(0x01-0xff)` as `xor`."""

    kind: str
    body: Part
    words: frozenset[str]
    source: str

    @property
    def literal(self) -> bytes | None:
        """Its bytes where it is one fixed text, looked for as it stands."""
        parts = self.body.parts if isinstance(self.body, Series) else (self.body,)
        if self.words - {"ascii", "fullword", "private"} or not all(isinstance(p, Byte) and p.size == 1 for p in parts):
            return None
        return bytes(p.values.bit_length() - 1 for p in parts if isinstance(p, Byte))


def read_pattern(definition: str) -> Pattern:
    """Take apart the definition of a string, what stands after the `=`. Raises RuleError for what is not understood."""
    text = definition.strip()
    if hit := _TEXT.fullmatch(text):
        words = _words(hit[2])
        return Pattern(kind="text", body=_literal(hit[1], is_nocase="nocase" in words), words=words, source=text)
    if hit := _REGEX.fullmatch(text):
        words = _words(hit[3])
        body = read_regex(hit[1], is_nocase="i" in hit[2] or "nocase" in words, is_dot_all="s" in hit[2])
        return Pattern(kind="regex", body=body, words=words, source=text)
    if hit := _HEX.fullmatch(text):
        return Pattern(kind="hex", body=_hex(_COMMENT.sub(" ", hit[1])), words=_words(hit[2]), source=text)
    raise RuleError(f"{definition[:40]!r} is no string")


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z][a-z0-9]*", re.sub(r"\([^)]*\)", " ", _COMMENT.sub(" ", text))))


def _literal(text: str, *, is_nocase: bool) -> Part:
    data = bytearray()
    for unit in _UNIT.findall(text):
        if unit.startswith("\\x"):
            if len(unit) < 4:
                raise RuleError(f"{unit!r} lacks its hexadecimal digits")
            data.append(int(unit[2:], 16))
        elif unit.startswith("\\"):
            data.append(_ESCAPES.get(unit[1], ord(unit[1]) & 0xFF))
        else:
            data += unit.encode("utf-8", "replace")
    return Series(tuple(one(byte, is_nocase=is_nocase) for byte in data))


def _hex(text: str) -> Part:
    tokens: list[re.Match[str]] = []
    at = 0
    while at < len(text):
        hit = _HEX_TOKEN.match(text, at)
        if hit is None:
            if not text[at:].strip():
                break
            raise RuleError(f"{text[at : at + 10]!r} is not understood among hexadecimal bytes")
        tokens.append(hit)
        at = hit.end()
    part, end = _hex_options(tokens, 0, 0)
    if end < len(tokens):
        raise RuleError("a parenthesis is closed that was not opened")
    return part


def _hex_options(tokens: Sequence[re.Match[str]], at: int, depth: int) -> tuple[Part, int]:
    """Alternatives up to the closing parenthesis or the end, and where they end."""
    if depth > MOST_DEPTH:
        raise RuleError("hexadecimal bytes are nested too deeply")
    options: list[Part] = []
    parts: list[Part] = []
    while at < len(tokens) and tokens[at][1] != ")":
        word = tokens[at][1]
        at += 1
        if word == "|":
            options.append(Series(tuple(parts)))
            parts = []
        elif word == "(":
            part, at = _hex_options(tokens, at, depth + 1)
            parts.append(part)
            at += 1
        elif word.startswith("["):
            parts.append(_jump(tokens[at - 1]))
        else:
            parts.append(_hex_byte(word))
    options.append(Series(tuple(parts)))
    return (options[0] if len(options) == 1 else Choice(tuple(options))), at


def _jump(token: re.Match[str]) -> Part:
    low = int(token[2] or 0)
    if not token[3]:
        return Repeat(ANY, low, low)
    return Repeat(ANY, low, int(token[4]) if token[4] else None)


def _hex_byte(word: str) -> Part:
    digits = word.lstrip("~").lower()
    highs = range(_NIBBLES) if digits[0] == "?" else (int(digits[0], 16),)
    lows = range(_NIBBLES) if digits[1] == "?" else (int(digits[1], 16),)
    values = sum(1 << (high << 4 | low) for high in highs for low in lows)
    return Byte(ANY.values & ~values if word.startswith("~") else values)
