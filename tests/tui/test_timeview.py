"""Ways to look at time become one another without losing the present or what is under the cursor."""

from __future__ import annotations

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from forensics.reports.axis import STEPS
from forensics.store.grammar import parse, terms_of
from forensics.store.timeline import Window
from tests.tui.night_shift import NOW
from tui.timeview import MARGIN, SHIFT_S, View

COLUMNS = st.integers(8, 190)
MOVES = st.lists(st.sampled_from(["earlier", "later", "closer", "wider", "turned", "zone", "now"]), max_size=30)


def moved(view: View, move: str, columns: int) -> View:
    if move in ("earlier", "later"):
        return view.panned(columns, NOW, 1 if move == "later" else -1)
    if move in ("closer", "wider"):
        window = view.window(columns, NOW)
        return view.zoomed(columns, NOW, (window.since + window.until) / 2, 1 if move == "closer" else -1)
    return {"turned": view.turned, "zone": view.in_other_zone, "now": view.now}[move]()


@given(COLUMNS, MOVES)
def test_any_walk_stays_on_the_ladder_and_before_the_margin_of_now(columns: int, moves: list[str]) -> None:
    view = View.of_shift(columns, NOW)
    for move in moves:
        view = moved(view, move, columns)
        window = view.window(columns, NOW)
        assert window.steps == columns
        assert window.step_s in STEPS
        assert window.until <= NOW + (MARGIN + 1) * window.step_s
        assert view.until is None or view.until < NOW
        if view.until is None:
            assert window.place(NOW) < window.steps


@given(COLUMNS)
def test_a_shift_and_the_present_are_shown_at_first(columns: int) -> None:
    window = View.of_shift(columns, NOW).window(columns, NOW)
    assert window.since <= NOW - SHIFT_S + window.step_s
    assert window.until > NOW


@given(COLUMNS, st.floats(0, 1e8), st.floats(0, 1e8))
def test_the_whole_holds_all_evidence(columns: int, before: float, length_s: float) -> None:
    extent = (NOW - before - length_s, NOW - before)
    view = View.of_shift(columns, NOW).whole(columns, NOW, extent)
    window = view.window(columns, NOW)
    assert window.since <= extent[0] + 1 or window.step_s == STEPS[-1]
    assert window.until >= extent[1]
    oldest = view.oldest(columns, NOW, extent).window(columns, NOW)
    assert oldest.since <= extent[0] + 1 < oldest.until


def test_of_an_empty_store_the_present_is_shown() -> None:
    assert View(step_s=600.0, until=5.0).whole(56, NOW, None).until is None
    assert View(step_s=600.0, until=5.0).oldest(56, NOW, None).until == 5.0


@given(COLUMNS)
def test_there_and_back_again_is_nearly_where_it_began(columns: int) -> None:
    view = View(step_s=600.0, until=NOW - 1e6)
    there = view.panned(columns, NOW, -1)
    back = there.panned(columns, NOW, 1)
    assert back.until is not None
    assert abs(back.until - (NOW - 1e6)) <= 2 * view.step_s


def test_the_query_for_a_step_finds_that_step() -> None:
    window = Window(since=NOW - NOW % 600, step_s=600.0, steps=3)
    words = View(step_s=600.0, query="clip:C-001", zone=UTC).words("p-7q2f9xkd", window, 1)
    assert [(term.field, term.value) for term in terms_of(parse(words))] == [
        ("user", "p-7q2f9xkd"),
        ("after", "2026-11-22T03:20:00"),
        ("before", "2026-11-22T03:30:00"),
        ("clip", "C-001"),
    ]
    assert 'host:"a b"' in View(step_s=600.0, by="host").words("a b", window, 1)
    assert View(step_s=600.0).words("", window, 0).startswith("after:")
