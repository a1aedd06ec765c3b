"""A query's tree becomes SQL: what the full-text index can answer in one MATCH, the rest as bound conditions.

Nothing a person typed is ever part of the SQL; words reach MATCH only as quoted phrases.
Conditions speak of `o`, a row of the view `observations`.
"""

from __future__ import annotations

import math
import re
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from forensics.model import AlertState, OutcomeKind, Severity
from forensics.store import moments, sizes
from forensics.store.access import marks
from forensics.store.grammar import And, Node, Not, QueryError, Term, parse
from forensics.store.tags import DIGITS, PREFIXES, has_words, plain, tag
from forensics.store.texts import stored

Kind = TypeVar("Kind", bound=StrEnum)
Packages = Callable[[str, str, bool], Sequence[str]]
"""`(field, value, is_prefix)` -> ids of the packages whose recipient or programme it is."""
TEXT_FIELDS = {"name": "name", "to": "destination"}
FIELDS = (
    *(name for name in PREFIXES if name not in ("sha256", "size")),
    *TEXT_FIELDS,
    "size",
    "recipient",
    "programme",
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
_IN_INDEX = "EXISTS (SELECT 1 FROM evidence_fts WHERE evidence_fts MATCH ? AND rowid = o.id)"
_EVERY = " OR ".join(f'"{tag("outcome", kind.value)}"' for kind in OutcomeKind)
"""Fits every observation, for each has an outcome."""
MOST = (1 << 63) - 1
ALERTS = " OR ".join(f'"{tag("severity", severity.value)}"' for severity in Severity)
"""Fits every observation with an alert."""
_ALERTED = "alerts q CROSS JOIN observations o ON o.id = q.entry"
_INDEXED = "evidence_fts f CROSS JOIN observations o ON o.id = f.rowid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A query ready to run: the MATCH expression (may be empty), a condition, its parameters.

    `words` are the words looked for anywhere, for snippets; nothing before `since` and from `until` on fits, and, where
    `states` are named, nothing in another.
    """

    match: str
    where: str
    parameters: tuple[str | float, ...]
    words: tuple[str, ...]
    since: float = -math.inf
    until: float = math.inf
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a question adds to a query: how many answers, only alerts, only those whose row ids lie between."""

    limit: int
    is_alerts: bool = False
    after_id: int = 0
    before_id: int = MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clause:
    """`match` and not `unmatch` and `where`; an empty part asks nothing.

    All of it lies in `[since, until)` and, where there are any, in `states`.
    """

    match: str = ""
    unmatch: str = ""
    where: str = ""
    parameters: tuple[str | float, ...] = ()
    since: float = -math.inf
    until: float = math.inf
    states: tuple[str, ...] = ()

    @property
    def is_match_only(self) -> bool:
        return bool(self.match) and not self.unmatch and not self.where

    def as_sql(self) -> tuple[str, tuple[str | float, ...]]:
        """The clause as one condition."""
        where, parameters = [], []
        expression = self.expression()
        if expression:
            where.append(_IN_INDEX)
            parameters.append(expression)
        if self.where:
            where.append(f"({self.where})")
        return " AND ".join(where) or "1", (*parameters, *self.parameters)

    def expression(self) -> str:
        """The MATCH expression, empty when nothing is asked of the index."""
        return f"({self.match or _EVERY}) NOT ({self.unmatch})" if self.unmatch else self.match


def compile_query(text: str, *, packages: Packages | None = None, now: float | None = None) -> Compiled:
    """Turn query text into SQL. `now` is what `last:` counts from. Raises QueryError with a column."""
    tree = parse(text)
    moment = clock.time() if now is None else now
    clause = _compile(tree, packages, moment)
    return Compiled(
        match=clause.expression(),
        where=clause.where or "1",
        parameters=clause.parameters,
        words=tuple(_words(tree)),
        since=clause.since,
        until=clause.until,
        states=clause.states,
    )


def statement(
    compiled: Compiled, bounds: Bounds, among: tuple[int, int], *, is_by_state: bool
) -> tuple[str, list[str | float]]:
    """The SELECT for alerts and sightings together, newest first, with its parameters, the limit apart.

    `among` are the first and the last id looked at. With `is_by_state` the alerts in the wanted states are gone
    through, which is right where they are few.
    """
    match, is_alerts = compiled.match, bounds.is_alerts or bool(compiled.states)
    where, parameters = [compiled.where], list(compiled.parameters)
    if is_by_state or (is_alerts and not match):
        source, id = _ALERTED, "q.entry"
        if compiled.states:
            where.insert(0, f"q.state IN ({marks(len(compiled.states))})")
            parameters[:0] = compiled.states
        if match:
            where.append(_IN_INDEX)
            parameters.append(match)
    elif match:
        source, id = _INDEXED, "f.rowid"
        where.insert(0, "evidence_fts MATCH ?")
        parameters.insert(0, f"({match}) AND ({ALERTS})" if is_alerts else match)
    else:
        source, id = "observations o", "o.id"
    if among != (0, MOST):
        where.append(f"{id} BETWEEN ? AND ?")
        parameters += among
    return f"SELECT o.* FROM {source} WHERE {' AND '.join(where)} ORDER BY {id} DESC LIMIT ?", parameters


def _compile(node: Node, packages: Packages | None, now: float) -> _Clause:
    if isinstance(node, Term):
        return _term(node, packages, now)
    if isinstance(node, Not):
        return _negated(_compile(node.child, packages, now))
    clauses = [clause for child in node.children if (clause := _compile(child, packages, now)) != _Clause()]
    return _all(clauses) if isinstance(node, And) else _any(clauses)


def _negated(clause: _Clause) -> _Clause:
    if clause == _Clause():
        return clause
    if clause.is_match_only:
        return _Clause(unmatch=clause.match)
    where, parameters = clause.as_sql()
    return _Clause(where=f"NOT ({where})", parameters=parameters)


def _all(clauses: Sequence[_Clause]) -> _Clause:
    return _Clause(
        match=" AND ".join(f"({clause.match})" for clause in clauses if clause.match),
        unmatch=" OR ".join(f"({clause.unmatch})" for clause in clauses if clause.unmatch),
        where=" AND ".join(f"({clause.where})" for clause in clauses if clause.where),
        parameters=tuple(value for clause in clauses for value in clause.parameters),
        since=max((clause.since for clause in clauses), default=-math.inf),
        until=min((clause.until for clause in clauses), default=math.inf),
        states=_common([clause.states for clause in clauses if clause.states]),
    )


def _common(choices: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The states every choice allows; one none can be in when there is none."""
    if not choices:
        return ()
    return tuple(state for state in choices[0] if all(state in other for other in choices)) or ("",)


def _any(clauses: Sequence[_Clause]) -> _Clause:
    if not clauses:
        return _Clause()
    if all(clause.is_match_only for clause in clauses):
        return _Clause(match=" OR ".join(f"({clause.match})" for clause in clauses))
    conditions = [clause.as_sql() for clause in clauses]
    return _Clause(
        where=" OR ".join(f"({where})" for where, _ in conditions),
        parameters=tuple(value for _, parameters in conditions for value in parameters),
        since=min(clause.since for clause in clauses),
        until=max(clause.until for clause in clauses),
    )


def _term(term: Term, packages: Packages | None, now: float) -> _Clause:
    field = _ALIASES.get(term.field, term.field)
    if not field or field in TEXT_FIELDS:
        return _Clause(match=_phrase(term.value, term.is_prefix, TEXT_FIELDS.get(field, "")))
    if field not in FIELDS:
        raise QueryError(
            f"no field {term.field!r} (put it in quotes to search the text); fields: {' '.join(FIELDS)}", term.column
        )
    if not term.value and not term.is_prefix:
        return _Clause()
    if field in PREFIXES and field not in ("sha256", "size"):
        return _tagged(field, term)
    if field in ("recipient", "programme"):
        return _issued(field, term, packages)
    return _condition(field, term, now)


def _tagged(field: str, term: Term) -> _Clause:
    kind = {"severity": Severity, "outcome": OutcomeKind}.get(field)
    if kind is not None:
        return _tags(field, [choice.value for choice in _choices(kind, term)])
    return _Clause(match=f'"{tag(field, stored(term.value))}"' + ("*" if term.is_prefix else ""))


def _condition(field: str, term: Term, now: float) -> _Clause:
    if field == "state":
        states = tuple(state.value for state in _choices(AlertState, term))
        return _Clause(where=f"o.state IN ({marks(len(states))})", parameters=states, states=states)
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
    return _since(moment) if field == "after" else _Clause(where="o.time < ?", parameters=(moment,), until=moment)


def _since(moment: float) -> _Clause:
    return _Clause(where="o.time >= ?", parameters=(moment,), since=moment)


def _digest(term: Term) -> _Clause:
    """By the digits the index holds; those beyond are compared with the artifacts' own."""
    digest = term.value.lower()
    if not re.fullmatch("[0-9a-f]{1,64}", digest):
        raise QueryError("sha256: takes hexadecimal digits", term.column)
    if len(digest) < DIGITS:
        return _Clause(match=f'"{tag("sha256", digest)}"*')
    where = "EXISTS (SELECT 1 FROM artifacts r WHERE r.observation = o.id AND r.sha256 >= ? AND r.sha256 < ?)"
    return _Clause(match=f'"{tag("sha256", digest)}"', where=where, parameters=(digest, digest + "g"))


def _size(term: Term) -> _Clause:
    """By the power of two a size reaches; the bounds are compared with the artifacts' own."""
    found = sizes.bounds(term.value)
    if found is None:
        raise QueryError("size: takes bytes such as 4096, >1M, <=20k or 1M..2M", term.column)
    low, high = found
    if low > high:
        return _Clause(where="0")
    buckets = range(low.bit_length(), min(high.bit_length(), sizes.LARGEST.bit_length()) + 1)
    match = " OR ".join(f'"{PREFIXES["size"]}_{bits}"' for bits in buckets)
    where = "EXISTS (SELECT 1 FROM artifacts r WHERE r.observation = o.id AND r.size BETWEEN ? AND ?)"
    return _Clause(match=match, where=where, parameters=(low, high))


def _issued(field: str, term: Term, packages: Packages | None) -> _Clause:
    if packages is None:
        raise QueryError(f"{field}: needs the register, and there is none beside this store", term.column)
    found = packages(field, term.value, term.is_prefix)
    return _tags("package", found) if found else _Clause(where="0")


def _tags(field: str, values: Sequence[str]) -> _Clause:
    return _Clause(match=" OR ".join(f'"{tag(field, stored(value))}"' for value in values))


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


def _words(node: Node) -> list[str]:
    if isinstance(node, Term):
        return re.findall(r"\w+", node.value.casefold()) if node.field in ("", "name") else []
    if isinstance(node, Not):
        return []
    return [word for child in node.children for word in _words(child)]
