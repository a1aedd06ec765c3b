"""A draft rule from examples: what all of them have, no near miss has, and hardly any ordinary file.

Format comes before content: keys, tags, headers and names of tools are taken first, runs of bytes that several examples
share only where there is not enough of that, and what stands in values never.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import yara

from forensics.errors import InputError, RuleError
from forensics.rulebook.compiling import compile_sources
from forensics.rulebook.rule_text import Wanted, rule_source
from forensics.rulebook.sharing import common_begin, common_runs
from forensics.rulebook.structure import LEAST_BYTES, MOST_BYTES, Piece, is_harmless, is_text, is_word, pieces_of
from forensics.rulebook.yara_text import string_of

_WORTH = {
    "header": 1.5,
    "namespace": 1.4,
    "column": 1.3,
    "tag": 1.2,
    "key": 1.2,
    "section": 1.2,
    "member": 1.1,
    "attribute": 0.9,
    "name": 0.9,
    "label": 0.8,
    "shared": 0.5,
    "begin": 1.0,
}
_WORTH_BYTES = 24
_ORDINARY_COST = 8.0
_MOST_STRINGS = 4
_MOST_ALONE = 3
"""Strings of one example: what is particular to it alone is not known."""
_MOST_ASKED = 2000
_TIMEOUT_S = 20
_ENOUGH = 2
"""Pieces of format from which on no runs are taken that examples merely share."""
_MOST_NAME = 24
_BEGIN, _SHARED = "begin", "shared"
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One string of the draft: its name, the piece it is, and how many ordinary files have it too."""

    name: str
    piece: Piece
    ordinary: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule that was drafted. `matched_ordinary` names the ordinary files that it matches all the same."""

    id: str
    source: str
    strings: tuple[Chosen, ...]
    condition: str
    matched_ordinary: tuple[str, ...] = ()

    @property
    def is_telling(self) -> bool:
        """Say whether it tells the examples from ordinary files: one of its strings does, or all of them together."""
        return not self.matched_ordinary or any(not each.ordinary for each in self.strings)


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What it is drafted from: contents it must match, contents it must not, and ordinary files by name.

    `is_private`: they are evidence, of which only what tells nothing of people may enter a rule.
    """

    hits: Sequence[bytes]
    misses: Sequence[bytes] = ()
    ordinary: Mapping[str, bytes] = field(default_factory=dict)
    is_private: bool = False


def draft(wanted: Wanted, examples: Examples) -> Draft:
    """Draft a rule. Raises InputError when nothing tells the examples from the rest."""
    strings = _choose(examples)
    condition = " and ".join(f"{each.name} at 0" if each.piece.is_first else each.name for each in strings)
    source = rule_source(wanted, {each.name: string_of(each.piece.data) for each in strings}, condition)
    found = Draft(id=wanted.id, source=source, strings=tuple(strings), condition=condition)
    if not strings or not (found := _tried(found, examples)).is_telling:
        raise InputError(
            "nothing of their format tells the examples from ordinary files and near misses; "
            "give more examples of its kind (--from), fewer near misses (--not), or of an archive one part (--part)"
        )
    return found


def _choose(examples: Examples) -> list[Chosen]:
    """The begin where it says something, then the pieces that are worth most and say nothing twice.

    Where too few are particular to the examples, others go with them: together they may be.
    """
    begin = _begin(examples)
    pieces = [each for each in _pieces(examples) if begin is None or not _overlap(each.data, begin.data)]
    counts = _occurrences([*([begin] if begin else []), *pieces], examples.ordinary)
    ranked = sorted(pieces, key=lambda each: (each.kind == _SHARED, -_worth(each, counts[each]), each.data))
    most = _MOST_STRINGS if len(examples.hits) > 1 else _MOST_ALONE
    taken: list[Piece] = []
    for piece in ranked:
        is_wanted = len(taken) < (_ENOUGH if piece.kind == _SHARED else most)
        is_free = not any(piece.data in miss for miss in examples.misses)
        if is_wanted and is_free and _worth(piece, counts[piece]) > 0 and not _says_twice(piece, taken):
            taken.append(piece)
    is_own = begin is not None and begin.data != _ZIP and not counts[begin]
    if len(taken) + is_own < _ENOUGH:
        for piece in ranked:
            if len(taken) < _MOST_ALONE and piece.kind != _SHARED and not _says_twice(piece, taken):
                taken.append(piece)
    if not taken and not is_own:
        return []
    strings = [Chosen(name="$header", piece=begin, ordinary=counts[begin])] if begin else []
    for piece in taken:
        name = _name(piece, [each.name for each in strings])
        strings.append(Chosen(name=name, piece=piece, ordinary=counts[piece]))
    return strings


