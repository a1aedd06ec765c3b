"""Backtest: what rules would have come to over the evidence that is stored, rule by rule.

A rule is judged by what it adds: would there be an alert with its matches that the register's alone do not raise? Where
the content is not at hand, only what is stored of it is asked, and the rest is said to be unanswered, never clean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from forensics import triage
from forensics.errors import EarwitnessError
from forensics.hunting import NOT_KEPT, SEALED
from forensics.matchers.yara import YaraMatcher
from forensics.model import Analysis, Match, Observation, Outcome, OutcomeKind, Severity, Verdict, Versions
from forensics.pipeline import ENGINE, IDENTIFYING
from forensics.policy import Policy
from forensics.register.book import Register
from forensics.rulebook.book import Rulebook
from forensics.rulebook.rule import Rule
from forensics.store.remembered import Remembered

DAY_S = 86_400.0


@dataclass(slots=True, kw_only=True)
class Record:
    """What one rule comes to; counts are of observations.

    `alerts` would not be alerts without it; `new` are those that were none at the time. `again` matched at the time as
    now, `gone` at the time only, their content being at hand; `unasked` matched at the time, and their content is not
    at hand. `closed` says how people closed the alerts of what it matches.
    """

    rule: Rule
    matched: int = 0
    alerts: int = 0
    new: int = 0
    again: int = 0
    gone: int = 0
    unasked: int = 0
    users: set[str] = field(default_factory=set)
    closed: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One observation that rules match: which of them would have alerted, and what all of them together come to."""

    remembered: Remembered
    matches: tuple[Match, ...]
    alerting: tuple[str, ...]
    verdict: Verdict

    @property
    def is_new(self) -> bool:
        """Say whether it would be an alert that was none at the time."""
        return self.verdict.is_alert and self.remembered.alert is None


@dataclass(slots=True, kw_only=True)
class Totals:
    """What a backtest looked at. `opened` of them had their content at hand; times are in Unix seconds."""

    looked_at: int = 0
    opened: int = 0
    alerts: int = 0
    new: int = 0
    first: float = 0.0
    last: float = 0.0
    unanswered: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)

    @property
    def days(self) -> float:
        """How long a time it was, at least one day."""
        return max(1.0, (self.last - self.first) / DAY_S)


class Backtest:
    """Rules on trial, drafts and all. `closed` says how each closed alert was closed, by its number."""

    def __init__(
        self, rulebook: Rulebook, register: Register, policy: Policy, *, closed: Mapping[int, str] | None = None
    ) -> None:
        self.totals = Totals()
        self.records = {rule.id: Record(rule=rule) for rule in rulebook.rules}
        self.versions = Versions(engine=ENGINE, rules=rulebook.version, index=register.version)
        self._register, self._policy, self._closed = register, policy, closed or {}
        self._over_text = YaraMatcher(rulebook.activated(), Register.empty())

    def look(self, remembered: Remembered, opened: Analysis | None = None) -> Judged | None:
        """Try the rules on one observation; `opened` is what its content showed to them and to the register."""
        self._count(remembered, opened)
        if opened is None:
            known = tuple(match for match in remembered.matches if match.accepted and match.matcher in IDENTIFYING)
            found = tuple(self._in_texts(remembered))
        else:
            accepted = [match for match in opened.matches if match.accepted]
            known = tuple(match for match in accepted if match.matcher in IDENTIFYING)
            found = tuple(match for match in accepted if match.rule in self.records)
        self._compare(remembered, found, is_open=opened is not None)
        if not found:
            return None
        judged = self._judged(remembered, opened, known, found)
        self.totals.alerts += judged.verdict.is_alert
        self.totals.new += judged.is_new
        for id in judged.alerting:
            self.records[id].alerts += 1
            self.records[id].new += remembered.alert is None
        return judged

    def _count(self, remembered: Remembered, opened: Analysis | None) -> None:
        totals, time = self.totals, remembered.observation.time
        totals.first = min(totals.first, time) if totals.looked_at else time
        totals.last = max(totals.last, time) if totals.looked_at else time
        totals.looked_at += 1
        if opened is None:
            totals.unanswered[SEALED if remembered.is_kept else NOT_KEPT] += 1
            return
        totals.opened += 1
        kinds = {outcome.kind for outcome in opened.outcomes} - {OutcomeKind.CLEAN, OutcomeKind.MATCHED}
        totals.unread.update(kind.value for kind in kinds)

    def _in_texts(self, remembered: Remembered) -> Iterator[Match]:
        """What text rules find in the excerpts that are stored."""
        found: dict[str, Match] = {}
        for view in remembered.texts:
            if self._over_text.wants(view):
                for match in self._over_text.match(view):
                    found.setdefault(match.rule, match)
        yield from found.values()

    def _compare(self, remembered: Remembered, found: Sequence[Match], *, is_open: bool) -> None:
        now = {match.rule for match in found}
        then = {match.rule for match in remembered.matches if match.accepted and match.rule in self.records}
        how = self._closed.get(remembered.alert) if remembered.alert is not None else None
        for id in now:
            record = self.records[id]
            record.matched += 1
            record.again += id in then
            record.users.add(remembered.observation.subject.user)
            if how:
                record.closed[how] += 1
        for id in then - now:
            self.records[id].gone += is_open
            self.records[id].unasked += not is_open

    def _judged(
        self, remembered: Remembered, opened: Analysis | None, known: tuple[Match, ...], found: tuple[Match, ...]
    ) -> Judged:
        whole = _analysis(remembered, opened, self.versions)
        without = self._decide(replace(whole, matches=known))
        verdict = self._decide(replace(whole, matches=(*known, *found)))
        rules = dict.fromkeys(match.rule for match in found)
        alone = () if without.is_alert else tuple(id for id in rules if self._alerts(whole, known, found, id))
        return Judged(remembered=remembered, matches=found, alerting=alone, verdict=verdict)

    def _alerts(self, whole: Analysis, known: tuple[Match, ...], found: tuple[Match, ...], id: str) -> bool:
        mine = tuple(match for match in found if match.rule == id)
        return self._decide(replace(whole, matches=(*known, *mine))).is_alert

    def _decide(self, analysis: Analysis) -> Verdict:
        try:
            return triage.decide(analysis, self._policy, self._register)
        except (EarwitnessError, ValueError) as error:
            return Verdict(is_alert=True, severity=Severity.INFO, title="", reason=f"could not be judged: {error}")


def _analysis(remembered: Remembered, opened: Analysis | None, versions: Versions) -> Analysis:
    """What triage is to judge, without matches: the circumstances of then, the artifacts of now where it was opened."""
    seen: Observation = remembered.observation
    if opened is not None:
        return replace(opened, observation=replace(seen, content=opened.observation.content), matches=())
    return Analysis(
        observation=seen,
        artifacts=remembered.artifacts,
        matches=(),
        outcomes=tuple(Outcome(artifact=a.number, kind=OutcomeKind.CLEAN) for a in remembered.artifacts),
        versions=versions,
    )
