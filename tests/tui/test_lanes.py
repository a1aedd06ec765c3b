"""The cursor on any lanes, and the lines they are drawn with."""

from __future__ import annotations

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from forensics.model import Severity
from forensics.reports.lanes import BLOCKS, HATCH, NOW, RETURN, Chart, chart
from forensics.store.rows import GapRow
from forensics.store.timeline import KINDS, Bar, Window
from forensics.text_safety import has_hidden
from tui.formatting import width
from tui.lane_cursor import LaneCursor
from tui.lane_rows import LaneRows, label_width
from tui.widgets.time_chart import STYLES

NAMES = ("p-1", "p-2", "", "\x1b[2J\u202e[@click=app.quit]x[/]", "語" * 30)


def windows() -> st.SearchStrategy[Window]:
    return st.builds(
        lambda since, step_s, steps: Window(since=since, step_s=step_s, steps=steps),
        st.integers(1_700_000, 1_800_000).map(lambda since: since * 1000.0),
        st.sampled_from([1.0, 600.0, 86_400.0, 364 * 86_400.0]),
        st.integers(8, 190),
    )


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    window = draw(windows())
    bars = draw(
        st.lists(
            st.builds(
                lambda name, kind, step, count: Bar(
                    name=name, kind=kind, step=step, count=count, worst=Severity.LOW if kind == "alert" else None
                ),
                st.sampled_from(NAMES),
                st.sampled_from(KINDS),
                st.integers(0, window.steps - 1),
                st.integers(1, 500),
            ),
            max_size=20,
        )
    )
    at = draw(st.integers(0, window.steps))
    gap = GapRow(
        id=1,
        sensor="s",
        channel="",
        start=window.start(at),
        end=window.start(at + 3),
        cause="",
        size=-1,
        unit="",
        detail="",
    )
    return chart(bars, [gap], window)


@given(charts(), st.lists(st.sampled_from(["up", "down", "left", "right", "top", "bottom"]), max_size=30))
def test_the_cursor_is_always_on_a_lane_and_on_an_item_where_the_lane_has_one(drawn: Chart, keys: list[str]) -> None:
    cursor = LaneCursor(drawn)
    for key in keys:
        before = cursor.row, cursor.step
        if key in ("up", "down"):
            cursor.move(1 if key == "down" else -1)
        elif key in ("left", "right"):
            has_moved = cursor.item(1 if key == "right" else -1)
            assert has_moved == ((cursor.row, cursor.step) != before)
            assert not has_moved or (cursor.step > before[1]) == (key == "right")
        else:
            cursor.end(1 if key == "top" else -1)
        assert 0 <= cursor.row < len(drawn.lanes)
        assert 0 <= cursor.step < drawn.window.steps
        assert bool(cursor.cell.count) == bool(cursor.lane.count)


@given(charts(), charts())
def test_in_another_chart_the_cursor_keeps_to_its_lane(one: Chart, other: Chart) -> None:
    cursor = LaneCursor(one)
    cursor.move(1)
    key, keys = cursor.lane.key, [lane.key for lane in other.lanes]
    cursor.show(other)
    if key in keys:
        assert cursor.lane.key == key
    elif key[0] in [name for name, _ in keys]:
        assert cursor.lane.name == key[0]
    cursor.show(one)
    assert cursor.lane.key == key, "the lane was forgotten while it was not there"


def test_down_and_up_again_is_where_it_was() -> None:
    window = Window(since=0.0, step_s=10.0, steps=20)
    bars = [Bar(name="a", kind="seen", step=step, count=1) for step in (3, 12)]
    bars.append(Bar(name="b", kind="seen", step=5, count=1))
    cursor = LaneCursor(chart(bars, [], window))
    assert (cursor.lane.name, cursor.step) == ("a", 12)
    cursor.move(1)
    assert (cursor.lane.name, cursor.step) == ("b", 5)
    cursor.move(-1)
    assert (cursor.lane.name, cursor.step) == ("a", 12)


def test_what_was_sought_beyond_the_edge_is_found_in_the_next_chart() -> None:
    bars = [Bar(name="a", kind="seen", step=step, count=1) for step in (2, 9)]
    early = Window(since=0.0, step_s=10.0, steps=10)
    late = Window(since=50.0, step_s=10.0, steps=10)
    cursor = LaneCursor(chart([Bar(name="a", kind="seen", step=4, count=1)], [], late))
    assert not cursor.item(-1)
    cursor.show(chart(bars, [], early))
    assert cursor.step == 2


@given(charts(), st.sampled_from([80, 120, 200]), st.floats(0, 2e9))
def test_lines_are_as_wide_as_the_steps_and_say_by_signs_what_colours_say(
    drawn: Chart, columns: int, now: float
) -> None:
    rows, label = LaneRows(drawn, UTC, now), label_width(columns)
    for line in (0, 1):
        assert sum(width(text) for text, _ in rows.head(line, label)) == label + drawn.window.steps
    for index, lane in enumerate(drawn.lanes):
        pieces = rows.row(index, label, is_first=index == 0, is_here=False)
        assert sum(width(text) for text, _ in pieces) == label + drawn.window.steps
        assert all(style in STYLES for _, style in pieces)
        assert not any(has_hidden(text) for text, _ in pieces)
        cells = "".join(text for text, _ in pieces[3:])
        for sign, cell in zip(cells, lane.cells, strict=True):
            signs = {"gap": HATCH, "alert": "CHMLI", "returned": RETURN, "seen": BLOCKS}[lane.kind]
            assert sign in signs if cell.count else sign in f" ·{NOW}"
