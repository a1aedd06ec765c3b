"""A YARA rule file taken apart: its rules, their strings, and each condition as a tree of what it asks.

Only the boolean frame of a condition is understood (`or`, `and`, `not`, parentheses); what stands in it is kept as
text, so that YARA itself can be asked for the value of every node (`probes`). Written after the grammar of YARA 4.5
(https://yara.readthedocs.io/en/v4.5.0/writingrules.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from forensics.errors import RuleError

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<text>"(?:\\.|[^"\\\n])*")
  | (?P<string>[$\#@!][A-Za-z0-9_]*\*?)
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<number>0x[0-9A-Fa-f]+|0o[0-7]+|\d+(?:\.\d+)?(?:KB|MB)?)
  | (?P<sign>==|!=|<=|>=|<<|>>|\.\.|[-+*\\%&|^~<>=(){}\[\]:,./])
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+/[is]{0,2}")
_HEX = re.compile(r"\{(?:/\*.*?\*/|//[^\n]*|[^{}])*\}", re.DOTALL)
_WORDS = ("contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "iequals", "matches")
_RELATIONS = frozenset(("==", "!=", "<", "<=", ">", ">=", *_WORDS))
_MOST_DEPTH = 200


class Kind(StrEnum):
    """What a node of a condition is."""

    OR = "or"
    AND = "and"
    NOT = "not"
    LEAF = "leaf"


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a rule file and where it stands."""

    text: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node of a condition. `text` is its source; `strings` are the identifiers it names, `$a`, `#a` as `$a`;
    `rule` the name of another rule, where it is nothing but that; `sides` the operands of a comparison; `start` where
    it stands in the text that was read, in characters."""

    kind: Kind
    text: str
    start: int = 0
    children: tuple[Node, ...] = ()
    strings: tuple[str, ...] = ()
    rule: str = ""
    sides: tuple[str, str] | None = None

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class StringText:
    """One string of a rule: its identifier with the sign (`$` alone for one without a name) and its definition.

    `start` is where its identifier stands in the text that was read, in characters.
    """

    name: str
    text: str
    start: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaText:
    """One line of a rule's meta as it is written: its key, its value's source, and where it stands, in characters."""

    key: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """One rule as it stands in its file."""

    name: str
    is_private: bool
    is_global: bool
    strings: tuple[StringText, ...]
    condition: Node
    names: frozenset[str]
    """Every name its condition speaks of: other rules among them."""
    metas: tuple[MetaText, ...] = ()
    start: int = 0
    """Where its name stands in the file, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    """One rule file: what it imports, and its rules in their order."""

    imports: tuple[str, ...]
    rules: tuple[RuleText, ...]


def read(text: str) -> FileText:
    """Take a rule file apart that compiles. Raises RuleError for what is not understood."""
    tokens = tokens_of(text)
    imports: list[str] = []
    rules: list[RuleText] = []
    at = 0
    modifiers: set[str] = set()
    while at < len(tokens):
        word = tokens[at].text
        if word == "import":
            imports.append(tokens[at + 1].text.strip('"'))
            at += 2
        elif word in ("private", "global"):
            modifiers.add(word)
            at += 1
        elif word == "rule":
            rule, at = _rule(text, tokens, at, modifiers)
            rules.append(rule)
            modifiers = set()
        else:
            raise RuleError(f"{_line(text, tokens[at])}: {word!r} is not understood here")
    return FileText(imports=tuple(imports), rules=tuple(rules))


def parse(text: str) -> Node:
    """The tree of one condition. Raises RuleError."""
    return _parsed(text, tokens_of(text))


