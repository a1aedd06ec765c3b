"""Tries rules on their cases in killable workers, and says of what was not found which node of the rule failed."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from forensics.changing import LEFT_OUT, changed
from forensics.config import Config
from forensics.errors import EarwitnessError
from forensics.explaining import explain
from forensics.model import Observation, Versions
from forensics.pipeline import ENGINE, Pipeline, load_decoders, rule_matchers
from forensics.rulebook.book import Rulebook
from forensics.rulebook.choice import Choice
from forensics.rulebook.explanation import Explanation, Seen, Valued
from forensics.rulebook.fingerprint_rules import PACKAGE as WHOLE
from forensics.rulebook.trial import BadCase, Case, Result, bad, failed, judge
from forensics.workers import Result as Answer
from forensics.workers import WorkerPool

MOST_EXPLAINED = 50
"""Cases whose failing nodes are looked for: each is opened again, and asked node by node."""
CASES_PER_WORKER = 250
"""To start a worker costs as much as some hundred cases."""
_AHEAD = 64
_MOST_NODES = 2
C = TypeVar("C")
F = TypeVar("F")
R = TypeVar("R")


class Trials:
    """Workers that run packs, drafts and all, over whatever is submitted, without anybody's register."""

    def __init__(self, pool: WorkerPool, matchers: Sequence[str]) -> None:
        self._pool = pool
        self._matchers = matchers

    def submit(self, case: Case, steps: Sequence[str] = ()) -> Future[Answer]:
        """Queue one case, after its own changes and then `steps`. Raises InputError for its file."""
        return self._pool.submit(observed(case), matchers=self._matchers, steps=(*case.steps, *steps), seed=case.seed)

    def cpu_s(self) -> float:
        """Processor time the workers have taken so far."""
        return self._pool.cpu_s()

    def results(self, cases: Iterable[Case | BadCase]) -> Iterator[Result]:
        """What each case comes to, in their order; some are worked on ahead."""
        return answered(cases, self._ask, _result)

    def _ask(self, case: Case | BadCase) -> Future[Answer] | EarwitnessError | None:
        try:
            return self.submit(case) if isinstance(case, Case) else None
        except EarwitnessError as error:
            return error


@contextmanager
def trials(config: Config, places: Sequence[Path], *, cases: int, jobs: int = 0) -> Iterator[Trials]:
    """Workers for so many cases of the packs at these places: `jobs`, or as many as are worth their start."""
    choice = Choice(places=tuple(places), has_drafts=True)
    count = jobs or min(config.workers.count, 1 + cases // CASES_PER_WORKER)
    with (
        tempfile.TemporaryDirectory(prefix="earwitness-trials-") as nobodys,
        WorkerPool(config, Path(nobodys), count=count, choice=choice) as pool,
    ):
        yield Trials(pool, [*(kind.name for kind in rule_matchers()), WHOLE])


def observed(case: Case) -> Observation:
    """A case as something seen; it does not leave, so that nothing is kept of its sound. Raises InputError."""
    return Observation(
        key=case.name, channel=case.channel, time=0.0, name=case.file, content=case.content(), is_leaving=False
    )


def answered(items: Iterable[C], ask: Callable[[C], F], tell: Callable[[C, F], R]) -> Iterator[R]:
    """Ask some items ahead, and tell of each in order."""
    waiting: deque[tuple[C, F]] = deque()
    for item in items:
        waiting.append((item, ask(item)))
        if len(waiting) > _AHEAD:
            yield tell(*waiting.popleft())
    while waiting:
        yield tell(*waiting.popleft())


def _result(case: Case | BadCase, asked: Future[Answer] | EarwitnessError | None) -> Result:
    if isinstance(case, BadCase):
        return bad(case)
    if not isinstance(asked, Future):
        return failed(case, str(asked))
    answer = asked.result()
    if answer.is_left_out:
        return failed(case, f"{', '.join(case.steps)}: {LEFT_OUT}")
    return judge(case, answer.analysis)


@dataclass(kw_only=True)
class WhyNot:
    """Adds to results of rules that were to match, and did not, which node kept them from it."""

    config: Config
    book: Rulebook
    left: int = MOST_EXPLAINED

    def told(self, result: Result) -> Result:
        """The result with one short line about the failing nodes, where they can be told."""
        case = result.case
        rule = self.book.rule(case.rule)
        if not result.is_unfound or rule is None or not isinstance(case, Case) or self.left <= 0:
            return result
        self.left -= 1
        try:
            seen = observed(case)
            made = changed(self._pipeline, seen, case.steps, case.seed) if case.steps else seen
            if made is None:
                return result
            found = explain(self._pipeline, self.book, [rule], made).explanations
        except EarwitnessError:
            return result
        near = min(found, key=lambda each: (not each.is_match, each.distance))
        return replace(result, detail=f"{result.detail}; {short(near)}")

    @cached_property
    def _pipeline(self) -> Pipeline:
        versions = Versions(engine=ENGINE, rules=self.book.version)
        return Pipeline(decoders=load_decoders(), matchers=[], limits=self.config.limits, versions=versions)


def short(each: Explanation) -> str:
    """Why a rule did not match a part, on one line and without the bytes that stand there."""
    part = "/".join(each.path)
    if each.tree is None:
        return f"not asked of {part}: {each.skipped}"
    nodes = [_said(node) for node in each.failing[:_MOST_NODES]]
    more = f" and {len(each.failing) - _MOST_NODES} more" if len(each.failing) > _MOST_NODES else ""
    return f"fails in {part}: {', '.join(nodes)}{more}" if nodes else f"matches {part} when asked again"


def _said(node: Valued) -> str:
    text = " ".join(node.text.split())
    sides = [side for side in node.sides if side]
    near = next((hint for each in node.walk() for seen in each.strings if (hint := _near(seen))), "")
    beside = "; ".join(([" against ".join(sides)] if sides else []) + ([near] if near else []))
    return f"{text} ({beside})" if beside else text


def _near(seen: Seen) -> str:
    if seen.near is None:
        return ""
    return f"{seen.name} occurs {seen.near.how}, at {seen.near.place.offset}"
