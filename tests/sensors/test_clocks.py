"""Sleep, clocks that were set and standing still are told; what clocks do by themselves is not."""

from __future__ import annotations

import time

import pytest

from forensics.sensors.clocks import Clocks, Reading

BEGIN = Reading(real=1_700_000_000.0, boot=5000.0, awake=4000.0)


def told(*, real: float, boot: float, awake: float) -> list[tuple[str, str]]:
    readings = iter([BEGIN, Reading(BEGIN.real + real, BEGIN.boot + boot, BEGIN.awake + awake)])
    return [(each.cause, each.detail) for each in Clocks(lambda: next(readings)).check()]


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        ({"real": 1.0, "boot": 1.0, "awake": 1.0}, []),
        ({"real": 1.3, "boot": 1.0, "awake": 1.0}, []),
        ({"real": 3601.0, "boot": 3601.0, "awake": 1.0}, [("machine asleep", "3600 s")]),
        ({"real": 121.0, "boot": 1.0, "awake": 1.0}, [("clock set", "forward by 120.0 s")]),
        ({"real": -59.0, "boot": 1.0, "awake": 1.0}, [("clock set", "back by 60.0 s")]),
        ({"real": 90.0, "boot": 90.0, "awake": 90.0}, [("sensor stood still", "90 s")]),
        (
            {"real": 7201.0, "boot": 3601.0, "awake": 1.0},
            [("machine asleep", "3600 s"), ("clock set", "forward by 3600.0 s")],
        ),
    ],
)
def test_each_disturbance_is_told(moved: dict[str, float], expected: list[tuple[str, str]]) -> None:
    assert told(**moved) == expected


def test_the_time_of_it_is_told_and_told_once() -> None:
    readings = iter([BEGIN, Reading(BEGIN.real + 601, BEGIN.boot + 601, BEGIN.awake + 1), BEGIN, BEGIN])
    clocks = Clocks(lambda: next(readings))
    (slept,) = clocks.check()
    assert (slept.start, slept.end) == (BEGIN.real, BEGIN.real + 601)
    list(clocks.check())
    assert list(clocks.check()) == []


def test_the_systems_clocks_run_together() -> None:
    clocks = Clocks()
    for _ in range(5):
        time.sleep(0.05)
        assert list(clocks.check()) == []
