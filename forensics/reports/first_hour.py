"""The first hour of an incident: what left, how sure, what cannot be known, whose data, what the clock says. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forensics.coverage.model import Ledger
from forensics.lineage.nouns import Means
from forensics.model import OutcomeKind
from forensics.reports.casefile import CaseFile, Finding
from forensics.store.lineage import known_by
from forensics.store.rows import ArtifactRow, GapRow, Issue, MatchRow, OpaqueRow
from forensics.store.tasks import NOTICE_S

READ = (OutcomeKind.CLEAN, OutcomeKind.MATCHED)
_DEALT_WITH = ("acknowledged", "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What left by one channel: objects, their bytes, and how many of those bytes nobody saw."""

    channel: str
    objects: int
    size: int
    missing_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something registered that left. `kind`: clip, text, file.

    `doubt` is the smallest probability, over all sightings, that it is something else; `means` and `words` are of that
    sighting. `seconds` of a clip are those that were heard or are in the file, counted once.
    """

    id: str
    kind: str
    package: str
    programme: str
    means: Means
    doubt: float
    words: str
    seconds: float
    channels: tuple[str, ...]
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An artifact that could not be read to its end, and why."""

    finding: str
    path: tuple[str, ...]
    outcome: OutcomeKind
    reason: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Bytes `start_byte` up to `end_byte` of an object that were never seen."""

    finding: str
    name: str
    start_byte: int
    end_byte: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """When the organisation may have become aware, and 72 hours later. `basis`: recorded, acknowledged."""

    basis: str
    time: float
    deadline: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstHour:
    """What is asked in the first hour. `other_rules` are rules that matched and name nothing registered.

    `returned` are sanctioned returns of the same content, which are none of what left.
    """

    subject: str
    title: str
    start: float
    end: float
    ways: tuple[Way, ...]
    items: tuple[Item, ...]
    other_rules: tuple[tuple[str, int], ...]
    returned: tuple[str, ...]
    packages: tuple[Issue, ...]
    holes: tuple[Hole, ...]
    unread: tuple[Unread, ...]
    inferred: tuple[str, ...]
    gaps_concerned: tuple[GapRow, ...]
    gaps_elsewhere: int
    opaque: tuple[OpaqueRow, ...]
    coverage: Ledger
    languages: tuple[str, ...]
    clocks: tuple[Clock, ...]
    is_cut: bool

    @property
    def clips(self) -> tuple[Item, ...]:
        """The clips that left."""
        return tuple(item for item in self.items if item.kind == "clip")

    @property
    def seconds(self) -> float:
        """Seconds of speech that left, each clip counted once."""
        return sum(item.seconds for item in self.clips)

    @property
    def least_people(self) -> int:
        """How many people are concerned at least: whose voices the clips are is not recorded, so one or none."""
        return 1 if self.items else 0


def first_hour(case: CaseFile, *, title: str = "") -> FirstHour:
    """Answer the questions of the first hour from what was gathered; the title is the incident's unless given."""
    title = title or (case.incident.title if case.incident is not None else case.subject)
    leaving = case.leaving
    concerned = tuple(gap for gap in case.gaps if case.concerns(gap))
    return FirstHour(
        subject=case.subject,
        title=title,
        start=min(finding.seen.time for finding in case.findings),
        end=max(finding.seen.time for finding in case.findings),
        ways=tuple(_ways(leaving)),
        items=tuple(_items(leaving)),
        other_rules=tuple(_other_rules(leaving)),
        returned=tuple(finding.id for finding in case.returned),
        packages=case.lineage.issues,
        holes=tuple(_holes(leaving)),
        unread=tuple(_unread(leaving)),
        inferred=tuple(seen.id for seen in case.lineage.sightings if seen.is_inferred),
        gaps_concerned=concerned,
        gaps_elsewhere=len(case.gaps) - len(concerned),
        opaque=case.unread,
        coverage=case.coverage,
        languages=tuple(_languages(leaving)),
        clocks=tuple(_clocks(case)),
        is_cut=case.is_cut,
    )


def _ways(leaving: Sequence[Finding]) -> Iterator[Way]:
    for channel in dict.fromkeys(finding.seen.channel for finding in leaving):
        found = [finding for finding in leaving if finding.seen.channel == channel]
        yield Way(
            channel=channel,
            objects=len(found),
            size=sum(finding.content.size for finding in found if finding.content is not None),
            missing_bytes=sum(finding.missing_bytes for finding in found),
        )


