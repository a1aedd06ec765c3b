"""Whether what was alerted on is a canary of this very store, after all of it was opened, compared and judged. Pure.

Only the bytes that were issued are: a canary beside something else is other bytes, and its alert stays one.
"""

from __future__ import annotations

from dataclasses import replace

from forensics import ways
from forensics.model import Analysis, Severity, Subject, Verdict
from forensics.selfcheck.kit import Kit

KNOWN_BY = frozenset({"audio", "text"})
"""The matchers that are to know a canary again: by its sound and by its words, for its bytes are always others."""
MOST_BYTES = 1 << 20
"""No canary is larger: of larger objects no digest is looked for."""
INSIDE = {"https": "http"}
"""What a sensor says of a way, after TLS was opened."""
PREFIX = "selfcheck:"
"""How the only item of a canary's alert begins; nothing else has it, so that no incident takes a canary in."""


def is_sent_so(analysis: Analysis, channel: str) -> bool:
    """Say whether it went by the channel that it was issued for."""
    return ways.family(analysis.observation.channel) == INSIDE.get(channel, channel)


def matchers(analysis: Analysis, kit: Kit) -> frozenset[str]:
    """Which matchers knew the self-check's package again."""
    return frozenset(m.matcher for m in analysis.matches if m.accepted and m.package == kit.package)


def lack(analysis: Analysis, verdict: Verdict, kit: Kit) -> str:
    """What was wrong with how a canary was seen, empty where it was seen as a leak would be."""
    unknown = sorted(KNOWN_BY - matchers(analysis, kit))
    if unknown:
        return f"its bytes were seen, but not known again by {' and '.join(unknown)}"
    if analysis.observation.is_leaving and not verdict.is_alert:
        return f"it was seen and known again, but no alert came of it: {verdict.reason}"
    return ""


def of_nobody(analysis: Analysis) -> Analysis:
    """A canary as nobody's deed: under whose account the monitor runs has sent nothing."""
    seen = analysis.observation
    subject = Subject(host=seen.subject.host, method="of nobody: the monitor's own")
    return replace(analysis, observation=replace(seen, subject=subject))


def as_test(verdict: Verdict, nonce: str) -> Verdict:
    """The verdict on a canary: an alert that says what it is and in which nobody has to look."""
    return replace(
        verdict,
        severity=Severity.INFO,
        title=f"Self-check: {verdict.title}" if verdict.is_alert else verdict.title,
        reason=f"a canary of this store's self-check (triage: {verdict.severity.value}); {verdict.reason}",
        items=(f"{PREFIX}{nonce}",),
    )
