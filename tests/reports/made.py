"""A store with one incident that has something of everything: sound, words, bytes, gaps, unread connections, acts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from forensics.content import Content
from forensics.model import (
    AlertState,
    Excerpt,
    Gap,
    Match,
    Opaque,
    OutcomeKind,
    Severity,
    Sound,
    Subject,
)
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, match, observation, verdict

HOSTILE = "=cmd|'/c calc'!A1\x1b]0;x\x07<script>alert(1)</script>&\u202e\udcff\"'.wav"
SOUND = Sound(
    false_alarm=1 / 40_000,
    pitch=1.05,
    family=("C-009",),
    clip_length_s=8.0,
    issued=tuple(range(1, 63)),
    heard=tuple(number ^ (number % 3) for number in range(1, 63)),
    evidence=tuple(float(number % 5 - 1) for number in range(1, 63)),
)
LEAK = b"the words that were spoken"


def heard(**values: object) -> Match:
    """A clip heard, with how."""
    return replace(match(sound=SOUND, technique="T1052.001"), **values)  # type: ignore[arg-type]


def passage() -> Match:
    """A registered text found in what is inside."""
    why = (Excerpt(kind="text", label="T-5", text="=a passage"),)
    return match(
        rule="registered-text", matcher="text", item="T-5", package="PKG-7", artifact=1, why=why, duration_s=0.0
    )


def rule() -> Match:
    """A rule that names nothing registered."""
    return match(rule="canary", matcher="yara", item="", package="", why=(), duration_s=0.0, severity=Severity.LOW)


def fill(folder: Path) -> None:
    """Write the incident I1: two alerts, a sighting, gaps, an unread connection, an acknowledgement."""
    with Store.open(folder, actor="tester", clock=lambda: NOW + 60) as store:
        with store.group() as group:
            stick = observation("a", name=HOSTILE, content=Content.of(LEAK))
            group.record(analysis(stick, (heard(), rule())), verdict(), grouper=latest)
            upload = observation(
                "b", channel="http", time=NOW + 30, destination="http://198.51.100.7:8080/up?x=1", peer="198.51.100.7"
            )
            inside = analysis(
                upload,
                (heard(clip_start_s=4.0, duration_s=3.0), passage()),
                inside={"notes.txt": OutcomeKind.CLEAN, "locked.zip": OutcomeKind.ENCRYPTED},
            )
            group.record(inside, verdict(), grouper=latest)
            group.record(analysis(observation("c", is_leaving=False)), verdict(is_alert=False), grouper=latest)
            for channel, cause in (("network", "packets dropped <b>"), ("share", "unmounted")):
                group.gap(Gap(sensor="s", channel=channel, start=NOW, end=NOW + 9, cause=cause, size=3, unit="packets"))
            group.gap(Gap(sensor="s", channel="network", start=NOW + 9e4, end=NOW + 9e4, cause="much later"))
            flow = Opaque(
                protocol="tls",
                source="192.0.2.1:5",
                destination="198.51.100.9:443",
                name="drop.example",
                start=NOW,
                end=NOW + 5,
                up=70_000,
                down=100,
                flow="f1",
                subject=Subject(host="ws-1", user="user1", process="browser"),
            )
            group.opaque(flow, is_named=True)
        store.set_alert_state(1, AlertState.ACKNOWLEDGED, note="looking")
