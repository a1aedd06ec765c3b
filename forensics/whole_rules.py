"""Runs the rules over a whole observation, once it is opened and every other rule was asked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forensics.model import Analysis, Excerpt, Match
from forensics.rulebook.book import Rulebook
from forensics.rulebook.fingerprint_rules import PACKAGE, asked_of
from forensics.rulebook.package_conditions import Asked, Condition, conditions
from forensics.rulebook.rule import Rule


@dataclass(frozen=True, slots=True)
class Whole:
    """One such rule, ready to be asked."""

    rule: Rule
    asked: Asked

    def conditions(self, analysis: Analysis) -> list[Condition]:
        """What it asks, with what that came to."""
        others = [match for match in analysis.matches if match.rule != self.rule.id]
        return list(conditions(self.asked, analysis, others))


def wholes(book: Rulebook) -> list[Whole]:
    """The rules of a book over a whole observation that are run; those that speak of others last."""
    found = [Whole(rule, asked_of(rule)) for rule in book.rules if rule.kind == PACKAGE and rule.is_active]
    return sorted(found, key=lambda each: bool(each.asked.rules or each.asked.not_rules))


def matches(rules: Sequence[Whole], analysis: Analysis) -> Iterator[Match]:
    """The rules all of whose conditions hold; they stand at the observation's own content."""
    for each in rules:
        found = each.conditions(analysis)
        if all(condition.is_true for condition in found):
            rule = each.rule
            yield Match(
                rule=rule.id,
                matcher=PACKAGE,
                artifact=0,
                score=1.0,
                title=rule.title,
                severity=rule.severity,
                category=rule.category,
                technique=rule.technique,
                why=tuple(Excerpt(kind="condition", label=one.text, text=one.value) for one in found),
            )
