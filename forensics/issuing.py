"""What is wrong with how something was issued: a finding against the issuer, never against who holds it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from forensics import returns
from forensics.content import Content
from forensics.model import (
    Analysis,
    Artifact,
    Match,
    Observation,
    Outcome,
    OutcomeKind,
    Severity,
    Subject,
    Verdict,
    Versions,
)
from forensics.policy import Policy, Programme
from forensics.register.book import Register
from forensics.register.terms import HALT, WITHDRAWAL, Issued

RULE = "register-issuer"
CATEGORY = "issuer"
CHANNEL = "issue"
Finding = tuple[Analysis, Verdict]


def faults(issue: Issued, policy: Policy, register: Register) -> Iterator[str]:
    """What speaks against having issued this: no consent, one that was withdrawn, a halt, a scope that is left."""
    programme = policy.programmes.get(issue.programme, Programme())
    if "consent" in programme.demands and not issue.consents:
        yield "without a consent token"
    if "agreement" in programme.demands and not issue.agreement:
        yield "without an agreement"
    for control in register.issues.against([issue]):
        if control.act in (WITHDRAWAL, HALT) and control.since <= issue.issued:
            yield f"after {returns.words(control)}"
    for allowed, whose in ((issue.languages, "its translation scope"), (programme.languages, "its programme")):
        if outside := sorted(_outside(issue.spoken, allowed)):
            yield f"with {', '.join(outside)}, outside the languages of {whose} ({', '.join(allowed)})"
    if programme.purposes and (wrong := sorted({*issue.purposes} - {*programme.purposes})):
        yield f"for {', '.join(wrong)}, outside the purposes of its programme ({', '.join(programme.purposes)})"


def finding(package: str, policy: Policy, register: Register, *, host: str, time: float) -> Finding | None:
    """The finding against whoever issued a package, which names nobody; None when all is well.

    Its key is made from the package and what is wrong, so that it is recorded once.
    """
    issues = register.issues.of(package)
    wrong = tuple(dict.fromkeys(fault for issue in issues for fault in faults(issue, policy, register)))
    if not wrong:
        return None
    said = f"package {package} was issued {'; and '.join(wrong)}"
    seen = Observation(
        key=hashlib.sha256("\0".join((CATEGORY, package, *wrong)).encode("utf-8", "replace")).hexdigest(),
        channel=CHANNEL,
        time=time,
        name=package,
        content=Content.of(b""),
        is_leaving=False,
        subject=Subject(host=host, method="of nobody: the issuer's"),
        sensor="register",
    )
    match = Match(
        rule=RULE,
        matcher="register",
        artifact=0,
        score=1.0,
        title=f"Issued {wrong[0]}",
        package=package,
        programme=issues[0].programme,
        category=CATEGORY,
    )
    analysis = Analysis(
        observation=seen,
        artifacts=(Artifact(number=0, parent=None, path=(package,), media_type="", content=seen.content),),
        matches=(match,),
        outcomes=(Outcome(artifact=0, kind=OutcomeKind.MATCHED),),
        versions=Versions(index=register.version),
    )
    return analysis, Verdict(
        is_alert=True,
        severity=Severity(policy.severities.get(RULE, "medium")),
        title=f"Issuer: {said}",
        reason=f"a finding against the issuer, not against who holds it: {said}",
        items=(f"{CATEGORY}:{package}",),
    )


def _outside(spoken: Iterable[str], allowed: Iterable[str]) -> set[str]:
    """The languages that no allowed one covers; `es` covers `es-MX`. Nothing is outside of nothing said."""
    scope = [each.lower() for each in allowed]
    if not scope:
        return set()
    return {tag for tag in spoken if not any(f"{tag.lower()}-".startswith(f"{each}-") for each in scope)}
