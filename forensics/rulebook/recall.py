"""What became of rules whose samples were changed: how often each is still found, what it is lost to, and how cheaply.

Pure: attempts go in, figures come out. A change that cannot be made to a sample is left out and counted, never found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from forensics.model import Analysis, Severity
from forensics.rulebook.cases import HIT, Case
from forensics.rulebook.mutating import Step, cost_of
from forensics.rulebook.trial import unfinished


class Fate(StrEnum):
    """What became of a changed sample: its rule found it, only another rule that alerts did, or none did."""

    FOUND = "found"
    OTHER = "other"
    LOST = "lost"
    LEFT_OUT = "left out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A case after changes `steps`, and its fate; `others` are rules beside its own that found it."""

    case: Case
    steps: tuple[str, ...]
    fate: Fate
    others: tuple[str, ...] = ()

    @property
    def is_applied(self) -> bool:
        """Say whether the changes were made and it was looked at to the end."""
        return self.fate not in (Fate.LEFT_OUT, Fate.UNKNOWN)

    @property
    def cost(self) -> int:
        """What the changes take whoever makes them."""
        return cost_of(self.steps)


@dataclass(slots=True)
class Recall:
    """How many of the changed samples were found, and how many of the rest another rule found."""

    found: int = 0
    other: int = 0
    applied: int = 0
    left_out: int = 0
    unknown: int = 0

    def add(self, attempt: Attempt) -> None:
        """Count one more."""
        self.found += attempt.fate is Fate.FOUND
        self.other += attempt.fate is Fate.OTHER
        self.applied += attempt.is_applied
        self.left_out += attempt.fate is Fate.LEFT_OUT
        self.unknown += attempt.fate is Fate.UNKNOWN

    @property
    def share(self) -> float:
        """Found among applied; 1 where nothing was."""
        return self.found / self.applied if self.applied else 1.0


@dataclass(slots=True, kw_only=True)
class RuleRecall:
    """One rule under every change, each of which is counted by its name; `evasions` are the attempts that lost it."""

    rule: str
    total: Recall = field(default_factory=Recall)
    by_step: dict[str, Recall] = field(default_factory=dict)
    evasions: list[Attempt] = field(default_factory=list)

    def add(self, attempt: Attempt) -> None:
        """Count one attempt; chains of several changes count as evasions alone."""
        if len(attempt.steps) == 1:
            self.total.add(attempt)
            self.by_step.setdefault(attempt.steps[0], Recall()).add(attempt)
        if attempt.fate in (Fate.LOST, Fate.OTHER):
            self.evasions.append(attempt)

    @property
    def weakest(self) -> str | None:
        """The change that loses the largest share, the cheapest of several; None when none loses any."""
        losing = [(each.share, cost_of((step,)), step) for step, each in self.by_step.items() if each.share < 1]
        return min(losing)[2] if losing else None

    @property
    def cheapest(self) -> Attempt | None:
        """The evasion that takes least, one that no other rule finds before others; None when none was found."""
        return min(self.evasions, key=_ease, default=None)

    @property
    def needs_chains(self) -> bool:
        """Say whether no single change evades every rule, so that longer ones are worth trying."""
        return self.total.applied > 0 and not any(each.fate is Fate.LOST for each in self.evasions)


@dataclass(slots=True)
class Report:
    """Every rule, every change over the pack, and the near misses that a change made rules find.

    `exempt` counts the changes that were not tried, as after them a sample is none; `untried` those that no time was
    left for.
    """

    rules: dict[str, RuleRecall] = field(default_factory=dict)
    by_step: dict[str, Recall] = field(default_factory=dict)
    near_misses: Recall = field(default_factory=Recall)
    alarms: list[Attempt] = field(default_factory=list)
    exempt: int = 0
    untried: int = 0

    def add(self, attempt: Attempt) -> None:
        """Count one attempt."""
        if attempt.case.expect != HIT:
            self.near_misses.add(attempt)
            if attempt.fate is Fate.FOUND:
                self.alarms.append(attempt)
            return
        self.rules.setdefault(attempt.case.rule, RuleRecall(rule=attempt.case.rule)).add(attempt)
        if len(attempt.steps) == 1:
            self.by_step.setdefault(attempt.steps[0], Recall()).add(attempt)

    @property
    def total(self) -> Recall:
        """All rules and single changes together."""
        totals = [each.total for each in self.rules.values()]
        return Recall(
            found=sum(each.found for each in totals),
            other=sum(each.other for each in totals),
            applied=sum(each.applied for each in totals),
            left_out=sum(each.left_out for each in totals),
            unknown=sum(each.unknown for each in totals),
        )


def judged(case: Case, steps: Sequence[str], analysis: Analysis) -> Attempt:
    """The fate of a changed case by what was found."""
    rules = {match.rule: match.severity for match in analysis.matches if match.accepted}
    others = tuple(rule for rule in rules if rule != case.rule and rules[rule].rank >= Severity.MEDIUM.rank)
    if case.rule in rules:
        fate = Fate.FOUND
    elif unfinished(analysis):
        fate = Fate.UNKNOWN
    else:
        fate = Fate.OTHER if others else Fate.LOST
    return Attempt(case=case, steps=tuple(steps), fate=fate, others=others)


def chains(steps: Iterable[Step], most: int) -> Iterator[tuple[str, ...]]:
    """Pairs of changes of different families, cheap ones first, so many at most."""
    singles = list(steps)
    pairs = [(a, b) for a in singles for b in singles if a.mutation.family != b.mutation.family]
    pairs.sort(key=lambda pair: (pair[0].cost + pair[1].cost, pair[0].name, pair[1].name))
    for a, b in pairs[:most]:
        yield a.name, b.name


def _ease(attempt: Attempt) -> tuple[bool, int, int, tuple[str, ...]]:
    return attempt.fate is Fate.OTHER, attempt.cost, len(attempt.steps), attempt.steps