def _begin(examples: Examples) -> Piece | None:
    """How all begin; of text only what reads as a header, and nothing of what is said after it."""
    first = examples.hits[0]
    if first.startswith(_ZIP):
        return Piece(_ZIP, _BEGIN, is_first=True) if all(hit.startswith(_ZIP) for hit in examples.hits) else None
    begin = common_begin(examples.hits)
    if is_text(first):
        headers = [each.data for each in pieces_of(first) if each.is_first and each.kind == "header"]
        headers = [each for each in headers if all(hit.startswith(each) for hit in examples.hits)]
        headers = [each for each in headers if len(examples.hits) > 1 or each.count(b" ") <= 1]
        if examples.is_private:
            headers = [each for each in headers if is_harmless(Piece(each, "header"))]
        begin = max(headers, key=len, default=b"")
    if len(begin) < LEAST_BYTES or len(set(begin)) == 1:
        return None
    return Piece(begin, _BEGIN, is_first=True)


def _pieces(examples: Examples) -> list[Piece]:
    """What every example has; runs of bytes that are no known piece of format only of several, never of evidence."""
    first, *others = examples.hits
    found = [each for each in pieces_of(first) if all(each.data in other for other in others)]
    if not others:
        found = [each for each in found if each.kind != "name" or is_word(each.data)]
    if examples.is_private:
        found = [each for each in found if is_harmless(each)]
    elif others and not first.startswith(_ZIP):
        found += [Piece(run, _SHARED) for run in common_runs(examples.hits) if LEAST_BYTES <= len(run) <= MOST_BYTES]
    return list({each.data: each for each in reversed(found)}.values())[:_MOST_ASKED]


def _worth(piece: Piece, ordinary: int) -> float:
    """Longer says more, up to 24 bytes; what ordinary files have too says little."""
    return min(len(piece.data), _WORTH_BYTES) * _WORTH[piece.kind] - _ORDINARY_COST * ordinary


def _says_twice(piece: Piece, taken: Iterable[Piece]) -> bool:
    """Whether another says the same: one is in the other, or they are one word in other signs or another number."""
    word = _word(piece)
    return any(_overlap(piece.data, other.data) or word == _word(other) for other in taken)


def _word(piece: Piece) -> bytes:
    """Its letters alone."""
    return re.sub(rb"[^a-z\x80-\xff]+", b"", piece.data.lower()) or piece.data


def _name(piece: Piece, taken: Sequence[str]) -> str:
    """What the string is called: by its word, where it has one that is not taken."""
    word = re.sub(rb"[^A-Za-z0-9]+", b"_", piece.data).strip(b"_").decode("ascii").lower()
    plain = f"${word}" if 1 < len(word) < _MOST_NAME and piece.kind != _SHARED else f"$s{len(taken)}"
    return plain if plain not in taken else f"{plain}_{len(taken)}"


def _overlap(one: bytes, other: bytes) -> bool:
    return one in other or other in one


def _occurrences(pieces: Sequence[Piece], ordinary: Mapping[str, bytes]) -> dict[Piece, int]:
    """In how many ordinary files each piece occurs."""
    counts = dict.fromkeys(pieces, 0)
    if not pieces or not ordinary:
        return counts
    strings = "\n".join(f"$p{number} = {string_of(piece.data)}" for number, piece in enumerate(pieces))
    compiled = compile_sources({"pieces": f"rule pieces {{ strings: {strings} condition: any of them }}"})
    for data in ordinary.values():
        for hit in compiled.match(data=data, timeout=_TIMEOUT_S, warnings_callback=_go_on):
            for string in hit.strings:
                counts[pieces[int(string.identifier[2:])]] += 1
    return counts


def matches(source: str, data: bytes) -> bool:
    """Say whether a draft's source matches bytes. Raises RuleError when it does not come to an end."""
    return _matches(compile_sources({"draft": source}), data)


def _matches(compiled: Any, data: bytes) -> bool:
    try:
        return bool(compiled.match(data=data, timeout=_TIMEOUT_S, warnings_callback=_go_on))
    except yara.Error as error:
        raise RuleError(f"the draft could not be tried: {error}") from error


def _tried(found: Draft, examples: Examples) -> Draft:
    """The draft with what it matches. Raises InputError for one that misses an example or matches a near miss."""
    compiled = compile_sources({"draft": found.source})
    if not all(_matches(compiled, data) for data in examples.hits):
        raise InputError("a draft was made that does not match every example; give examples of one kind")
    if any(_matches(compiled, data) for data in examples.misses):
        raise InputError("what the examples share, a near miss (--not) has too; give other examples, or write by hand")
    names = tuple(name for name, data in examples.ordinary.items() if _matches(compiled, data))
    return replace(found, matched_ordinary=names)


def _go_on(*_: object) -> int:
    return int(yara.CALLBACK_CONTINUE)
