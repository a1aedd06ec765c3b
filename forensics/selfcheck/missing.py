"""What a canary that was not seen comes to: a finding that triage judges like any other, and a gap. Pure.

Technique T1562 of ATT&CK, Impair Defenses: whoever blinds a sensor is among those who could be the cause.
"""

from __future__ import annotations

import hashlib

from forensics import ways
from forensics.content import Content
from forensics.model import (
    Analysis,
    Artifact,
    Direction,
    Gap,
    Match,
    Observation,
    Outcome,
    OutcomeKind,
    Severity,
    Subject,
    Versions,
)

RULE = "selfcheck-missed"
CAUSE = "canary missed"
CHANNEL = "selfcheck"
TECHNIQUE = "T1562"


def finding(nonce: str, channel: str, sensor: str, why: str, *, host: str, sent: float) -> Analysis:
    """The finding; the same canary gives the same key, so that it is recorded once.

    Its content is what was to be seen by which sensor: misses of one sensor and channel belong to one incident.
    """
    content = Content.of(f"{channel} by {sensor}".encode("utf-8", "replace"))
    seen = Observation(
        key=hashlib.sha256(f"{CAUSE}\0{nonce}".encode()).hexdigest(),
        channel=CHANNEL,
        time=sent,
        name=f"canary {nonce}",
        content=content,
        destination=sensor,
        direction=Direction.NONE,
        subject=Subject(host=host, method="of nobody: the monitor's own"),
        sensor=sensor,
    )
    match = Match(
        rule=RULE,
        matcher=CHANNEL,
        artifact=0,
        score=1.0,
        title=f"Canary {ways.words(channel)} missed by {sensor} ({why})",
        severity=Severity.HIGH,
        category="defence",
        technique=TECHNIQUE,
    )
    return Analysis(
        observation=seen,
        artifacts=(Artifact(number=0, parent=None, path=(seen.name,), media_type="text/plain", content=content),),
        matches=(match,),
        outcomes=(Outcome(artifact=0, kind=OutcomeKind.MATCHED),),
        versions=Versions(),
    )


def gap(channel: str, sensor: str, why: str, *, sent: float, until: float) -> Gap:
    """The time in which the sensor did not see what was sent."""
    return Gap(
        sensor=sensor,
        channel=channel,
        start=sent,
        end=max(sent, until),
        cause=CAUSE,
        size=1,
        unit="canaries",
        detail=why,
    )
