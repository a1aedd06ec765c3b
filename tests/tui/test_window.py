"""The window of a list against the whole list it shows a part of."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tui.window import MOST_ROWS, Window


@dataclass(frozen=True)
class Numbered:
    id: int


def rows(*ids: int) -> list[Numbered]:
    return [Numbered(id) for id in ids]


class Triage(RuleBasedStateMachine):
    """Rows arrive, vanish, and are paged through; the cursor moves only when a person moves it."""

    def __init__(self) -> None:
        super().__init__()
        self.whole: list[int] = []
        self.next = 1
        self.window: Window[Numbered] = Window()

    @rule(count=st.integers(1, 5))
    def arrive_and_look(self, count: int) -> None:
        for _ in range(count):
            self.whole.insert(0, self.next)
            self.next += 1
        selected, follows = self.window.selected, self.window.is_at_top
        if follows:
            self.window.show(rows(*self.whole[:10]), has_older=len(self.whole) > 10)
            assert self.window.cursor == 0
        else:
            self.window.unseen = sum(id > self.window.newest_id for id in self.whole)
            assert self.window.selected == selected

    @rule(place=st.floats(0, 1))
    def vanish(self, place: float) -> None:
        if not self.window.rows:
            return
        gone = self.window.rows[int(place * (len(self.window.rows) - 1))].id
        selected = self.window.selected
        assert selected is not None
        self.whole.remove(gone)
        left = [row for row in self.window.rows if row.id != gone]
        self.window.renew(left, newest_id=self.window.newest_id, oldest_id=self.window.oldest_id)
        if gone != selected.id:
            assert self.window.selected == selected
        elif self.window.rows:
            older = [row.id for row in left if row.id < gone]
            assert self.window.selected == Numbered(older[0] if older else left[-1].id)

    @rule(steps=st.integers(-4, 4))
    def move(self, steps: int) -> None:
        self.window.move(steps)

    @rule()
    def page(self) -> None:
        below = [id for id in self.whole if id < self.window.oldest_id][:10]
        selected = self.window.selected
        self.window.add_older(rows(*below), has_older=len(below) == 10)
        assert self.window.selected == selected or selected is None

    @invariant()
    def is_sound(self) -> None:
        ids = [row.id for row in self.window.rows]
        assert ids == sorted(set(ids), reverse=True)
        assert 0 <= self.window.cursor < max(1, len(ids))


TestTriage = Triage.TestCase


@given(st.integers(1, 3))
def test_the_window_is_bounded(pages: int) -> None:
    window: Window[Numbered] = Window()
    window.show(rows(*range(50_000, 50_000 - MOST_ROWS + 5, -1)), has_older=True)
    for _ in range(pages):
        window.add_older(rows(*range(window.oldest_id - 1, window.oldest_id - 200, -1)), has_older=True)
    assert len(window.rows) == MOST_ROWS
    assert not window.has_older
