"""Query text becomes a tree of terms; half-typed text becomes the tree of what is there so far.

    clip:C-001 channel:http -user:user2 ("review copy" OR name:menu*) after:2026-11-01

Words stand for AND; `OR`, `NOT` or `-`, parentheses, quoted phrases, `*` at a word's end, `~part of a path~`. What is
half typed hides nothing: an open quote stands for the words after it, the last perhaps not complete; an open
parenthesis closes itself at the end; an operator or field still without its operand is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from forensics.errors import EarwitnessError

MAX_LENGTH = 2000
MAX_TERMS = 100
MAX_DEPTH = 30

_LEXEME = re.compile(
    r"""
    (?P<space>\s+) | (?P<open>\() | (?P<close>\)) | (?P<minus>-(?=[^\s)])) | (?P<lone>-(?=[\s)]|$))
    | (?P<term>
        (?:(?P<field>[A-Za-z][A-Za-z0-9]*):(?!//))?
        (?: (?P<part>(?<=:)~[^~"]+~)(?=[\s)]|$)
          | "(?P<quoted>[^"]*)"(?P<star>\*)?
          | (?P<word>[^\s()"]*)
        )
    )
    """,
    re.VERBOSE,
)


class QueryError(EarwitnessError):
    """A query that cannot be meant as it stands; `column` counts from 1."""

    exit_code = 2

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"query, column {column}: {message}")
        self.column = column


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word or phrase, in one field or (empty `field`) anywhere."""

    field: str
    value: str
    is_prefix: bool
    column: int


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    child: Node


@dataclass(frozen=True, slots=True)
class And:
    """What must all hold; empty means everything."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """What must hold at least once."""

    children: tuple[Node, ...]


Node = Term | Not | And | Or


@dataclass(frozen=True, slots=True)
class _Lexeme:
    kind: str
    column: int
    term: Term | None = None


def parse(text: str) -> Node:
    """The tree of a query. Raises QueryError for a query too long or deep, or a parenthesis too many."""
    if len(text) > MAX_LENGTH:
        raise QueryError(f"longer than {MAX_LENGTH} characters", MAX_LENGTH)
    parser = _Parser(_lexemes(text))
    tree = parser.alternatives(0)
    if parser.kind() == "close":
        raise QueryError("this parenthesis closes nothing", parser.column())
    return tree


def _lexemes(text: str) -> list[_Lexeme]:
    text, opened, gone = _without_open_quote(text)
    found = []
    position = 0
    while position < len(text):
        hit = _LEXEME.match(text, position)
        if hit is None or hit.end() == position:
            position += 1
            continue
        column, position = position + 1 + (gone if position >= opened else 0), hit.end()
        kind = hit.lastgroup if hit["term"] is None else "term"
        if kind == "term":
            found += _term(hit, column, text, is_open=opened < position == len(text))
        elif kind in ("open", "close", "minus"):
            found.append(_Lexeme(kind, column))
    if sum(lexeme.kind == "term" for lexeme in found) > MAX_TERMS:
        raise QueryError(f"more than {MAX_TERMS} terms", len(text))
    return found


def _without_open_quote(text: str) -> tuple[str, int, int]:
    """The text, where a quote was that nothing closes (its end when there is none), and how much shorter it became."""
    if text.count('"') % 2 == 0:
        return text, len(text), 0
    place = text.rindex('"')
    is_joined = text[:place].endswith((":", "-", "("))
    return text[:place] + ("" if is_joined else " ") + text[place + 1 :], place, int(is_joined)


def _term(hit: re.Match[str], column: int, text: str, *, is_open: bool) -> list[_Lexeme]:
    """A term or an operator; `is_open` says that it is the end of what a quote has opened."""
    field = (hit["field"] or "").lower()
    whole = hit["part"] if hit["quoted"] is None else hit["quoted"]
    if whole is not None:
        return [_lexeme(field, whole, column, is_prefix=hit["star"] is not None)]
    word = hit["word"]
    if not field and word in ("OR", "AND", "NOT"):
        return [] if word == "AND" else [_Lexeme("minus" if word == "NOT" else "or", column)]
    if field and not word:
        if text[hit.end() : hit.end() + 1] == "(":
            raise QueryError(f"{field}: takes one value; write ({field}:a OR {field}:b)", column)
        return []
    value = word.rstrip("*")
    return [_lexeme(field, value, column, is_prefix=is_open or value != word)] if value or field else []


def _lexeme(field: str, value: str, column: int, *, is_prefix: bool) -> _Lexeme:
    return _Lexeme("term", column, Term(field=field, value=value, is_prefix=is_prefix, column=column))


class _Parser:
    def __init__(self, lexemes: list[_Lexeme]) -> None:
        self._lexemes = lexemes
        self._next = 0

    def kind(self) -> str:
        return self._lexemes[self._next].kind if self._next < len(self._lexemes) else "end"

    def column(self) -> int:
        return self._lexemes[self._next].column

    def alternatives(self, depth: int) -> Node:
        children = [self._together(depth)]
        while self.kind() == "or":
            self._next += 1
            children.append(self._together(depth))
        return _joined(Or, [child for child in children if child != And(())])

    def _together(self, depth: int) -> Node:
        children = []
        while self.kind() in ("term", "open", "minus"):
            children.append(self._one(depth))
        return _joined(And, [child for child in children if child != And(())])

    def _one(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise QueryError(f"nested deeper than {MAX_DEPTH}", self.column())
        lexeme = self._lexemes[self._next]
        self._next += 1
        if lexeme.term is not None:
            return lexeme.term
        if lexeme.kind == "minus":
            inner = self._one(depth + 1) if self.kind() in ("term", "open", "minus") else And(())
            return And(()) if inner == And(()) else Not(inner)
        tree = self.alternatives(depth + 1)
        if self.kind() == "close":
            self._next += 1
        return tree


def _joined(kind: Callable[[tuple[Node, ...]], Node], children: list[Node]) -> Node:
    if len(children) == 1:
        return children[0]
    return kind(tuple(children)) if children else And(())


def terms_of(node: Node) -> Iterator[Term]:
    """Every term of a query, in order."""
    if isinstance(node, Term):
        yield node
        return
    for child in (node.child,) if isinstance(node, Not) else node.children:
        yield from terms_of(child)
