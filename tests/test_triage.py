"""Triage: leaks alert, returns are silent, and one leak's alerts are one incident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from forensics import triage
from forensics.content import Content
from forensics.errors import ConfigError
from forensics.model import (
    Analysis,
    Artifact,
    IncidentKey,
    Match,
    Observation,
    Outcome,
    OutcomeKind,
    Severity,
    Sound,
    Subject,
    Versions,
)
from forensics.policy import Policy, Sanctioned, load
from forensics.register.book import Register
from forensics.register.storage import Issue, RegisterWriter
from forensics.resources import rules_folder

PORTAL = "https://portal.example/return/17"
POLICY = Policy(sanctioned=(Sanctioned(name="portal", destination="https://portal.example/return/*"),))


@pytest.fixture
def register(tmp_path: Path) -> Register:
    """A register with one issued package."""
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(Issue(package="P-1", programme="translator", recipient="reviewer-1"), [])
    return Register.load(tmp_path)


def analysis(
    *,
    matches: Sequence[Match] = (),
    facts: dict[str, str] | None = None,
    media_type: str = "application/x-xliff+xml",
    destination: str = PORTAL,
    outcome: OutcomeKind = OutcomeKind.MATCHED,
    is_leaving: bool = True,
) -> Analysis:
    content = Content.of(b"content")
    observation = Observation(
        key="k", channel="http", time=1000.0, name="x.xlf", content=content, destination=destination,
        is_leaving=is_leaving, subject=Subject(host="h", user="u"),
    )  # fmt: skip
    artifact = Artifact(
        number=0, parent=None, path=("x.xlf",), media_type=media_type, content=content, facts=facts or {}
    )
    return Analysis(
        observation=observation,
        artifacts=(artifact,),
        matches=tuple(matches),
        outcomes=(Outcome(artifact=0, kind=outcome),),
        versions=Versions(),
    )


def text_match(item: str = "c1:candidate-1", package: str = "P-1") -> Match:
    return Match(
        rule="registered-text",
        matcher="text",
        artifact=0,
        score=1.0,
        severity=Severity.HIGH,
        item=item,
        package=package,
    )


RETURN = {"package.id": "P-1", "units": "1", "candidates": "0", "chosen": "1"}


def test_a_return_to_the_sanctioned_place_is_silent(register: Register) -> None:
    verdict = triage.decide(analysis(matches=[text_match()], facts=RETURN), POLICY, register)
    assert not verdict.is_alert
    assert "portal" in verdict.reason


@pytest.mark.parametrize(
    ("facts", "media_type", "objection"),
    [
        (RETURN | {"candidates": "2"}, "text/xml", "candidates nobody chose"),
        (RETURN, "audio/x-wav", "carries audio"),
        (RETURN | {"package.id": "P-1\nP-2"}, "text/xml", "several packages"),
        (RETURN | {"package.id": ""}, "text/xml", "names no package"),
        (RETURN | {"package.id": "P-9"}, "text/xml", "never issued"),
        (RETURN | {"chosen": "0"}, "text/xml", "no chosen translation"),
    ],
)
def test_the_sanctioned_place_with_the_wrong_shape_is_an_alert(
    register: Register, facts: dict[str, str], media_type: str, objection: str
) -> None:
    verdict = triage.decide(analysis(matches=[text_match()], facts=facts, media_type=media_type), POLICY, register)
    assert verdict.is_alert
    assert objection in verdict.reason


def test_the_shape_of_a_return_elsewhere_is_an_alert(register: Register) -> None:
    seen = analysis(matches=[text_match()], facts=RETURN, destination="https://elsewhere.example/return/17")
    assert triage.decide(seen, POLICY, register).is_alert


def test_another_programme_does_not_use_this_way(register: Register) -> None:
    policy = Policy(
        sanctioned=(Sanctioned(name="portal", destination="https://portal.example/*", programmes=("dictation",)),)
    )
    verdict = triage.decide(analysis(matches=[text_match()], facts=RETURN), policy, register)
    assert verdict.is_alert
    assert "another programme" in verdict.reason


def test_work_is_a_sighting_not_an_alert(register: Register) -> None:
    verdict = triage.decide(analysis(matches=[text_match()], is_leaving=False), POLICY, register)
    assert not verdict.is_alert
    assert verdict.items == ("item:c1", "package:P-1", f"sha256:{Content.of(b'content').sha256}")


def test_a_container_left_unread_is_said_so(register: Register) -> None:
    verdict = triage.decide(analysis(outcome=OutcomeKind.ENCRYPTED), POLICY, register)
    assert verdict.is_alert
    assert verdict.severity is Severity.LOW
    assert "encrypted" in verdict.title


def test_an_unread_container_is_the_same_leak_inside_another(register: Register) -> None:
    alone = analysis(outcome=OutcomeKind.ENCRYPTED)
    member = replace(alone.artifacts[0], number=1, parent=0, path=("mail.eml", "x.zip"))
    mail = replace(alone.artifacts[0], content=Content.of(b"a message around it"))
    outcomes = (Outcome(artifact=0, kind=OutcomeKind.CLEAN), Outcome(artifact=1, kind=OutcomeKind.ENCRYPTED))
    inside = replace(alone, artifacts=(mail, member), outcomes=outcomes)
    assert triage.decide(alone, POLICY, register).items == triage.decide(inside, POLICY, register).items


def test_candidates_below_the_threshold_do_not_count(register: Register) -> None:
    below = replace(text_match(), accepted=False)
    verdict = triage.decide(analysis(matches=[below], outcome=OutcomeKind.CLEAN), POLICY, register)
    assert not verdict.is_alert


def test_a_policy_may_lower_a_rule(register: Register) -> None:
    policy = Policy(severities={"registered-text": "low"})
    assert not triage.decide(analysis(matches=[text_match()]), policy, register).is_alert


@pytest.mark.parametrize(("channel", "is_alert"), [("http", False), ("http2", False), ("http3", False), ("ftp", True)])
def test_a_way_back_by_http_is_open_to_every_version_of_it(register: Register, channel: str, is_alert: bool) -> None:
    seen = analysis(matches=[text_match()], facts=RETURN)
    seen = replace(seen, observation=replace(seen.observation, channel=channel))
    policy = Policy(sanctioned=(structs.replace(POLICY.sanctioned[0], channels=("http",)),))
    assert triage.decide(seen, policy, register).is_alert is is_alert


INFERRED = "inferred: curl (7, fanotify) had this file of 9000 bytes open and sent 9800 bytes unread"


def inferred(seen: Analysis) -> Analysis:
    return replace(seen, observation=replace(seen.observation, inference=INFERRED))


def test_what_was_inferred_is_called_so(register: Register) -> None:
    seen = inferred(analysis(matches=[text_match()], destination="https://elsewhere.example/"))
    verdict = triage.decide(seen, POLICY, register)
    assert verdict.is_alert
    assert verdict.title.endswith("by HTTP (inferred)")
    assert verdict.reason.startswith(f"{INFERRED}; ")


def test_of_an_inferred_return_no_more_than_the_host_is_known(register: Register) -> None:
    seen = inferred(analysis(matches=[text_match()], facts=RETURN, destination="https://portal.example/"))
    verdict = triage.decide(seen, POLICY, register)
    assert (verdict.is_alert, verdict.reason) == (False, f"{INFERRED}; sanctioned return (portal)")


def test_several_clips_are_critical(register: Register) -> None:
    clips = [
        replace(text_match(f"c{n}"), matcher="audio", rule="registered-audio", duration_s=5.0)
        for n in range(triage.SEVERAL_CLIPS)
    ]
    verdict = triage.decide(analysis(matches=clips), POLICY, register)
    assert verdict.severity is Severity.CRITICAL
    assert verdict.title == "3 clips of P-1 by HTTP"


def test_one_take_registered_three_times_is_one_clip(register: Register) -> None:
    takes = ("C-1", "C-2", "C-3")
    clips = [
        Match(
            rule="registered-audio",
            matcher="audio",
            artifact=0,
            score=1.0,
            severity=Severity.HIGH,
            item=item,
            duration_s=3.0,
            sound=Sound(family=tuple(other for other in takes if other != item)),
        )
        for item in takes
    ]
    verdict = triage.decide(analysis(matches=clips), Policy(), register)
    assert verdict.severity is Severity.HIGH
    assert verdict.title.startswith("Clip C-1 ")
    assert [item for item in verdict.items if item.startswith("item:")] == ["item:C-1", "item:C-2", "item:C-3"]


def key(id: int, *, items: tuple[str, ...], last: float = 900.0, host: str = "h", user: str = "u") -> IncidentKey:
    return IncidentKey(id=id, items=items, host=host, user=user, first_time=0.0, last_time=last)


def test_one_leak_is_one_incident(register: Register) -> None:
    seen = analysis(matches=[text_match()])
    verdict = triage.decide(seen, POLICY, register)
    incidents = [
        key(1, items=("package:P-1",), last=950.0),
        key(2, items=("item:c1",)),
        key(3, items=("item:other",)),
        key(4, items=("item:c1",), host="another"),
        key(5, items=("package:P-1",), user="somebody"),
    ]
    assert triage.group(verdict, seen.observation, incidents, window_hours=24) == 2
    assert triage.group(verdict, seen.observation, incidents[2:], window_hours=24) is None
    stick = [key(7, items=("item:c1",), user="root")]
    assert triage.group(verdict, seen.observation, stick, window_hours=24) == 7
    old = [key(6, items=("item:c1",), last=-90_000.0)]
    assert triage.group(verdict, seen.observation, old, window_hours=24) is None


def test_content_of_many_packages_does_not_tie_leaks_together(register: Register) -> None:
    seen = analysis(matches=[text_match(f"c{n}", f"P-{n}") for n in range(6)])
    verdict = triage.decide(seen, POLICY, register)
    few = key(1, items=("item:c1", "package:P-1"))
    most = key(2, items=tuple(f"package:P-{n}" for n in range(4)), last=100.0)
    assert triage.group(verdict, seen.observation, [few], window_hours=24) is None
    assert triage.group(verdict, seen.observation, [few, most], window_hours=24) == 2


def test_the_very_clip_ties_closer_than_its_package(register: Register) -> None:
    seen = analysis(matches=[text_match()])
    verdict = triage.decide(seen, POLICY, register)
    incidents = [key(1, items=("item:c1",), last=100.0), key(2, items=("package:P-1",), last=900.0)]
    assert triage.group(verdict, seen.observation, incidents, window_hours=24) == 1


def test_the_shipped_policy_loads_and_a_typo_names_its_key(tmp_path: Path) -> None:
    assert load(rules_folder() / "policy.toml").threshold is Severity.MEDIUM
    path = tmp_path / "policy.toml"
    path.write_text("alert_form = 'high'\n")
    with pytest.raises(ConfigError, match="alert_form"):
        load(path)
