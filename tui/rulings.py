"""What the rules screen lists: every rule of the packs, with what it found of late and what became of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forensics.database import Connection
from forensics.errors import EarwitnessError
from forensics.rulebook.book import Rulebook
from forensics.rulebook.rule import Rule
from forensics.rulebook.source import read_text
from forensics.store import overview, reader
from tui.formatting import EMPTY, Safe, safe

SPAN = "last:30d"
TOO_BROAD = "rule too broad"
MOST_CLOSED = 500
MOST_LINES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule: `hits` in evidence of the last 30 days, `broad` of its alerts closed as too broad. `id` is its place."""

    id: int
    rule: Rule
    hits: int = 0
    broad: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulings:
    """The rules, or (`problem`) why they could not be read."""

    rows: tuple[RuleRow, ...] = ()
    problem: Safe = EMPTY


def read(packs: Sequence[Path]) -> Rulings:
    """The rules of the packs as they stand now, without the store."""
    try:
        rules = Rulebook.load(packs).rules
    except EarwitnessError as error:
        return Rulings(problem=safe(error))
    count = len(rules)
    return Rulings(rows=tuple(RuleRow(id=count - at, rule=rule) for at, rule in enumerate(rules)))


def counted(connection: Connection, rows: Sequence[RuleRow]) -> dict[str, tuple[int, int]]:
    """Of each rule its hits and how many of its alerts were closed as too broad. Raises StoreError."""
    reasons = reader.closed(connection)
    broad = {alert for alert, reason in reasons.items() if reason == TOO_BROAD}
    found = {}
    for row in rows:
        name = f'rule:"{row.rule.id}"'
        closed = reader.queue(connection, query=f"{name} state:closed", limit=MOST_CLOSED) if broad else ()
        found[row.rule.id] = overview.count(connection, f"{name} {SPAN}"), sum(alert.id in broad for alert in closed)
    return found


def source(rule: Rule) -> list[Safe]:
    """The rule as it stands in its file: from its first line to where the next rule begins."""
    try:
        lines = read_text(rule.path).splitlines()
    except EarwitnessError as error:
        return [safe(error)]
    shown: list[Safe] = []
    for number, line in enumerate(lines[rule.line - 1 :]):
        begins = line.startswith(("rule ", "private rule", "global rule", "[[rule]]"))
        if number and begins:
            break
        shown.append(Safe(f"{rule.line + number:>5}  {safe(line.expandtabs(4), limit=300)}"))
        if len(shown) == MOST_LINES:
            break
    while shown and not shown[-1][5:].strip():
        shown.pop()
    return shown
