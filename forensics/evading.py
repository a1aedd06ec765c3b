"""Changes the samples of rules in every way there is, in workers, and looks for the cheapest that evades a rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future

from forensics.errors import EarwitnessError
from forensics.rulebook.cases import HIT, Case
from forensics.rulebook.mutating import MOST_STEPS, Step
from forensics.rulebook.recall import Attempt, Fate, Report, chains, judged
from forensics.trials import Trials, answered
from forensics.workers import Result as Answer

MOST_CHAINS = 60
"""Pairs of changes that are tried on one sample of a rule which no single change evades."""
_Wanted = tuple[Case, tuple[str, ...]]


def evaded(
    trials: Trials, cases: Sequence[Case], steps: Sequence[Step], exempt: Mapping[str, frozenset[str]]
) -> Report:
    """Every case under every single step; then, for rules that withstood, pairs of them, cheap ones first.

    Cases that do not come out as they should without a change are no ground to stand on: they are not changed. `exempt`
    names by rule the steps that are not taken.
    """
    report = Report()
    sound = list(_sound(trials, cases))
    due = {case.rule: [s for s in steps if exempt.get(case.rule, frozenset()).isdisjoint(s.names)] for case in sound}
    report.exempt = sum(len(steps) - len(due[case.rule]) for case in sound)
    for attempt in _attempts(trials, ((case, (step.name,)) for case in sound for step in due[case.rule])):
        report.add(attempt)
    for rule in [each.rule for each in report.rules.values() if each.needs_chains]:
        case = next(case for case in sound if case.rule == rule and case.expect == HIT)
        for attempt in _attempts(trials, ((case, pair) for pair in chains(due[rule], MOST_CHAINS))):
            report.add(attempt)
    return report


def _sound(trials: Trials, cases: Sequence[Case]) -> Iterator[Case]:
    """The cases that come out as they should, unchanged; those marked todo are not asked."""
    for result in trials.results([case for case in cases if not case.is_todo]):
        if result.is_passed and isinstance(result.case, Case) and _fits(result.case):
            yield result.case


def _fits(case: Case) -> bool:
    """Say whether two more changes may follow its own."""
    return len(case.steps) + 2 <= MOST_STEPS


def _attempts(trials: Trials, wanted: Iterable[_Wanted]) -> Iterator[Attempt]:
    def ask(each: _Wanted) -> Future[Answer] | None:
        try:
            return trials.submit(*each)
        except EarwitnessError:
            return None

    return answered(wanted, ask, _fate)


def _fate(wanted: _Wanted, asked: Future[Answer] | None) -> Attempt:
    case, steps = wanted
    if asked is None:
        return Attempt(case=case, steps=steps, fate=Fate.UNKNOWN)
    answer = asked.result()
    if answer.is_left_out:
        return Attempt(case=case, steps=steps, fate=Fate.LEFT_OUT)
    return judged(case, steps, answer.analysis)
