"""The health bar: what it says at any width, and what makes way first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.coverage.asking import Share
from forensics.store.rows import Counts, SensorRow
from forensics.store.standing import Brief
from tests.tui.night_shift import NOW
from tui import health
from tui.feed import Pulse
from tui.formatting import Safe
from tui.health import Sign
from tui.widgets.health_bar import fitted

TIME = Safe("03:14:00 UTC")
WORDS = st.text("abc ", min_size=1, max_size=40).map(Safe)
SIGNS = st.builds(Sign, words=WORDS, brief=WORDS, is_good=st.sampled_from([True, False, None]))


def row(name: str, state: str = "running", **counters: int) -> SensorRow:
    kind = name.partition(":")[0]
    return SensorRow(sensor=name, kind=kind, state=state, time=NOW, counters=counters, detail="")


BAD = Pulse(
    condition="ready",
    counts=Counts(new_alerts=1, open_incidents=1, gaps_last_day=12, observations=9),
    sensors=(row("files:usb", lag_s=75), row("files:share"), row("network:eth0", "degraded", dropped=37)),
    newest_time=NOW - 120,
    selfcheck=Brief(next=NOW + 7260),
    coverage=Share(covered=0.98, opaque=0.12),
)
GOOD = replace(
    BAD,
    counts=Counts(new_alerts=1, open_incidents=1, gaps_last_day=0, observations=9),
    sensors=(row("files:usb"), row("files:share"), row("network:eth0")),
    coverage=Share(covered=1.0, opaque=0.12),
)


def said(pulse: Pulse, columns: int) -> str:
    return fitted(health.signs(pulse, NOW), TIME, columns).plain.rstrip()


def test_at_80_columns_everything_that_has_to_be_seen_stands_there() -> None:
    assert said(BAD, 78) == "! 2 of 3 sensors  ! 12 gaps  ! seen 98%, opaque 12%  ! 37 dropped  ! lag 75 s"
    assert said(GOOD, 78) == "✓ 3 sensors  ✓ no gaps  ✓ seen 100% opaque 12%  ✓ canary in 2h    03:14:00 UTC"
    wide = said(replace(BAD, selfcheck=Brief(missed=("http", "smtp"))), 200)
    assert "! 37 dropped   ! 75 s behind   ! canary missed: http, smtp   newest 2m ago  " in wide


@pytest.mark.parametrize(
    ("selfcheck", "words"),
    [
        (Brief(), None),
        (Brief(next=NOW + 2), "canary due"),
        (Brief(next=NOW - 60), "canary due"),
        (Brief(next=NOW - 600), "canary 10m late"),
        (Brief(missed=("http",)), "canary missed: http"),
    ],
)
def test_canaries(selfcheck: Brief, words: str | None) -> None:
    told = [sign.words for sign in health.signs(replace(GOOD, selfcheck=selfcheck), NOW)]
    assert (words in told) if words else not any("canary" in each for each in told)


@pytest.mark.parametrize(
    ("pulse", "words"),
    [
        (Pulse(), "✓ opening the store"),
        (Pulse(condition="missing"), "! no store yet"),
        (Pulse(condition="broken", notice=Safe("file is not a database")), "! store: file is not a database"),
        (Pulse(condition="ready"), "✓ store   ! no monitor is running   no alerts"),
        (replace(GOOD, sensors=(replace(GOOD.sensors[0], time=NOW - 91),)), "the monitor has gone silent"),
    ],
)
def test_without_a_monitor_or_a_store(pulse: Pulse, words: str) -> None:
    assert words in said(pulse, 110)


@given(st.lists(SIGNS, min_size=1, max_size=7), st.integers(1, 200))
def test_any_signs_fit_any_width_and_what_is_bad_stays_longest(signs: list[Sign], columns: int) -> None:
    line = fitted(signs, TIME, columns)
    assert line.cell_length <= max(columns, 3)
    bad = sum(sign.is_good is False for sign in signs)
    assert line.plain.count("!") == bad or "✓" not in line.plain
