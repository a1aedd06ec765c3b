"""The axis of time: windows begin at round moments, zooming goes there and back, ticks stand where clocks turn."""

from __future__ import annotations

from datetime import UTC
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from forensics.reports.axis import STEPS, TICK, clock, ending, over, ticks, zone_name, zoomed
from forensics.store.timeline import Window

NOW = 1_795_317_240.0
"""22 November 2026, 03:14 UTC."""
ZONES = st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata"), ZoneInfo("America/St_Johns")])
TIMES = st.floats(1e9, 3e9)
COLUMNS = st.integers(1, 200)


@given(TIMES, st.sampled_from(STEPS), COLUMNS, ZONES)
def test_a_window_ends_with_the_step_of_its_last_moment(
    until: float, step_s: float, steps: int, zone: ZoneInfo
) -> None:
    window = ending(until, step_s, steps, zone)
    assert (window.step_s, window.steps) == (step_s, steps)
    assert window.start(steps - 1) < until <= window.until
    shift = clock(until, zone).utcoffset()
    assert shift is not None
    assert (window.since + shift.total_seconds()) % min(step_s, 86_400) == 0


@given(TIMES, st.floats(0, 3e8), st.integers(20, 200), ZONES)
def test_the_closest_window_that_holds_all(since: float, length_s: float, steps: int, zone: ZoneInfo) -> None:
    window = over(since, since + length_s, steps, zone)
    assert window.since <= since or window.step_s == STEPS[-1]
    assert window.until >= since + length_s
    closer = [step_s for step_s in STEPS if step_s < window.step_s]
    assert not closer or ending(since + length_s, closer[-1], steps, zone).since > since


@given(TIMES, st.integers(2, len(STEPS) - 3), st.integers(20, 190), st.floats(0, 1), ZONES)
def test_zooming_keeps_the_moment_where_it_was(
    until: float, place: int, steps: int, share: float, zone: ZoneInfo
) -> None:
    window = ending(until, STEPS[place], steps, zone)
    about = window.since + share * (window.until - window.since)
    closer, wider = zoomed(window, about, 1, zone), zoomed(window, about, -1, zone)
    assert (closer.step_s, wider.step_s) == (STEPS[place - 1], STEPS[place + 1])
    for changed in (closer, wider):
        assert abs((changed.until - about) / changed.step_s - (window.until - about) / window.step_s) <= 1.01


@pytest.mark.parametrize("step_s", STEPS)
@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Europe/Berlin")], ids=str)
@pytest.mark.parametrize("steps", [56, 170])
def test_ticks_have_room_for_their_names(step_s: float, zone: ZoneInfo, steps: int) -> None:
    found = ticks(ending(NOW, step_s, steps, zone), zone)
    assert found
    assert len(found) <= steps // (TICK - 2) + 1
    assert all(later.step - earlier.step >= TICK - 1 for earlier, later in pairwise(found))
    assert all(0 <= tick.step < steps and len(tick.name) <= TICK for tick in found)


@given(TIMES, st.sampled_from([step for step in STEPS if step <= 86_400]), COLUMNS, ZONES)
def test_a_tick_stands_at_a_round_moment(until: float, step_s: float, steps: int, zone: ZoneInfo) -> None:
    window = ending(until, step_s, steps, zone)
    assume(clock(window.since, zone).utcoffset() == clock(window.until, zone).utcoffset())
    for tick in ticks(window, zone):
        moment = clock(window.start(tick.step), zone)
        assert tick.name in (f"{moment:%H:%M:%S}", f"{moment:%H:%M}", f"{moment.day} {moment:%b}", f"{moment:%b}")


def test_a_day_is_named_where_it_begins_and_the_zone_is_said() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert [tick.name for tick in ticks(ending(NOW, 600, 55, UTC), UTC)] == ["20:00", "22:00", "22 Nov", "02:00"]
    assert "04:00" in [tick.name for tick in ticks(ending(NOW, 600, 55, berlin), berlin)]
    assert (zone_name(NOW, UTC), zone_name(NOW, berlin)) == ("UTC", "CET")


@given(st.floats(-1e18, 1e18))
def test_impossible_times_have_a_clock(time: float) -> None:
    assert clock(time, UTC)
    ticks(Window(since=time, step_s=60.0, steps=50), UTC)
