"""Tries each rule on its cases: what must match has to be found, a near miss must not. Pure: who opens is a parameter.

A case known not to pass yet (`todo`) fails nobody; when it passes all the same it is told as `xpass`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from forensics.content import Content
from forensics.errors import EarwitnessError
from forensics.model import Analysis, Match, OutcomeKind
from forensics.rulebook.book import Rulebook
from forensics.rulebook.cases import HIT, MISS, BadCase, Case, find_cases, sample_folders

__all__ = [
    "HIT",
    "MISS",
    "BadCase",
    "Case",
    "Found",
    "Result",
    "Summary",
    "Verdict",
    "bad",
    "find_cases",
    "judge",
    "run",
    "sample_folders",
    "summarise",
    "unfinished",
]
_MOST_PLACES = 3


class Verdict(StrEnum):
    """What a case came to."""

    PASS = "pass"  # noqa: S105 - the word for it
    FAIL = "FAIL"
    TODO = "todo"
    XPASS = "xpass"
    BAD = "bad"


_RARE = (Verdict.TODO, Verdict.XPASS, Verdict.BAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a rule matched: the container path, and the first strings of it there with their offsets."""

    path: tuple[str, ...]
    spots: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        spots = ", ".join(f"{label} at {offset}" for label, offset in self.spots)
        return f"found in {'/'.join(self.path)}" + (f" ({spots})" if spots else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a case came to; `detail` says where it was found, or why it was not as far as that is known.

    `is_whole`: it was looked at to the end, so that it can be looked at again.
    """

    case: Case | BadCase
    verdict: Verdict
    detail: str = ""
    found: Found | None = None
    is_whole: bool = True

    @property
    def is_passed(self) -> bool:
        """Say whether it holds nobody up."""
        return self.verdict not in (Verdict.FAIL, Verdict.BAD)

    @property
    def is_unfound(self) -> bool:
        """Say whether the rule was to match and, over all of it, did not."""
        is_open = self.verdict in (Verdict.FAIL, Verdict.TODO) and self.is_whole
        return is_open and isinstance(self.case, Case) and self.case.expect == HIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All cases in numbers, and the rules that lack one; `counts` has every verdict."""

    rules: int
    cases: int
    counts: dict[Verdict, int]
    without_hit: tuple[str, ...]
    without_miss: tuple[str, ...]

    @property
    def failed(self) -> int:
        """Cases that did not come out as they should, or could not be tried."""
        return self.counts[Verdict.FAIL] + self.counts[Verdict.BAD]

    def __str__(self) -> str:
        others = [f", {self.counts[each]} {each}" for each in _RARE if self.counts[each]]
        said = f"{self.counts[Verdict.PASS]} passed, {self.counts[Verdict.FAIL]} failed{''.join(others)}"
        return (
            f"rules {self.rules}, cases {self.cases}: {said}; "
            f"without a hit: {len(self.without_hit)}; without a near miss: {len(self.without_miss)}"
        )


class Analyse(Protocol):
    """Opens content of a name to the bottom, after changes where some are asked for, and matches it."""

    def __call__(
        self, content: Content, name: str, *, channel: str = ..., steps: Sequence[str] = ..., seed: int = ...
    ) -> Analysis:
        """Raises RuleError when the changes cannot be made to such content."""


def run(cases: Iterable[Case | BadCase], analyse: Analyse) -> Iterator[Result]:
    """Try each case."""
    for case in cases:
        if isinstance(case, BadCase):
            yield bad(case)
            continue
        try:
            asked = analyse(case.content(), case.file, channel=case.channel, steps=case.steps, seed=case.seed)
        except EarwitnessError as error:
            yield failed(case, str(error))
            continue
        yield judge(case, asked)


def judge(case: Case, analysis: Analysis) -> Result:
    """Hold what was found against what the case expects; nobody passes by not having been looked at."""
    hits = [match for match in analysis.matches if match.rule == case.rule and match.accepted]
    if hits:
        found = where(analysis, hits[0])
        return replace(_result(case, is_met=case.expect == HIT, detail=str(found)), found=found)
    late = unfinished(analysis)
    if case.expect == HIT:
        return replace(_result(case, is_met=False, detail=late or _what_else(analysis)), is_whole=not late)
    return replace(_result(case, is_met=not late, detail=late), is_whole=not late)


def failed(case: Case, why: str) -> Result:
    """The result of a case that could not be looked at."""
    return replace(_result(case, is_met=False, detail=why), is_whole=False)


def bad(case: BadCase) -> Result:
    """The result of a case that is none."""
    return Result(case=case, verdict=Verdict.BAD, detail=case.message)


def summarise(book: Rulebook, results: Sequence[Result]) -> Summary:
    """Count results and name the rules without cases."""
    has = {(result.case.rule, result.case.expect) for result in results if isinstance(result.case, Case)}
    return Summary(
        rules=len(book.rules),
        cases=len(results),
        counts={each: sum(result.verdict is each for result in results) for each in Verdict},
        without_hit=tuple(rule.id for rule in book.rules if (rule.id, HIT) not in has),
        without_miss=tuple(rule.id for rule in book.rules if (rule.id, MISS) not in has),
    )


def where(analysis: Analysis, match: Match) -> Found:
    """In which part a rule matched, and where in it."""
    spots = tuple((why.label, why.offset) for why in match.why[:_MOST_PLACES])
    return Found(path=analysis.artifacts[match.artifact].path, spots=spots)


def unfinished(analysis: Analysis) -> str:
    """Why it is not known that nothing is to be found; empty when it is."""
    is_whole = bool(analysis.versions.engine)
    late = [o.reason for o in analysis.outcomes if not is_whole or o.kind is OutcomeKind.TIMED_OUT]
    return f"not all was looked at: {'; '.join(late[:2])}" if late else ""


def _result(case: Case, *, is_met: bool, detail: str) -> Result:
    if case.is_todo:
        return Result(case=case, verdict=Verdict.XPASS if is_met else Verdict.TODO, detail=detail)
    return Result(case=case, verdict=Verdict.PASS if is_met else Verdict.FAIL, detail=detail)


def _what_else(analysis: Analysis) -> str:
    rules = dict.fromkeys(match.rule for match in analysis.matches)
    reasons = dict.fromkeys(outcome.reason for outcome in analysis.outcomes if outcome.reason)
    kinds = dict.fromkeys(artifact.media_type for artifact in analysis.artifacts)
    parts = [f"opened as {', '.join(list(kinds)[:4])}"]
    parts += [f"other rules found: {', '.join(rules)}"] if rules else []
    return "not found; " + "; ".join([*parts, *list(reasons)[:2]])
