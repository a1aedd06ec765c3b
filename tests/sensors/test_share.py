"""A share of a processor, on a clock of its own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forensics.sensors.share import Share


def test_what_was_saved_can_be_spent_at_once_and_no_more() -> None:
    share = Share(0.2, most_s=0.1, ample_s=0.05, now=0.0)
    share.spend(0.1, 0.0)
    assert share.debt_s == 0
    assert not share.is_ample
    share.spend(0.05, 0.0)
    assert round(share.debt_s, 6) == 0.05


def test_time_pays_debts_and_saves_up_to_the_most() -> None:
    share = Share(0.2, most_s=0.1, ample_s=0.05, now=0.0)
    share.spend(0.2, 0.0)
    share.spend(0.0, 0.5)
    assert share.debt_s == 0
    share.spend(0.0, 0.75)
    assert share.is_ample
    share.spend(0.0, 100.0)
    share.spend(0.1, 100.0)
    assert not share.is_ample
    assert share.debt_s == 0


@given(st.lists(st.tuples(st.floats(0.001, 0.02), st.floats(0.0, 0.1)), min_size=30, max_size=60))
def test_who_stops_when_in_debt_keeps_to_the_share(turns: list[tuple[float, float]]) -> None:
    now = spent = 0.0
    share, is_stopped = Share(0.2, most_s=0.1, ample_s=0.05, now=now), False
    for cpu_s, pause_s in turns:
        is_stopped = not share.is_ample if is_stopped else share.debt_s > 0
        now += cpu_s + pause_s
        share.spend(0.0 if is_stopped else cpu_s, now)
        spent += 0.0 if is_stopped else cpu_s
    assert spent <= 0.1 + 0.2 * now + 0.02
