"""Tries each rule on its samples: a hit must be found, a near miss must not.

Samples lie in folders named like the rule: `<samples>/<rule id>/hit/<file>` and `.../miss/<file>`, whatever kind
of rule it is. The file's own name is the name the rule sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from forensics.content import Content
from forensics.errors import EarwitnessError
from forensics.model import Analysis, Match
from forensics.rulebook.book import Rulebook

HIT, MISS = "hit", "miss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One sample of one rule. `expect`: hit or miss."""

    rule: str
    expect: str
    path: Path

    @property
    def name(self) -> str:
        """How reports call it: rule, expectation and file."""
        return f"{self.rule}/{self.expect}/{self.path.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a case came to; `detail` says where it was found, or why it was not as far as that is known."""

    case: Case
    is_passed: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All cases in numbers, and the rules that lack one."""

    rules: int
    cases: int
    failed: int
    without_hit: tuple[str, ...]
    without_miss: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"rules {self.rules}, cases {self.cases}: {self.cases - self.failed} passed, {self.failed} failed; "
            f"without a hit: {len(self.without_hit)}; without a near miss: {len(self.without_miss)}"
        )


def sample_folders(book: Rulebook, shipped: Path) -> list[Path]:
    """Where the samples of a book's rules lie: in each pack's own `samples`, and among the shipped ones."""
    own = [pack.folder / "samples" for pack in book.packs]
    return [folder for folder in (*own, shipped / "rules") if folder.is_dir()]


def find_cases(book: Rulebook, folders: Iterable[Path]) -> list[Case]:
    """The cases of every rule of the book, in its order."""
    places = list(folders)
    cases = []
    for rule in book.rules:
        for expect in (HIT, MISS):
            for folder in places:
                found = sorted(p for p in (folder / rule.id / expect).rglob("*") if p.is_file())
                cases += [Case(rule=rule.id, expect=expect, path=p) for p in found if not p.name.startswith(".")]
    return cases


def run(cases: Iterable[Case], analyse: Callable[[Content, str], Analysis]) -> Iterator[Result]:
    """Try each case; `analyse` opens content of a name to the bottom and matches it."""
    for case in cases:
        try:
            analysis = analyse(Content.at(case.path), case.path.name)
        except EarwitnessError as error:
            yield Result(case=case, is_passed=False, detail=str(error))
            continue
        hits = [match for match in analysis.matches if match.rule == case.rule and match.accepted]
        detail = _where(analysis, hits[0]) if hits else _what_else(analysis) if case.expect == HIT else ""
        yield Result(case=case, is_passed=bool(hits) == (case.expect == HIT), detail=detail)


def summarise(book: Rulebook, results: Sequence[Result]) -> Summary:
    """Count results and name the rules without samples."""
    has = {(result.case.rule, result.case.expect) for result in results}
    return Summary(
        rules=len(book.rules),
        cases=len(results),
        failed=sum(not result.is_passed for result in results),
        without_hit=tuple(rule.id for rule in book.rules if (rule.id, HIT) not in has),
        without_miss=tuple(rule.id for rule in book.rules if (rule.id, MISS) not in has),
    )


def _where(analysis: Analysis, match: Match) -> str:
    path = "/".join(analysis.artifacts[match.artifact].path)
    spots = [f"{why.label} at {why.offset}" for why in match.why[:3]]
    return f"found in {path}" + (f" ({', '.join(spots)})" if spots else "")


def _what_else(analysis: Analysis) -> str:
    rules = dict.fromkeys(match.rule for match in analysis.matches)
    reasons = dict.fromkeys(outcome.reason for outcome in analysis.outcomes if outcome.reason)
    kinds = dict.fromkeys(artifact.media_type for artifact in analysis.artifacts)
    parts = [f"opened as {', '.join(list(kinds)[:4])}"]
    parts += [f"other rules found: {', '.join(rules)}"] if rules else []
    return "not found; " + "; ".join([*parts, *list(reasons)[:2]])
