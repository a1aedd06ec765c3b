"""A query's tree becomes SQL: one clause for each way in which something may fit, and the statements that find it.

What the word index can answer is one MATCH, the rest are bound conditions (`clauses.py`, `terms.py`). The alternatives
of an OR at the top are looked for apart, each by its own quickest way.
"""

from __future__ import annotations

import re
import time as clock
from collections.abc import Iterator
from dataclasses import dataclass, replace

from forensics.store.access import marks
from forensics.store.clauses import ALERTS, ANYTHING, IN_INDEX, Clause, Parameters, either, negated, together
from forensics.store.grammar import And, Node, Not, Or, Term, parse
from forensics.store.terms import NOTHING_KNOWN, Known, clause_of

MOST = (1 << 63) - 1
_ALERTED = "alerts q CROSS JOIN observations o ON o.id = q.entry"
_INDEXED = "evidence_fts f CROSS JOIN observations o ON o.id = f.rowid"
_TRACED = "path_trigrams t CROSS JOIN observations o ON o.id = t.rowid"
_AMONG_TRACED = "+f.rowid IN (SELECT rowid FROM path_trigrams WHERE path_trigrams MATCH ?)"
Way = str
"""By what is gone through: `states`, `alerts`, `words`, `parts`, `words among parts`, `all`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A query ready to run: what fits one of `clauses`, each once.

    `words` are those looked for in texts, for snippets.
    """

    clauses: tuple[Clause, ...]
    words: tuple[str, ...] = ()

    def in_state(self, state: str) -> Compiled:
        """The same query, of alerts in that state alone."""
        asked = Clause(where="o.state = ?", parameters=(state,), states=(state,))
        return replace(self, clauses=tuple(together([clause, asked]) for clause in self.clauses))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a question adds to a query: how many answers, only alerts, only those whose row ids lie between."""

    limit: int
    is_alerts: bool = False
    after_id: int = 0
    before_id: int = MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One SELECT with its parameters, newest first; `among` are the first and the last id looked at."""

    clause: Clause
    sql: str
    parameters: Parameters
    among: tuple[int, int]


def compile_query(text: str, known: Known = NOTHING_KNOWN, *, now: float | None = None) -> Compiled:
    """Turn query text into clauses. `now` is what `last:` counts from. Raises QueryError with a column."""
    tree = parse(text)
    moment = clock.time() if now is None else now
    whole = _compile(tree, known, moment)
    clauses: tuple[Clause, ...] = (whole,)
    if isinstance(tree, Or) and not whole.is_match_only:
        ways = [_compile(child, known, moment) for child in tree.children]
        clauses = tuple(dict.fromkeys(way for way in ways if way != ANYTHING)) or (whole,)
    return Compiled(clauses=clauses, words=tuple(_words(tree)))


def statement(clause: Clause, bounds: Bounds, among: tuple[int, int], *, way: Way, columns: str = "o.*") -> Statement:
    """The SELECT for alerts and sightings together, newest first; `way` is one of those `ways` allows."""
    match, is_alerts = clause.expression(), bounds.is_alerts or bool(clause.states)
    where, parameters = [f"({clause.where})"] if clause.where else [], list(clause.parameters)
    source, id = {
        "states": (_ALERTED, "q.entry"),
        "alerts": (_ALERTED, "q.entry"),
        "parts": (_TRACED, "t.rowid"),
        "all": ("observations o", "o.id"),
    }.get(way, (_INDEXED, "f.rowid"))
    if way == "states":
        where.insert(0, f"q.state IN ({marks(len(clause.states))})")
        parameters[:0] = clause.states
    if source == _INDEXED:
        where.insert(0, "evidence_fts MATCH ?")
        parameters.insert(0, f"({match}) AND ({ALERTS})" if is_alerts else match)
    elif match:
        where.append(IN_INDEX)
        parameters.append(match)
    if way == "parts":
        where.insert(0, "path_trigrams MATCH ?")
        parameters.insert(0, clause.paths())
        where += ["o.alert IS NOT NULL"] if is_alerts else []
    if way == "words among parts":
        where.append(_AMONG_TRACED)
        parameters.append(clause.paths())
    if among != (0, MOST):
        where.append(f"{id} BETWEEN ? AND ?")
        parameters += among
    sql = f"SELECT {columns} FROM {source} WHERE {' AND '.join(where) or '1'} ORDER BY {id} DESC LIMIT ?"
    return Statement(clause=clause, sql=sql, parameters=tuple(parameters), among=among)


def _compile(node: Node, known: Known, now: float) -> Clause:
    if isinstance(node, Term):
        return clause_of(node, known, now)
    if isinstance(node, Not):
        return negated(_compile(node.child, known, now))
    clauses = [clause for child in node.children if (clause := _compile(child, known, now)) != ANYTHING]
    return together(clauses) if isinstance(node, And) else either(clauses)


def _words(node: Node) -> Iterator[str]:
    if isinstance(node, Term):
        if node.field in ("", "name", "to", "path"):
            yield from re.findall(r"\w+", node.value.casefold())
    elif not isinstance(node, Not):
        for child in node.children:
            yield from _words(child)
