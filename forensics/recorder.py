"""From a result to evidence: triage decides, the store remembers, and the records for the command line come back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from forensics import issuing, triage
from forensics.content import Content
from forensics.model import (
    UNKEPT,
    AlertState,
    Analysis,
    Gap,
    IncidentKey,
    Known,
    Observation,
    Opaque,
    Return,
    SensorHealth,
    Suppression,
    Verdict,
)
from forensics.policy import Policy
from forensics.protected import Spared, spared
from forensics.register.book import Register
from forensics.selfcheck import judging
from forensics.selfcheck.kit import Kit
from forensics.store.canaries import Canary, Sighting
from forensics.store.rows import LedgerRow, Recorded
from forensics.store.states import Decision
from forensics.store.writer import Group, Store
from forensics.workers import Result

MOST_PACKAGES = 20
"""Of one content, that are asked for earlier returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One result, waiting to be recorded; `ledger` marks the file as done in the same transaction."""

    result: Result
    ledger: LedgerRow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one result; `canary` where it was one of the self-check, whose alert is nobody's to look at."""

    analysis: Analysis
    verdict: Verdict
    recorded: Recorded
    canary: Canary | None = None

    @property
    def alert(self) -> dict[str, str] | None:
        """The alert as a record, or None."""
        if self.recorded.alert_id is None or self.canary is not None:
            return None
        return {
            "id": f"A{self.recorded.alert_id}",
            "incident": f"I{self.recorded.incident_id}",
            "severity": self.verdict.severity.value,
            "title": self.verdict.title,
            "reason": self.verdict.reason,
        }


def unlocked(result: Result) -> Result:
    """A result that a password opened is another finding than the locked file, which may have been kept before."""
    analysis = result.analysis
    if not any("password" in artifact.facts for artifact in analysis.artifacts):
        return result
    key = hashlib.sha256(f"opened\0{analysis.observation.key}".encode()).hexdigest()
    return replace(result, analysis=replace(analysis, observation=replace(analysis.observation, key=key)))


class _Decided(NamedTuple):
    """A result with what was decided, and what of its content is to be kept."""

    analysis: Analysis
    verdict: Verdict
    kept: dict[str, Content]
    ledger: LedgerRow | None
    canary: tuple[Canary, Sighting] | None = None