def _items(leaving: Sequence[Finding]) -> Iterator[Item]:
    """The registered items of what left, in the order they are first seen."""
    matched: dict[str, list[tuple[Finding, MatchRow]]] = {}
    for finding in leaving:
        for match in finding.accepted:
            if match.item:
                matched.setdefault(match.item, []).append((finding, match))
    for id, found in matched.items():
        finding, match = min(found, key=lambda each: known_by(each[1])[1])
        means, doubt, words = known_by(match)
        kinds = [_kind(known_by(each)[0], _artifact(where, each)) for where, each in found]
        is_clip = "clip" in kinds or any(each.duration_s for _, each in found)
        kind = "clip" if is_clip else _kind(means, _artifact(finding, match))
        findings = {each.id: each for each, _ in found}
        yield Item(
            id=id,
            kind=kind,
            package=match.package,
            programme=match.programme,
            means=means,
            doubt=doubt,
            words=words,
            seconds=_seconds(found) if kind == "clip" else 0.0,
            channels=tuple(dict.fromkeys(each.seen.channel for each in findings.values())),
            findings=tuple(findings),
        )


def _artifact(finding: Finding, match: MatchRow) -> ArtifactRow | None:
    artifacts = (each for each in finding.detail.artifacts if each.number == match.artifact_number)
    return next(artifacts, None)


def _kind(means: Means, artifact: ArtifactRow | None) -> str:
    media_type = artifact.media_type if artifact is not None else ""
    if means is Means.SOUND or (means is Means.BYTES and media_type.startswith(("audio/", "video/"))):
        return "clip"
    return "text" if means is Means.WORDS or media_type.startswith("text/") else "file"


def _seconds(found: Iterable[tuple[Finding, MatchRow]]) -> float:
    """The seconds of a clip that are in any of the findings."""
    total, reached = 0.0, 0.0
    for start, end in sorted(_span(match, _artifact(finding, match)) for finding, match in found):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _span(match: MatchRow, artifact: ArtifactRow | None) -> tuple[float, float]:
    if match.duration_s:
        return match.clip_start_s, match.clip_start_s + match.duration_s
    try:
        return 0.0, min(1e9, max(0.0, float(artifact.facts.get("audio.seconds", "0")))) if artifact else 0.0
    except ValueError:
        return 0.0, 0.0


def _other_rules(leaving: Iterable[Finding]) -> list[tuple[str, int]]:
    matches = (match for finding in leaving for match in finding.accepted if not match.item)
    return sorted(Counter(match.rule for match in matches).items())


def _holes(leaving: Iterable[Finding]) -> Iterator[Hole]:
    for finding in leaving:
        for gap in finding.detail.missing_ranges:
            yield Hole(finding=finding.id, name=finding.seen.name, start_byte=gap.start, end_byte=gap.end)


def _unread(leaving: Iterable[Finding]) -> Iterator[Unread]:
    for finding in leaving:
        for artifact in finding.detail.artifacts:
            if artifact.outcome not in READ:
                yield Unread(
                    finding=finding.id,
                    path=artifact.path,
                    outcome=artifact.outcome,
                    reason=artifact.reason,
                    size=artifact.size,
                )


def _languages(leaving: Iterable[Finding]) -> list[str]:
    facts = (artifact.facts for finding in leaving for artifact in finding.detail.artifacts)
    return sorted({language for each in facts for language in each.get("languages", "").split()})


def _clocks(case: CaseFile) -> Iterator[Clock]:
    """From when an alert was first recorded, and from when a person first dealt with one."""
    alerts = {f"O{finding.seen.id}" for finding in case.findings if finding.alert is not None}
    recorded = [act.time for act in case.acts if act.action == "record" and act.subject in alerts]
    dealt = [act.time for act in case.acts if act.action == "state" and _new_state(act.detail) in _DEALT_WITH]
    for basis, times in (("recorded", recorded), ("acknowledged", dealt)):
        if times:
            yield Clock(basis=basis, time=min(times), deadline=min(times) + NOTICE_S)


def _new_state(detail: str) -> str:
    return detail.partition(" -> ")[2].partition(":")[0]
