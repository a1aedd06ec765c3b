"""One term of a query as a clause: a field's value, a part of a path, a word or a phrase.

Nothing a person typed is ever part of the SQL; words reach MATCH only as quoted phrases.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from forensics.model import AlertState, OutcomeKind, Severity
from forensics.store import moments, parts, sizes
from forensics.store.access import marks
from forensics.store.clauses import ANYTHING, Clause, either
from forensics.store.grammar import QueryError, Term
from forensics.store.tags import DIGITS, PREFIXES, has_words, plain, tag
from forensics.store.texts import stored

Kind = TypeVar("Kind", bound=StrEnum)
Packages = Callable[[str, str, bool], Sequence[str]]
"""`(field, value, is_prefix)` -> ids of the packages whose recipient or programme it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a query's words may stand for: packages, where there is a register, and people.

    `person` gives the pseudonym of a name, `met` too, but only of somebody of whom there is evidence; both give the
    name itself otherwise.
    """

    packages: Packages | None = None
    person: Callable[[str], str] = str
    met: Callable[[str], str] = str


NOTHING_KNOWN = Known()
TEXT_FIELDS = {"name": "name", "to": "destination"}
FIELDS = (
    *(name for name in PREFIXES if name not in ("sha256", "size")),
    *TEXT_FIELDS,
    "path",
    "size",
    "recipient",
    "state",
    "sha256",
    "after",
    "before",
    "last",
)
_ALIASES = {
    "program": "programme",
    "recipients": "recipient",
    "dest": "to",
    "destination": "to",
    "pkg": "package",
    "item": "clip",
}
_HAS_PART = "has_part((SELECT body FROM entries WHERE id = o.id), ?, ?)"


def clause_of(term: Term, known: Known, now: float) -> Clause:
    """What a term asks for. `now` is what `last:` counts from. Raises QueryError."""
    field = _ALIASES.get(term.field, term.field)
    if field == "path" or (field in TEXT_FIELDS and term.value.startswith("~")):
        return _named(term.value.removeprefix("~").removesuffix("~"), known.met, lambda name: _part(field, name))
    if not field or field in TEXT_FIELDS:
        column = TEXT_FIELDS.get(field, "")
        met = str if term.is_prefix else known.met
        return _named(term.value, met, lambda name: Clause(match=_phrase(name, term.is_prefix, column)))
    if field not in FIELDS:
        raise QueryError(
            f"no field {term.field!r} (put it in quotes to search the text); fields: {' '.join(FIELDS)}", term.column
        )
    if not term.value and not term.is_prefix:
        return ANYTHING
    if field == "recipient" or (field == "programme" and known.packages is not None):
        return _issued(field, term, known)
    if field in PREFIXES and field not in ("sha256", "size"):
        return _tagged(field, term, known)
    return _condition(field, term, now)


def _named(name: str, person: Callable[[str], str], clause: Callable[[str], Clause]) -> Clause:
    """What is asked of a name, and of the pseudonym that stands for it."""
    names = dict.fromkeys((name, person(name)))
    return clause(name) if len(names) == 1 else either([clause(each) for each in names])


def _part(field: str, value: str) -> Clause:
    part = parts.folded(stored(value))
    if not part:
        return ANYTHING
    return Clause(where=_HAS_PART, parameters=(field, part), trigrams=parts.trigrams(part))


def _tagged(field: str, term: Term, known: Known) -> Clause:
    kind = {"severity": Severity, "outcome": OutcomeKind}.get(field)
    if kind is not None:
        return _tags(field, [choice.value for choice in _choices(kind, term)])
    clause = Clause(match=f'"{tag(field, stored(term.value))}"' + ("*" if term.is_prefix else ""))
    instead = known.person(term.value) if field == "user" else term.value
    return clause if instead == term.value else either([clause, _tags(field, [instead])])


def _condition(field: str, term: Term, now: float) -> Clause:
    if field == "state":
        states = tuple(state.value for state in _choices(AlertState, term))
        return Clause(where=f"o.state IN ({marks(len(states))})", parameters=states, states=states)
    if field == "sha256":
        return _digest(term)
    if field == "size":
        return _size(term)
    if field == "last":
        seconds = moments.span(term.value)
        if seconds is None:
            raise QueryError("last: takes a span such as 30m, 12h, 7d or 2w", term.column)
        return _since(now - seconds)
    moment = moments.moment(term.value)
    if moment is None:
        raise QueryError(f"{field}: takes a date such as 2026-11-22 or 2026-11-22T14:30 (UTC)", term.column)
    return _since(moment) if field == "after" else Clause(where="o.time < ?", parameters=(moment,), until=moment)


def _since(moment: float) -> Clause:
    return Clause(where="o.time >= ?", parameters=(moment,), since=moment)


def _digest(term: Term) -> Clause:
    """By the digits the index holds; those beyond are compared with the artifacts' own."""
    digest = term.value.lower()
    if not re.fullmatch("[0-9a-f]{1,64}", digest):
        raise QueryError("sha256: takes hexadecimal digits", term.column)
    if len(digest) < DIGITS:
        return Clause(match=f'"{tag("sha256", digest)}"*')
    where = "EXISTS (SELECT 1 FROM artifacts r WHERE r.observation = o.id AND r.sha256 >= ? AND r.sha256 < ?)"
    return Clause(match=f'"{tag("sha256", digest)}"', where=where, parameters=(digest, digest + "g"))


def _size(term: Term) -> Clause:
    """By the power of two a size reaches; the bounds are compared with the artifacts' own."""
    found = sizes.bounds(term.value)
    if found is None:
        raise QueryError("size: takes bytes such as 4096, >1M, <=20k or 1M..2M", term.column)
    low, high = found
    if low > high:
        return Clause(where="0")
    buckets = range(low.bit_length(), min(high.bit_length(), sizes.LARGEST.bit_length()) + 1)
    match = " OR ".join(f'"{PREFIXES["size"]}_{bits}"' for bits in buckets)
    where = "EXISTS (SELECT 1 FROM artifacts r WHERE r.observation = o.id AND r.size BETWEEN ? AND ?)"
    return Clause(match=match, where=where, parameters=(low, high))


def _issued(field: str, term: Term, known: Known) -> Clause:
    if known.packages is None:
        raise QueryError(f"{field}: needs the register, and there is none beside this store", term.column)
    found = known.packages(field, term.value, term.is_prefix)
    issued = _tags("package", found) if found else Clause(where="0")
    if field == "recipient":
        return issued
    tagged = _tagged(field, term, known)
    return either([tagged, issued]) if found else tagged


def _tags(field: str, values: Sequence[str]) -> Clause:
    return Clause(match=" OR ".join(f'"{tag(field, stored(value))}"' for value in values))


def _choices(kind: type[Kind], term: Term) -> list[Kind]:
    """The members that begin with what was typed, the exact one alone when there is one."""
    typed = term.value.lower().replace("-", "_")
    exact = [member for member in kind if member.value == typed]
    found = exact or [member for member in kind if member.value.startswith(typed)]
    if not found:
        raise QueryError(f"{term.field}: is one of {', '.join(kind)}", term.column)
    return found


def _phrase(value: str, is_prefix: bool, column: str) -> str:
    text = plain(stored(value)).strip()
    if not has_words(text):
        return ""
    quoted = '"' + text.replace('"', '""') + '"' + ("*" if is_prefix else "")
    return f"{column} : {quoted}" if column else quoted
