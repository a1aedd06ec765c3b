"""A query's tree becomes SQL: what the full-text index can answer in one MATCH, the rest as bound conditions.

Nothing a person typed is ever part of the SQL; words reach MATCH only as quoted phrases.
Conditions speak of `o` (observations), `a` (alerts) and `s` (alert_state).
"""

from __future__ import annotations

import re
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from forensics.model import AlertState, OutcomeKind, Severity
from forensics.store import moments
from forensics.store.access import marks
from forensics.store.grammar import And, Node, Not, QueryError, Term, parse
from forensics.store.tags import PREFIXES, has_words, plain, tag
from forensics.store.texts import stored

Kind = TypeVar("Kind", bound=StrEnum)
Packages = Callable[[str, str, bool], Sequence[str]]
"""`(field, value, is_prefix)` -> ids of the packages whose recipient or programme it is."""
TEXT_FIELDS = {"name": "name", "to": "destination"}
FIELDS = (*PREFIXES, *TEXT_FIELDS, "recipient", "programme", "state", "sha256", "after", "before", "last")
_ALIASES = {"program": "programme", "dest": "to", "destination": "to", "pkg": "package", "item": "clip"}
_IN_INDEX = "o.id IN (SELECT rowid FROM evidence_fts WHERE evidence_fts MATCH ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A query ready to run: the MATCH expression (may be empty), a condition, its parameters.

    `words` are the words looked for anywhere, for snippets.
    """

    match: str
    where: str
    parameters: tuple[str | float, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clause:
    """`match` and not `unmatch` and `where`; an empty part asks nothing."""

    match: str = ""
    unmatch: str = ""
    where: str = ""
    parameters: tuple[str | float, ...] = ()

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
        elif self.unmatch:
            where.append(f"NOT {_IN_INDEX}")
            parameters.append(self.unmatch)
        if self.where:
            where.append(f"({self.where})")
        return " AND ".join(where) or "1", (*parameters, *self.parameters)

    def expression(self) -> str:
        """The MATCH expression, empty when nothing positive is asked of the index."""
        return f"({self.match}) NOT ({self.unmatch})" if self.match and self.unmatch else self.match


def compile_query(text: str, *, packages: Packages | None = None, now: float | None = None) -> Compiled:
    """Turn query text into SQL. `now` is what `last:` counts from. Raises QueryError with a column."""
    tree = parse(text)
    moment = clock.time() if now is None else now
    clause = _compile(tree, packages, moment)
    match = clause.expression()
    where, parameters = (clause.where or "1", clause.parameters) if match else clause.as_sql()
    return Compiled(match=match, where=where, parameters=parameters, words=tuple(_words(tree)))


def statement(compiled: Compiled, limit: int) -> tuple[str, list[str | float]]:
    """The SELECT for alerts and sightings together, newest first, with its parameters."""
    columns = "o.id, o.time, o.channel, o.name, o.reason, a.id AS alert, a.severity, a.title"
    alerts = "LEFT JOIN alerts a ON a.observation = o.id LEFT JOIN alert_state s ON s.alert = a.id"
    if compiled.match:
        source = f"evidence_fts f CROSS JOIN observations o ON o.id = f.rowid {alerts}"
        where, order, first = f"evidence_fts MATCH ? AND {compiled.where}", "f.rowid", [compiled.match]
    else:
        source, where, order, first = f"observations o {alerts}", compiled.where, "o.id", []
    sql = f"SELECT {columns} FROM {source} WHERE {where} ORDER BY {order} DESC LIMIT ?"
    return sql, [*first, *compiled.parameters, limit]


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
    )


def _any(clauses: Sequence[_Clause]) -> _Clause:
    if not clauses:
        return _Clause()
    if all(clause.is_match_only for clause in clauses):
        return _Clause(match=" OR ".join(f"({clause.match})" for clause in clauses))
    conditions = [clause.as_sql() for clause in clauses]
    return _Clause(
        where=" OR ".join(f"({where})" for where, _ in conditions),
        parameters=tuple(value for _, parameters in conditions for value in parameters),
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
    if field in PREFIXES:
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
        return _Clause(where=f"coalesce(s.state, '') IN ({marks(len(states))})", parameters=states)
    if field == "sha256":
        digest = term.value.lower()
        if not re.fullmatch("[0-9a-f]{1,64}", digest):
            raise QueryError("sha256: takes hexadecimal digits", term.column)
        where = "o.id IN (SELECT observation FROM artifacts WHERE sha256 >= ? AND sha256 < ?)"
        return _Clause(where=where, parameters=(digest, digest + "g"))
    if field == "last":
        seconds = moments.span(term.value)
        if seconds is None:
            raise QueryError("last: takes a span such as 30m, 12h, 7d or 2w", term.column)
        return _Clause(where="o.time >= ?", parameters=(now - seconds,))
    moment = moments.moment(term.value)
    if moment is None:
        raise QueryError(f"{field}: takes a date such as 2026-11-22 or 2026-11-22T14:30 (UTC)", term.column)
    return _Clause(where="o.time >= ?" if field == "after" else "o.time < ?", parameters=(moment,))


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
