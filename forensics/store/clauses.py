"""What parts of a query ask for, and how they are put together: of the word index, of the paths, of the rows.

A clause is one MATCH expression for what the word index can answer, and a condition over `o`, a row of the view
`observations`, for the rest. What else it says (times, states, trigrams) only narrows where to look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from forensics.model import OutcomeKind, Severity
from forensics.store.tags import tag

Parameters = tuple[str | float, ...]
IN_INDEX = "EXISTS (SELECT 1 FROM evidence_fts WHERE evidence_fts MATCH ? AND rowid = o.id)"
_EVERY = " OR ".join(f'"{tag("outcome", kind.value)}"' for kind in OutcomeKind)
"""Fits every observation, for each has an outcome."""
ALERTS = " OR ".join(f'"{tag("severity", severity.value)}"' for severity in Severity)
"""Fits every observation with an alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """`match` and not `unmatch` and `where`; an empty part asks nothing.

    All of it lies in `[since, until)`, has paths in which all `trigrams` (expressions for MATCH) occur and, where there
    are any, is in one of `states`.
    """

    match: str = ""
    unmatch: str = ""
    where: str = ""
    parameters: Parameters = ()
    since: float = -math.inf
    until: float = math.inf
    states: tuple[str, ...] = ()
    trigrams: tuple[str, ...] = ()

    @property
    def is_match_only(self) -> bool:
        """Say whether the word index answers all of it."""
        return bool(self.match) and not self.unmatch and not self.where

    def as_sql(self) -> tuple[str, Parameters]:
        """The clause as one condition."""
        where, parameters = [], []
        expression = self.expression()
        if expression:
            where.append(IN_INDEX)
            parameters.append(expression)
        if self.where:
            where.append(f"({self.where})")
        return " AND ".join(where) or "1", (*parameters, *self.parameters)

    def expression(self) -> str:
        """The MATCH expression, empty when nothing is asked of the word index."""
        return f"({self.match or _EVERY}) NOT ({self.unmatch})" if self.unmatch else self.match

    def paths(self) -> str:
        """The MATCH expression for the index of paths, empty when nothing is asked of it."""
        return " AND ".join(f"({each})" for each in self.trigrams)


ANYTHING = Clause()


def negated(clause: Clause) -> Clause:
    """What does not fit the clause; of one that asks nothing, nothing either."""
    if clause == ANYTHING:
        return clause
    if clause.is_match_only:
        return Clause(unmatch=clause.match)
    where, parameters = clause.as_sql()
    return Clause(where=f"NOT ({where})", parameters=parameters)


def together(clauses: Sequence[Clause]) -> Clause:
    """What fits all of them."""
    return Clause(
        match=_joined(" AND ", [clause.match for clause in clauses]),
        unmatch=_joined(" OR ", [clause.unmatch for clause in clauses]),
        where=_joined(" AND ", [clause.where for clause in clauses]),
        parameters=tuple(value for clause in clauses for value in clause.parameters),
        since=max((clause.since for clause in clauses), default=-math.inf),
        until=min((clause.until for clause in clauses), default=math.inf),
        states=_common([clause.states for clause in clauses if clause.states]),
        trigrams=tuple(dict.fromkeys(trigram for clause in clauses for trigram in clause.trigrams)),
    )


def either(clauses: Sequence[Clause]) -> Clause:
    """What fits one of them at least."""
    if not clauses:
        return ANYTHING
    if all(clause.is_match_only for clause in clauses):
        return Clause(match=_joined(" OR ", [clause.match for clause in clauses]))
    conditions = [clause.as_sql() for clause in clauses]
    return Clause(
        where=" OR ".join(f"({where})" for where, _ in conditions),
        parameters=tuple(value for _, parameters in conditions for value in parameters),
        since=min(clause.since for clause in clauses),
        until=max(clause.until for clause in clauses),
        trigrams=_either_trigrams(clauses),
    )


def _either_trigrams(clauses: Sequence[Clause]) -> tuple[str, ...]:
    """One expression that fits what fits any of them; none when one of them may fit any path."""
    if not all(clause.trigrams for clause in clauses):
        return ()
    return (_joined(" OR ", [" AND ".join(f"({each})" for each in clause.trigrams) for clause in clauses]),)


def _joined(operator: str, expressions: Sequence[str]) -> str:
    return operator.join(f"({expression})" for expression in expressions if expression)


def _common(choices: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The states every choice allows; one none can be in when there is none."""
    if not choices:
        return ()
    return tuple(state for state in choices[0] if all(state in other for other in choices)) or ("",)
