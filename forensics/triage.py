"""Analysis + policy + register -> what a person should hear of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from forensics import alert_words, returns, ways
from forensics.model import (
    Analysis,
    IncidentKey,
    Known,
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
from forensics.register.terms import Control

UNREAD = (OutcomeKind.ENCRYPTED, OutcomeKind.TOO_LARGE, OutcomeKind.TIMED_OUT)
SEVERAL_CLIPS = 3
SEVERAL_PACKAGES = 3
NOTHING = Known()
_CLOSE = ("item:", "sha256:", "issuer:")
_TIES = (*_CLOSE, "package:")
"""How items begin that make one leak of two alerts; which way a return took does not."""


def decide(analysis: Analysis, policy: Policy, register: Register, known: Known = NOTHING) -> Verdict:
    """Say whether a person should hear of this, how loudly, in which words, and what ties it to other alerts.

    `known` is what evidence tells of the sender and of earlier returns. What was inferred, not seen, is called so.
    """
    verdict = _decide(analysis, policy, register, known)
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


def _decide(analysis: Analysis, policy: Policy, register: Register, known: Known) -> Verdict:
    seen = analysis.observation
    matches = [_graded(match, policy) for match in analysis.matches if match.accepted]
    named = returns.named(analysis, register)
    if not matches and not named:
        return _unread(analysis, policy)
    items = _items(analysis, matches)
    against = _against(matches, named, register)
    if not seen.is_leaving:
        return _opened(analysis, matches, against, items)
    way, objections = returns.judge(analysis, matches, policy, register)
    if way is not None and not objections:
        doubts = returns.doubts(named[0], analysis, register, known)
        return _returned(named[0], way.name, doubts, items, policy.threshold)
    severity = max((match.severity for match in matches), key=lambda s: s.rank, default=Severity.MEDIUM)
    if len(alert_words.takes(matches)) >= SEVERAL_CLIPS:
        severity = Severity.CRITICAL
    reasons = [alert_words.reason(matches)] if matches else [f"translations of package {alert_words.few(named)}"]
    if way is not None:
        reasons.append(f"sent to the sanctioned destination {way.name}, but {', '.join(objections)}")
    if proof := returns.unchosen(matches, register, known):
        reasons.append(
            f"{alert_words.few(proof)}, which nobody returned: the text came from the package, not from a return"
        )
    if against:
        severity = max(severity, Severity.HIGH, key=lambda s: s.rank)
        reasons.append(_decided(against))
    what = alert_words.what(matches) if matches else f"Translations of package {alert_words.few(named)}"
    return Verdict(
        is_alert=severity.rank >= policy.threshold.rank or bool(against),
        severity=severity,
        title=f"{what} {ways.words(seen.channel)}",
        reason="; ".join(reasons),
        items=items if matches else (*(f"package:{package}" for package in named), *items),
    )


def _against(matches: Sequence[Match], named: Sequence[str], register: Register) -> tuple[Control, ...]:
    """What was decided against what is here: halts, recalls and withdrawals of its packages and clips."""
    if not register.issues.controls:
        return ()
    packages = dict.fromkeys([*(match.package for match in matches if match.package), *named])
    issues = [issue for package in packages for issue in register.issues.of(package)]
    clips = dict.fromkeys(match.item.partition(":")[0] for match in matches if match.item)
    return register.issues.against(issues, clips)


def _opened(
    analysis: Analysis, matches: Sequence[Match], against: Sequence[Control], items: tuple[str, ...]
) -> Verdict:
    """What is seen in a folder for work: worth a word only where it should not be there any more."""
    severity = max((match.severity for match in matches), key=lambda s: s.rank, default=Severity.INFO)
    if not against:
        reason = "seen, but not leaving" if matches else "nothing matched"
        return Verdict(is_alert=False, severity=severity, title="", reason=reason, items=items if matches else ())
    what = alert_words.what(matches) if matches else f"Translations in {analysis.observation.name}"
    return Verdict(
        is_alert=True,
        severity=Severity.MEDIUM,
        title=f"{what} opened after {returns.deed(against[0])}",
        reason="; ".join([_decided(against), *([alert_words.reason(matches)] if matches else [])]),
        items=items,
    )


def _returned(
    package: str, way: str, doubts: Sequence[tuple[Severity, str]], items: tuple[str, ...], threshold: Severity
) -> Verdict:
    """A return by place and shape: it closes the issue, silently unless it should not have come, or not from there."""
    doubts = sorted(doubts, key=lambda doubt: -doubt[0].rank)
    severity = doubts[0][0] if doubts else Severity.INFO
    is_alert = bool(doubts) and severity.rank >= min(threshold.rank, Severity.MEDIUM.rank)
    return Verdict(
        is_alert=is_alert,
        severity=severity,
        title=f"Return of package {package}: {doubts[0][1]}" if is_alert else "",
        reason="; ".join([f"sanctioned return ({way})", *(words for _, words in doubts)]),
        items=items if severity is Severity.HIGH else (*items, f"returned:{package}", f"way:{way}"),
    )


def _decided(against: Sequence[Control]) -> str:
    return alert_words.few([returns.words(control) for control in against])


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
    shared = {item for item in set(incident.items) & set(verdict.items) if item.startswith(_TIES)}
    packages = {item for item in verdict.items if item.startswith("package:")}
    if len(packages) < SEVERAL_PACKAGES:
        return bool(shared)
    return any(item.startswith("sha256:") for item in shared) or 2 * len(packages & shared) > len(packages)


def _may_be_one_person(one: str, other: str) -> bool:
    """Say whether two user names may mean the same; the owner of a file on a stick says little of who copied it."""
    return not one or not other or one == other


def _is_close(incident: IncidentKey) -> bool:
    """Say whether the very clip or content is shared, not the package alone."""
    return any(item.startswith(_CLOSE) for item in incident.items)


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
        title=f"{name} left unread ({worst.kind.value.replace('_', ' ')}) {ways.words(analysis.observation.channel)}",
        reason=worst.reason or worst.kind.value,
        items=_items(analysis, ()),
    )