class Recorder:
    """Decides and records results in groups, one transaction each. Not for several threads at once."""

    def __init__(self, *, store: Store, policy: Policy, folder: Path, process: str = "") -> None:
        """`process` is told with every heartbeat, so that a sensor that was begun again is not taken for the same."""
        self._store = store
        self._process = process
        self._policy = policy
        self._folder = folder
        self._register = Register.load(folder)
        self._taken: dict[int, str] = {}
        """The canaries that were met in the group that is recorded, each with the key of its observation."""
        self._kit = Kit(store.selfcheck_secret())
        self._judged: tuple[str, set[str]] = ("", set())
        """The packages whose issue was judged, under which state of the register."""

    def record(
        self,
        entries: Sequence[Entry],
        *,
        gaps: Sequence[Gap] = (),
        health: Sequence[SensorHealth] = (),
        opaque: Sequence[Opaque] = (),
        opaque_kib: int = 0,
        spares: Sequence[Spared] = (),
    ) -> list[Report]:
        """Record a group of results, gaps and heartbeats in one transaction; it survives a power cut from then on.

        Returns a report for each entry, in order, and then the findings against issuers that are new.
        Connections that were not read are kept by name when they sent `opaque_kib` or more upward. Of what was spared
        only the number is.
        """
        if self._register.is_stale():
            self._register = Register.load(self._folder)
        suppressions = self._store.suppressions()
        back: dict[str, Return] = {}
        self._taken.clear()
        decided = [self._decide(entry, suppressions, back) for entry in entries]
        for each in decided:
            self._store.keep(each.kept)
        with self._store.group() as group:
            for gap in gaps:
                group.gap(gap)
            for flow in opaque:
                group.opaque(flow, is_named=flow.up >= opaque_kib << 10)
            for spare in spares:
                group.spared(spare.name, spare.month)
            for beat in health:
                self._store.heartbeat(beat, process=self._process)
            reports = [self._one(group, each) for each in decided]
            try:
                return [*reports, *self._issuers(group, reports)]
            except BaseException:
                self._judged = ("", set())
                raise

    def _issuers(self, group: Group, reports: Sequence[Report]) -> Iterator[Report]:
        """Record what is wrong with how the packages were issued that were seen, once for each."""
        if self._judged[0] != self._register.version:
            self._judged = (self._register.version, set())
        for report in reports:
            seen = report.analysis.observation
            for package in _packages(report.analysis) - self._judged[1]:
                self._judged[1].add(package)
                found = issuing.finding(package, self._policy, self._register, host=seen.subject.host, time=seen.time)
                if found is None:
                    continue
                recorded = group.record(*found, grouper=self._group)
                if recorded.is_new:
                    yield Report(analysis=found[0], verdict=found[1], recorded=recorded)

    def spares(self, found: Observation | Opaque) -> Spared | None:
        """What is to be counted instead of looked at, by the policy's protected channels; None for all else."""
        return spared(found, self._policy)

    def told(self, findings: Sequence[issuing.Finding]) -> None:
        """Record findings against issuers, each once. Raises StoreError."""
        with self._store.group() as group:
            for found in findings:
                group.record(*found, grouper=self._group)

    def told_full(self, gap: Gap) -> bool:
        """Record on a full disk the gap that says so, if there is a reserve for that; says whether it was recorded."""
        return self._store.told_full(gap)

    def called(self, flow: Opaque) -> Opaque:
        """A connection that was not read, with its user called as evidence calls them. Raises StoreError."""
        return self._store.named(flow)

    def _decide(self, entry: Entry, suppressions: Sequence[Suppression], back: dict[str, Return]) -> _Decided:
        """Judge one result; `back` are packages that came back in the same group, which grows with each."""
        analysis = entry.result.analysis
        verdict = triage.decide(analysis, self._policy, self._register, self._known(analysis, back))
        package, way = verdict.returned
        if package:
            texts = frozenset(m.item for m in analysis.matches if m.accepted and m.matcher == "text")
            back[package] = Return(time=analysis.observation.time, way=way, texts=texts)
        if suppressions:
            called = replace(analysis, observation=self._store.named(analysis.observation))
            verdict = triage.suppress(verdict, called, suppressions)
        if canary := self._own_canary(analysis, verdict):
            analysis = judging.of_nobody(analysis)
            return _Decided(analysis, judging.as_test(verdict, canary[0].nonce), {}, entry.ledger, canary)
        if not verdict.is_alert:
            return _Decided(analysis, verdict, {}, entry.ledger)
        if why_not := self._store.blobs.custodians.why_not():
            return _Decided(_unkept(analysis, why_not), verdict, {}, entry.ledger)
        root = analysis.artifacts[0].content
        kept = {**entry.result.kept, **({root.sha256: root} if root.is_at_hand else {})}
        return _Decided(analysis, verdict, kept, entry.ledger)

    def _own_canary(self, analysis: Analysis, verdict: Verdict) -> tuple[Canary, Sighting] | None:
        """The canary that has exactly these bytes, if it was issued for this channel and was not seen elsewhere."""
        seen = analysis.observation
        if seen.content.size > judging.MOST_BYTES:
            return None
        found = self._store.issued_canary(seen.content.sha256)
        if found is None or not judging.is_sent_so(analysis, found.channel):
            return None
        if found.seal != self._kit.seal(*found.said):
            return None
        if self._taken.setdefault(found.id, found.key or seen.key) != seen.key:
            return None
        by = ", ".join(sorted(judging.matchers(analysis, self._kit)))
        return found, Sighting(key=seen.key, by=by, lack=judging.lack(analysis, verdict, self._kit))

    def _known(self, analysis: Analysis, back: Mapping[str, Return]) -> Known:
        """What evidence tells of who sends and of the packages that are here; of what does not leave nothing."""
        seen = analysis.observation
        packages = _packages(analysis)
        if not seen.is_leaving or not packages or not len(self._register):
            return Known()
        found = {package: self._store.returned(package, but=seen.key) for package in sorted(packages)[:MOST_PACKAGES]}
        before = {package: each for package, each in found.items() if each is not None}
        return Known(sender=self._store.named(seen).subject.user, returns={**before, **back})

    def _one(self, group: Group, decided: _Decided) -> Report:
        analysis, verdict = decided.analysis, decided.verdict
        recorded = group.record(analysis, verdict, grouper=self._group, kept=decided.kept, ledger=decided.ledger)
        canary = self._seen(decided, recorded) if decided.canary else None
        return Report(analysis=analysis, verdict=verdict, recorded=recorded, canary=canary)

    def _seen(self, decided: _Decided, recorded: Recorded) -> Canary:
        """Note that a canary was seen, and close its alert in the same transaction. Raises StoreError where another
        process was first: it is judged again then, as what it is.
        """
        assert decided.canary is not None
        canary, sighting = decided.canary
        if canary.key or not recorded.is_new:
            return canary
        if recorded.incident_id is not None:
            note = f"canary K{canary.id} of the self-check"
            closed = Decision(kind="I", id=recorded.incident_id, state=AlertState.CLOSED, reason="test", note=note)
            self._store.decide([closed])
        return self._store.see_canary(canary.id, sighting)

    def _group(self, verdict: Verdict, observation: Observation, incidents: Sequence[IncidentKey]) -> int | None:
        return triage.group(verdict, observation, incidents, window_hours=self._policy.window_hours)


def _packages(analysis: Analysis) -> set[str]:
    """The packages that were recognised in it, or that it names."""
    found = {match.package for match in analysis.matches if match.accepted and match.package}
    return found.union(package for artifact in analysis.artifacts for package in artifact.packages)


def _unkept(analysis: Analysis, why: str) -> Analysis:
    """An analysis that says of its own content why it is not kept."""
    first, *others = analysis.artifacts
    first = replace(first, facts={UNKEPT: why, **first.facts})
    return replace(analysis, artifacts=(first, *others))
