"""Changes the samples of rules in every way there is, in workers, and looks for the cheapest that evades a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future

from forensics.errors import EarwitnessError
from forensics.rulebook.cases import HIT, Case
from forensics.rulebook.mutating import MOST_STEPS, Step
from forensics.rulebook.recall import Attempt, Fate, Report, chains, judged
from forensics.trials import Trials, answered
from forensics.workers import Result as Answer

MOST_CHAINS = 60
"""Pairs of changes that are tried on one sample of a rule which no single change evades."""
_LOOK_EVERY = 32
_Wanted = tuple[Case, tuple[str, ...]]


def evaded(
    trials: Trials,
    cases: Sequence[Case],
    steps: Sequence[Step],
    exempt: Mapping[str, frozenset[str]],
    *,
    most_cpu_s: float,
    tell: Callable[[Attempt], None] = lambda _: None,
) -> Report:
    """Every case under every single step, cheap ones first; then, for rules that withstood, pairs of them.

    Cases that do not come out as they should without a change are no ground to stand on: they are not changed. `exempt`
    names by rule the steps that are not taken. When the workers have taken `most_cpu_s`, the rest is left untried and
    counted. `tell` hears of each attempt.
    """
    report = Report()
    sound = list(_sound(trials, cases))
    due = {case.rule: [s for s in steps if exempt.get(case.rule, frozenset()).isdisjoint(s.names)] for case in sound}
    report.exempt = sum(len(steps) - len(due[case.rule]) for case in sound)
    singles = [(case, (step.name,)) for step in steps for case in sound if step in due[case.rule]]
    _try(trials, singles, report, most_cpu_s, tell)
    first = {case.rule: case for case in reversed(sound) if case.expect == HIT}
    withstood = [first[each.rule] for each in report.rules.values() if each.needs_chains]
    pairs = [(case, pair) for case in withstood for pair in chains(due[case.rule], MOST_CHAINS)]
    _try(trials, pairs, report, most_cpu_s, tell)
    return report


def _try(
    trials: Trials, wanted: Sequence[_Wanted], report: Report, most_cpu_s: float, tell: Callable[[Attempt], None]
) -> None:
    """Make these attempts as long as there is time, and add them to the report."""

    def within_time() -> Iterator[_Wanted]:
        for number, each in enumerate(wanted):
            if number % _LOOK_EVERY == 0 and trials.cpu_s() > most_cpu_s:
                report.untried += len(wanted) - number
                return
            yield each

    for attempt in _attempts(trials, within_time()):
        report.add(attempt)
        tell(attempt)


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
