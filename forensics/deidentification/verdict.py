"""What an audit says of a package: identifying, clean, or not wholly read; each reason with where it stands. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from forensics.model import Analysis, OutcomeKind

RULES = "deid-"
_READ = (OutcomeKind.CLEAN, OutcomeKind.MATCHED)


class Verdict(StrEnum):
    """What a package is: `traces` tells of somebody in fields for authors and owners, but holds no identifier."""

    IDENTIFYING = "identifying"
    NOT_READ = "not read"
    TRACES = "traces"
    CLEAN = "clean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One trace: its kind, its value with the middle hidden, the file (container path) and the carrier in it."""

    kind: str
    shown: str
    path: tuple[str, ...]
    carrier: str
    offset: int
    is_identifying: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """One package that was audited. `unread` are container paths with what was not read of them."""

    package: str
    verdict: Verdict
    reasons: tuple[Reason, ...]
    unread: tuple[tuple[str, str], ...]
    artifacts: int


def audit(package: str, analyses: Iterable[Analysis], *, unread: Sequence[tuple[str, str]] = ()) -> Audit:
    """Judge the files of one package; `unread` are files that could not be opened at all, with why."""
    reasons: dict[tuple[str, str, tuple[str, ...]], Reason] = {}
    gaps = list(unread)
    artifacts = 0
    for analysis in analyses:
        artifacts += len(analysis.artifacts)
        for reason in _reasons(analysis):
            reasons.setdefault((reason.kind, reason.shown, reason.path), reason)
        for outcome in analysis.outcomes:
            if outcome.kind not in _READ or outcome.reason:
                path = "/".join(analysis.artifacts[outcome.artifact].path)
                gaps.append((path, outcome.reason or outcome.kind.value))
    found = tuple(sorted(reasons.values(), key=lambda each: (not each.is_identifying, each.path, each.offset)))
    return Audit(
        package=package,
        verdict=_verdict(found, gaps),
        reasons=found,
        unread=tuple(dict.fromkeys(gaps)),
        artifacts=artifacts,
    )


def _verdict(reasons: Sequence[Reason], gaps: Sequence[tuple[str, str]]) -> Verdict:
    if any(reason.is_identifying for reason in reasons):
        return Verdict.IDENTIFYING
    if gaps:
        return Verdict.NOT_READ
    return Verdict.TRACES if reasons else Verdict.CLEAN


def _reasons(analysis: Analysis) -> Iterable[Reason]:
    for match in analysis.matches:
        if not match.rule.startswith(RULES):
            continue
        why = match.why[0]
        yield Reason(
            kind=match.rule.removeprefix(RULES),
            shown=why.text,
            path=analysis.artifacts[match.artifact].path,
            carrier=why.label,
            offset=why.offset,
            is_identifying=match.accepted,
        )
