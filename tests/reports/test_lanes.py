"""Lanes of cells from any bars and gaps: nothing is lost, nothing is drawn where nothing was."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from forensics.model import Severity
from forensics.reports.lanes import BLOCKS, HATCH, RETURN, chart, level, touched
from forensics.store.rows import GapRow
from forensics.store.timeline import KINDS, Bar, Window

WINDOW = Window(since=1000.0, step_s=10.0, steps=12)
BARS = st.lists(
    st.builds(
        lambda name, kind, step, count, worst: Bar(
            name=name, kind=kind, step=step, count=count, worst=worst if kind == "alert" else None
        ),
        st.sampled_from(["", "p-1", "p-2", "\x1b[2J\u202e"]),
        st.sampled_from(KINDS),
        st.integers(-2, 14),
        st.integers(1, 10_000),
        st.sampled_from(Severity),
    ),
    max_size=60,
)
TIMES = st.floats(900, 1200).map(lambda time: round(time, 2))


def gap(start: float, end: float) -> GapRow:
    return GapRow(id=1, sensor="s", channel="http", start=start, end=end, cause="c", size=-1, unit="", detail="")


GAPS = st.lists(st.tuples(TIMES, TIMES).map(lambda ends: gap(min(ends), max(ends))), max_size=10)


@given(BARS, GAPS)
def test_every_count_is_in_one_cell_of_its_lane(bars: list[Bar], gaps: list[GapRow]) -> None:
    drawn = chart(bars, gaps, WINDOW)
    expected: Counter[tuple[str, str, int]] = Counter()
    for bar in bars:
        if 0 <= bar.step < WINDOW.steps:
            expected[bar.name, bar.kind, bar.step] += bar.count
    found = {
        (lane.name, lane.kind, at): cell.count
        for lane in drawn.lanes[1:]
        for at, cell in enumerate(lane.cells)
        if cell.count
    }
    assert found == expected
    assert all(len(lane.cells) == WINDOW.steps for lane in drawn.lanes)
    assert all(bool(cell.count) == bool(cell.glyph) == bool(cell.tone) for lane in drawn.lanes for cell in lane.cells)
    assert len({lane.key for lane in drawn.lanes}) == len(drawn.lanes)
    assert drawn.lanes[0].key == ("", "gap")


@given(BARS)
def test_signs_say_what_colours_say(bars: list[Bar]) -> None:
    for lane in chart(bars, [], WINDOW).lanes[1:]:
        for at, cell in enumerate(lane.cells):
            if not cell.count:
                continue
            here = [bar for bar in bars if (bar.name, bar.kind, bar.step) == (lane.name, lane.kind, at)]
            if lane.kind == "alert":
                gravest = max((bar.worst for bar in here if bar.worst), key=lambda worst: worst.rank)
                assert (cell.glyph, cell.tone) == (gravest.value[0].upper(), gravest.value)
            else:
                assert cell.glyph == RETURN if lane.kind == "returned" else cell.glyph in BLOCKS
                assert cell.tone == lane.kind


@given(GAPS)
def test_a_gap_hatches_every_step_it_touches_and_no_other(gaps: list[GapRow]) -> None:
    lane = chart([], gaps, WINDOW).lanes[0]
    for at, cell in enumerate(lane.cells):
        start, end = WINDOW.start(at), WINDOW.start(at + 1)
        here = [each for each in gaps if (each.start < end and each.end > start) or start <= each.start < end]
        assert cell.count == len(here)
        assert cell.glyph == (HATCH if here else "")


def test_gaps_of_a_moment_and_at_the_edges() -> None:
    assert list(touched(gap(1010, 1010), WINDOW)) == [1]
    assert list(touched(gap(1000, 1010), WINDOW)) == [0]
    assert list(touched(gap(0, 5000), WINDOW)) == list(range(12))
    assert list(touched(gap(0, 1000), WINDOW)) == []
    assert list(touched(gap(1120, 1130), WINDOW)) == []


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(1, 10**9))
def test_more_is_never_lower_and_one_is_always_seen(one: int, other: int, highest: int) -> None:
    low, high = sorted((min(one, highest), min(other, highest)))
    assert 1 <= level(low, highest) <= level(high, highest) <= level(highest, highest) == len(BLOCKS)


@given(BARS)
def test_the_gravest_alerts_come_first_and_those_left_out_are_counted(bars: list[Bar]) -> None:
    whole = chart(bars, [], WINDOW)
    names = list(dict.fromkeys(lane.name for lane in whole.lanes[1:]))
    inside = [bar for bar in bars if 0 <= bar.step < WINDOW.steps]
    worst = [max((b.worst.rank for b in inside if b.name == name and b.worst), default=-1) for name in names]
    assert worst == sorted(worst, reverse=True)
    cut = chart(bars, [], WINDOW, most=1)
    assert cut.left_out == max(0, len(names) - 1)
    assert list(dict.fromkeys(lane.name for lane in cut.lanes[1:])) == names[:1]


@given(BARS, st.integers(0, 11))
def test_the_nearest_and_the_next_have_something_in_them(bars: list[Bar], step: int) -> None:
    for lane in chart(bars, [], WINDOW).lanes:
        full = [at for at, cell in enumerate(lane.cells) if cell.count]
        assert lane.following(step, 1) == next((at for at in full if at > step), None)
        assert lane.following(step, -1) == next((at for at in reversed(full) if at < step), None)
        nearest = lane.nearest(step)
        assert (nearest is None) == (not full)
        assert nearest is None or abs(nearest - step) == min(abs(at - step) for at in full)
