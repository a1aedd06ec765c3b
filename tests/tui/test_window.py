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

    @rule(count=st.integers(1, 5), height=st.integers(2, 10))
    def arrive_and_look(self, count: int, height: int) -> None:
        for _ in range(count):
            self.whole.insert(0, self.next)
            self.next += 1
        selected, follows = self.window.selected, self.window.is_at_top
        if follows:
            self.window.follow(rows(*self.whole[:height]), has_older=len(self.whole) > height)
            shown = [row.id for row in self.window.rows]
            assert shown == self.whole[: len(shown)]
            assert self.window.cursor == 0
            assert len(shown) >= min(height, len(self.whole))
            assert self.window.has_older or len(shown) == len(self.whole)
        else:
            self.window.unseen = sum(id > self.window.newest for id in self.whole)
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
        self.window.renew(left, newest=self.window.newest, oldest=self.window.oldest)
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
        below = [id for id in self.whole if id < self.window.oldest][:10]
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
        window.add_older(rows(*range(window.oldest - 1, window.oldest - 200, -1)), has_older=True)
    assert len(window.rows) == MOST_ROWS
    assert not window.has_older


@dataclass(frozen=True)
class Story:
    """A row that rises: `rank` is its newest part."""

    id: int
    rank: int


def stories(*pairs: tuple[int, int]) -> list[Story]:
    return [Story(id, rank) for id, rank in pairs]


def test_a_row_that_rises_keeps_its_place_until_the_newest_page_is_shown() -> None:
    window: Window[Story] = Window(lambda story: story.rank)
    window.show(stories((4, 40), (3, 30), (2, 20), (1, 10)), has_older=True)
    window.move(2)
    now = stories((2, 50), (4, 40), (3, 30), (1, 10))
    window.renew(now[1:], newest=window.newest, oldest=window.oldest, first=now)
    assert window.rows == stories((4, 40), (3, 30), (2, 50), (1, 10)), "its row is renewed where it stands"
    assert window.selected == Story(2, 50)
    assert window.unseen == 1
    window.renew(now[1:], newest=window.newest, oldest=window.oldest, first=now)
    assert window.selected == Story(2, 50), "and stays when the store changes again"
    window.add_older(stories((9, 5)), has_older=False)
    assert [story.id for story in window.rows] == [4, 3, 2, 1, 9]
    window.show(now, has_older=False)
    assert window.rows == now
    assert (window.cursor, window.unseen) == (0, 0)


def test_the_first_row_of_all_counts_as_new_when_it_rises() -> None:
    window: Window[Story] = Window(lambda story: story.rank)
    window.show(stories((2, 20), (1, 10)), has_older=False)
    window.move(1)
    window.renew(stories((1, 10)), newest=20, oldest=10, first=stories((2, 30), (1, 10)))
    assert window.unseen == 1
    assert window.selected == Story(1, 10)
    window.renew(stories((1, 10)), newest=20, oldest=10, first=stories((1, 10)))
    assert window.rows == stories((1, 10)), "what no longer fits is gone, held or not"
