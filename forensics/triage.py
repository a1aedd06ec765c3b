"""Analysis + policy + register -> what a person should hear of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from forensics import returns, ways
from forensics.model import (
    Analysis,
    IncidentKey,
    Match,
    Observation,
    OutcomeKind,
    Scope,
    Severity,
    Suppression,
    Verdict,
)
from forensics.policy import Policy
from forensics.register.book import Register

UNREAD = (OutcomeKind.ENCRYPTED, OutcomeKind.TOO_LARGE, OutcomeKind.TIMED_OUT)
REGISTERED = ("digest", "audio", "text")
SEVERAL_CLIPS = 3
SEVERAL_PACKAGES = 3


def decide(analysis: Analysis, policy: Policy, register: Register) -> Verdict:
    """Say whether a person should hear of this, how loudly, in which words, and what ties it to other alerts.

    What was inferred, not seen, is called so.
    """
    verdict = _decide(analysis, policy, register)
    inference = analysis.observation.inference
    if not inference:
        return verdict
    title = f"{verdict.title} (inferred)" if verdict.title else ""
    return replace(verdict, title=title, reason=f"{inference}; {verdict.reason}")


def suppress(verdict: Verdict, analysis: Analysis, suppressions: Iterable[Suppression]) -> Verdict:
    """The verdict without its alert when a suppression fits, which it then names; it stays a sighting and counts."""
    if not verdict.is_alert:
        return verdict
    for each in suppressions:
        if _fits(each.scope, analysis):
            reason = f"suppressed by S{each.id} ({each.reason}): {verdict.title}; {verdict.reason}"
            return replace(verdict, is_alert=False, reason=reason, suppressed=each.name)
    return verdict


def _fits(scope: Scope, analysis: Analysis) -> bool:
    seen = analysis.observation
    is_there = (
        scope.channel in ("", seen.channel, ways.family(seen.channel))
        and scope.user in ("", seen.subject.user)
        and scope.host in ("", seen.subject.host)
        and seen.destination.startswith(scope.destination)
    )
    if not is_there or not (scope.rule or scope.item or scope.package):
        return is_there
    matches = [match for match in analysis.matches if match.accepted]
    return bool(matches) and all(
        scope.rule in ("", match.rule)
        and scope.item in ("", match.item, match.item.partition(":")[0])
        and scope.package in ("", match.package)
        for match in matches
    )


def _decide(analysis: Analysis, policy: Policy, register: Register) -> Verdict:
    matches = [_graded(match, policy) for match in analysis.matches if match.accepted]
    items = _items(analysis, matches)
    severity = max((match.severity for match in matches), key=lambda s: s.rank, default=Severity.INFO)
    if not matches:
        return _unread(analysis, policy)
    if not analysis.observation.is_leaving:
        return Verdict(is_alert=False, severity=severity, title="", reason="seen, but not leaving", items=items)
    way, objections = returns.judge(analysis, matches, policy, register)
    if way is not None and not objections:
        reason = f"sanctioned return ({way.name})"
        return Verdict(is_alert=False, severity=Severity.INFO, title="", reason=reason, items=items)
    if len(_takes(matches)) >= SEVERAL_CLIPS:
        severity = Severity.CRITICAL
    reason = _reason(matches)
    if way is not None:
        reason += f"; sent to the sanctioned destination {way.name}, but {', '.join(objections)}"
    return Verdict(
        is_alert=severity.rank >= policy.threshold.rank,
        severity=severity,
        title=_title(analysis.observation, matches),
        reason=reason,
        items=items,
    )


def group(
    verdict: Verdict, observation: Observation, incidents: Sequence[IncidentKey], *, window_hours: float
) -> int | None:
    """Choose the incident an alert belongs to: same host, a shared item, near in time; the latest such one, or none."""
    window_s = window_hours * 3600
    fitting = [
        incident
        for incident in incidents
        if incident.host == observation.subject.host
        and (_is_close(incident) or _may_be_one_person(incident.user, observation.subject.user))
        and incident.first_time - window_s <= observation.time <= incident.last_time + window_s
        and _is_tied(verdict, incident)
    ]
    return max(fitting, key=lambda incident: (_is_close(incident), incident.last_time)).id if fitting else None


def _is_tied(verdict: Verdict, incident: IncidentKey) -> bool:
    """Say whether what they share makes one leak of them.

    Content that holds many packages would tie unrelated leaks together, so it joins only what it shares most of.
    """
    shared = set(incident.items) & set(verdict.items)
    packages = {item for item in verdict.items if item.startswith("package:")}
    if len(packages) < SEVERAL_PACKAGES:
        return bool(shared)
    return any(item.startswith("sha256:") for item in shared) or 2 * len(packages & shared) > len(packages)


def _may_be_one_person(one: str, other: str) -> bool:
    """Say whether two user names may mean the same; the owner of a file on a stick says little of who copied it."""
    return not one or not other or one == other


def _is_close(incident: IncidentKey) -> bool:
    """Say whether the very clip or content is shared, not the package alone."""
    return any(not item.startswith("package:") for item in incident.items)


def _graded(match: Match, policy: Policy) -> Match:
    level = policy.severities.get(match.rule)
    return replace(match, severity=Severity(level)) if level else match


def _items(analysis: Analysis, matches: Sequence[Match]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for match in matches:
        if match.item:
            found[f"item:{match.item.partition(':')[0]}"] = None
    for match in matches:
        if match.package:
            found[f"package:{match.package}"] = None
    blamed = [match.artifact for match in matches] or [o.artifact for o in analysis.outcomes if o.kind in UNREAD]
    for number in blamed or [0]:
        if sha256 := analysis.artifacts[number].content.sha256:
            found[f"sha256:{sha256}"] = None
    return tuple(found)


def _unread(analysis: Analysis, policy: Policy) -> Verdict:
    unread = [outcome for outcome in analysis.outcomes if outcome.kind in UNREAD]
    quiet = Verdict(is_alert=False, severity=Severity.INFO, title="", reason="nothing matched")
    if not unread or policy.unread == "none" or not analysis.observation.is_leaving:
        return quiet
    worst = unread[0]
    name = analysis.artifacts[worst.artifact].name
    return Verdict(
        is_alert=True,
        severity=Severity(policy.unread),
        title=f"{name} left unread ({worst.kind.value.replace('_', ' ')}) {_way(analysis.observation)}",
        reason=worst.reason or worst.kind.value,
        items=_items(analysis, ()),
    )


def _reason(matches: Sequence[Match]) -> str:
    by_rule: dict[str, Match] = {}
    for match in sorted(matches, key=lambda m: -m.severity.rank):
        by_rule.setdefault(match.rule, match)
    return "; ".join(f"{rule}: {match.title or match.item or match.matcher}" for rule, match in by_rule.items())


def _title(observation: Observation, matches: Sequence[Match]) -> str:
    registered = [m for m in matches if m.matcher in ("digest", "audio") and m.item]
    clips = _takes(matches)
    files = _distinct(m.item for m in registered if not m.duration_s)
    texts = _distinct(m.item for m in matches if m.matcher == "text" and m.item)
    packages = _distinct(m.package for m in matches if m.matcher in REGISTERED and m.package)
    if len(clips) > 1:
        what = f"{len(clips)} clips of {_few(packages)}" if packages else f"clips {_few(clips)}"
    elif clips:
        what = f"Clip {clips[0]}"
    elif files:
        what = f"Issued file {_few(files)}"
    elif texts:
        what = f"Text {_few(texts)}"
    else:
        strongest = max(matches, key=lambda m: m.severity.rank)
        what = strongest.title or strongest.rule
    return f"{what} {_way(observation)}"


def _takes(matches: Sequence[Match]) -> list[str]:
    """The clips that were heard or are there byte by byte; of a take that is registered several times, the first."""
    takes: dict[str, None] = {}
    family: set[str] = set()
    heard = [m for m in matches if m.matcher in ("digest", "audio") and m.item and m.duration_s]
    for match in sorted(heard, key=lambda m: m.sound is None):
        if match.item not in family:
            takes[match.item] = None
            family.update(match.sound.family if match.sound else ())
    return [item for item in _distinct(m.item for m in heard) if item in takes]


def _way(observation: Observation) -> str:
    return ways.words(observation.channel)


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