def tokens_of(text: str) -> list[Token]:
    """Words without comments; `/` begins a regular expression where one may stand, `{` hexadecimal bytes after `=`."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        before = found[-1].text if found else ""
        hit = None
        if text[at] == "/" and before in ("=", "matches", ",", "(") and text[at : at + 2] not in ("//", "/*"):
            hit = _REGEX.match(text, at)
        elif text[at] == "{" and before == "=":
            hit = _HEX.match(text, at)
        if hit is not None:
            found.append(Token(hit[0], "pattern", at, hit.end()))
            at = hit.end()
            continue
        hit = _TOKEN.match(text, at)
        if hit is None:
            raise RuleError(f"{text.count(chr(10), 0, at) + 1}: {text[at]!r} is not understood")
        if hit.lastgroup != "space":
            found.append(Token(hit[0], hit.lastgroup or "", at, hit.end()))
        at = hit.end()
    return found


def _rule(text: str, tokens: Sequence[Token], at: int, modifiers: set[str]) -> tuple[RuleText, int]:
    name = tokens[at + 1].text
    strings: tuple[StringText, ...] = ()
    metas: tuple[MetaText, ...] = ()
    place = _find(text, tokens, at + 2, "{") + 1
    while tokens[place].text != "condition" or tokens[place + 1].text != ":":
        if tokens[place].text == "strings" and tokens[place + 1].text == ":":
            strings = _strings(text, tokens, place + 2)
        elif tokens[place].text == "meta" and tokens[place + 1].text == ":" and not metas:
            metas = tuple(_metas(text, tokens, place + 2))
        place += 1
        if place + 1 >= len(tokens):
            raise RuleError(f"{_line(text, tokens[at])}: the rule {name} has no condition")
    first, depth = place + 2, 0
    end = first
    while end < len(tokens) and (depth or tokens[end].text != "}"):
        depth += {"{": 1, "}": -1}.get(tokens[end].text, 0)
        end += 1
    body = tokens[first:end]
    rule = RuleText(
        name=name,
        is_private="private" in modifiers,
        is_global="global" in modifiers,
        strings=strings,
        condition=_parsed(text, body),
        names=frozenset(token.text for token in body if token.kind == "word"),
        metas=metas,
        start=tokens[at + 1].start,
    )
    return rule, end + 1


def _find(text: str, tokens: Sequence[Token], at: int, sign: str) -> int:
    for place in range(at, len(tokens)):
        if tokens[place].text == sign:
            return place
    raise RuleError(f"{_line(text, tokens[at - 1])}: {sign!r} is missing")


def _metas(text: str, tokens: Sequence[Token], at: int) -> Iterator[MetaText]:
    """The entries from here on: a name, `=` and a text, a number with or without a sign, or a truth."""
    while at + 2 < len(tokens) and tokens[at + 1].text == "=":
        last = at + 3 if tokens[at + 2].text == "-" else at + 2
        value = text[tokens[at + 2].start : tokens[last].end]
        yield MetaText(key=tokens[at].text, text=value, start=tokens[at].start, end=tokens[last].end)
        at = last + 1


def _strings(text: str, tokens: Sequence[Token], at: int) -> tuple[StringText, ...]:
    """The definitions from here to the condition, each with its modifiers."""
    starts: list[int] = []
    for place in range(at, len(tokens) - 1):
        if tokens[place].text == "condition" and tokens[place + 1].text == ":":
            break
        if tokens[place].text.startswith("$") and tokens[place + 1].text == "=":
            starts.append(place)
    found: list[StringText] = []
    for number, place in enumerate(starts):
        if number and place < starts[number - 1]:
            break
        end = place + 2
        while end + 1 < len(tokens) and not _ends_string(tokens, end + 1):
            end += 1
        definition = text[tokens[place + 2].start : tokens[end].end]
        found.append(StringText(name=tokens[place].text, text=definition, start=tokens[place].start))
        if tokens[end + 1].text == "condition":
            break
    return tuple(found)


def _ends_string(tokens: Sequence[Token], at: int) -> bool:
    is_next = tokens[at].text.startswith("$") and tokens[min(at + 1, len(tokens) - 1)].text == "="
    return is_next or (tokens[at].text == "condition" and tokens[min(at + 1, len(tokens) - 1)].text == ":")


def _parsed(text: str, tokens: Sequence[Token]) -> Node:
    if not tokens:
        raise RuleError("a condition is empty")
    reader = _Reader(text, tokens)
    node = reader.any(0)
    if reader.at < len(tokens):
        raise RuleError(f"{_line(text, tokens[reader.at])}: {tokens[reader.at].text!r} is not understood here")
    return node


class _Reader:
    """Reads boolean expressions by recursive descent."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self._text = text
        self._tokens = tokens
        self.at = 0

    def any(self, depth: int) -> Node:
        """Alternatives."""
        return self._joined(Kind.OR, depth)

    def _joined(self, kind: Kind, depth: int) -> Node:
        if depth > _MOST_DEPTH:
            raise RuleError("a condition is nested too deeply")
        first = self.at
        children = [self._below(kind, depth)]
        while self._is(kind.value):
            self.at += 1
            children.append(self._below(kind, depth))
        if len(children) == 1:
            return children[0]
        return Node(kind=kind, text=self._source(first), start=self._start(first), children=tuple(children))

    def _below(self, kind: Kind, depth: int) -> Node:
        return self._joined(Kind.AND, depth) if kind is Kind.OR else self._negated(depth)

    def _negated(self, depth: int) -> Node:
        first = self.at
        if not self._is("not"):
            return self._primary(depth)
        if depth > _MOST_DEPTH:
            raise RuleError("a condition is nested too deeply")
        self.at += 1
        child = self._negated(depth + 1)
        return Node(kind=Kind.NOT, text=self._source(first), start=self._start(first), children=(child,))

    def _primary(self, depth: int) -> Node:
        if self._is("("):
            end = self._closing(self.at)
            after = self._tokens[end + 1].text if end + 1 < len(self._tokens) else ")"
            if after in ("and", "or", ")"):
                self.at += 1
                node = self.any(depth + 1)
                if self.at != end:
                    raise RuleError(f"{_line(self._text, self._tokens[self.at])}: not understood here")
                self.at = end + 1
                return node
        return self._leaf()

    def _leaf(self) -> Node:
        first = self.at
        while self.at < len(self._tokens) and self._tokens[self.at].text not in ("and", "or", ")"):
            self.at = self._closing(self.at) + 1 if self._is("(") else self.at + 1
        inside = self._tokens[first : self.at]
        if not inside:
            raise RuleError("a condition lacks an operand")
        strings = dict.fromkeys("$" + token.text[1:] for token in inside if token.kind == "string")
        return Node(
            kind=Kind.LEAF,
            text=self._source(first),
            start=self._start(first),
            strings=tuple(strings),
            rule=inside[0].text if len(inside) == 1 and inside[0].kind == "word" else "",
            sides=self._sides(inside),
        )

    def _sides(self, inside: Sequence[Token]) -> tuple[str, str] | None:
        """The operands of a comparison that is not inside parentheses or a loop."""
        depth = 0
        if inside[0].text == "for":
            return None
        for place, token in enumerate(inside):
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if not depth and token.text in _RELATIONS and 0 < place < len(inside) - 1:
                left = self._text[inside[0].start : inside[place - 1].end]
                return left, self._text[inside[place + 1].start : inside[-1].end]
        return None

    def _closing(self, at: int) -> int:
        depth = 0
        for place in range(at, len(self._tokens)):
            depth += {"(": 1, ")": -1}.get(self._tokens[place].text, 0)
            if not depth:
                return place
        raise RuleError(f"{_line(self._text, self._tokens[at])}: a parenthesis is not closed")

    def _is(self, word: str) -> bool:
        return self.at < len(self._tokens) and self._tokens[self.at].text == word

    def _start(self, first: int) -> int:
        return self._tokens[first].start

    def _source(self, first: int) -> str:
        return self._text[self._tokens[first].start : self._tokens[self.at - 1].end]


def _line(text: str, token: Token) -> int:
    return text.count("\n", 0, token.start) + 1
