"""A row list that keeps itself current: reads pages through the feed, counts arrivals, renews what is on the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.message import Message

from forensics.database import Connection
from tui.desk import Desk
from tui.feed import Answer
from tui.formatting import EMPTY, Safe
from tui.questions import Scope
from tui.widgets.row_list import Painter, RowList
from tui.window import PAGE, Row, by_id

Source = Callable[[Connection, Scope, int | None, int], Sequence[Row]]
"""`(connection, scope, before, limit)` -> rows of falling rank, all below `before`."""

PATIENCE_S = 2.0


class LiveRows(RowList[Row]):
    """While the cursor is on the newest row arrivals are shown at once; otherwise they are counted in `unseen`."""

    class Read(Message):
        """The list was read anew, or (`problem`) could not be."""

        def __init__(self, rows: LiveRows[Row], problem: Safe = EMPTY) -> None:
            super().__init__()
            self.rows = rows
            self.problem = problem

    def __init__(
        self,
        painter: Painter[Row],
        source: Source[Row],
        desk: Desk,
        *,
        id: str,
        empty: Safe,
        rank: Callable[[Row], int] = by_id,
    ) -> None:
        super().__init__(painter, id=id, empty=Safe("reading ..."), monotonic=desk.monotonic, rank=rank)
        self.scope = Scope()
        self._when_empty = empty
        self._source = source
        self._feed = desk.feed
        self._is_going_to_top = False
        self._owed: int | None = 0
        self._is_choosing = False
        self._asked = float("-inf")

    def on_mount(self) -> None:
        """Keep the ages right."""
        self.set_interval(5, self.refresh)

    def load(self, scope: Scope | None = None, *, to_top: bool = False) -> None:
        """Read the newest page of the scope. A wish for the top outlives its question: what replaces it asks it too."""
        if scope is not None and scope != self.scope:
            self.scope = scope
            self.window.clear()
            to_top = True
        if not self.window.rows:
            self._owed = self._owed or 0
        self._asked = self._monotonic()
        self._is_going_to_top = to_top = to_top or self._is_going_to_top
        wanted = self.scope
        self._feed.ask(
            self,
            f"{self.id}:page",
            lambda connection: self._source(connection, wanted, None, PAGE),
            lambda rows: self._show(rows, to_top=to_top),
            self._refuse,
        )

    def look(self) -> None:
        """The store changed: show it, or count what is new and renew what is on the screen."""
        if self._is_going_to_top or not self.window.rows:
            self.load()
            return
        if self.is_following:
            self._follow()
            return
        wanted, shown = self.scope, self.visible_rows()
        newest, oldest = (self.window.rank(shown[0]), self.window.rank(shown[-1])) if shown else (0, 0)

        def ask(connection: Connection) -> tuple[Sequence[Row], Sequence[Row]]:
            first = self._source(connection, wanted, None, PAGE)
            return first, self._source(connection, wanted, newest + 1, len(shown)) if shown else ()

        self._feed.ask(self, f"{self.id}:page", ask, lambda found: self._renew(*found, newest, oldest), self._refuse)

    def _follow(self) -> None:
        """Read what fills the screen, and put it on top; what was read below it stays."""
        wanted, limit = self.scope, self.body_height + 1
        self._feed.ask(
            self,
            f"{self.id}:page",
            lambda connection: self._source(connection, wanted, None, limit),
            lambda rows: self._take(lambda: self.window.follow(rows, has_older=len(rows) == limit)),
            self._refuse,
        )

    def action_move(self, steps: int) -> None:
        """Move the cursor; before anything was read, as soon as it is."""
        if self._owed is None:
            super().action_move(steps)
        else:
            self._owed += steps

    def action_choose(self) -> None:
        """Open the row under the cursor; before anything was read, as soon as it is."""
        self._is_choosing = self._owed is not None
        super().action_choose()

    def on_answer(self, message: Answer) -> None:
        """Take what the feed found."""
        message.deliver()

    def on_row_list_wanted(self, message: RowList.Wanted) -> None:
        """Read the page the cursor is coming to."""
        message.stop()
        if message.what == "newest":
            self.load(to_top=True)
            return
        wanted, last = self.scope, self.window.oldest
        self._feed.ask(
            self,
            f"{self.id}:older",
            lambda connection: self._source(connection, wanted, last, PAGE),
            lambda rows: self._add_older(rows, wanted, last),
            self._refuse,
        )

    def _show(self, rows: Sequence[Row], *, to_top: bool) -> None:
        was = self._current()
        self.empty = self._when_empty
        self.window.show(rows, has_older=len(rows) == PAGE)
        if to_top:
            self.window.cursor = 0
            self._is_going_to_top = False
        is_prompt, is_choosing = self._monotonic() - self._asked < PATIENCE_S, self._is_choosing
        self.window.move(self._settle())
        self.sync(None if to_top else was)
        self.post_message(self.Read(self))
        if is_choosing and is_prompt:
            super().action_choose()

    def _renew(self, first: Sequence[Row], shown: Sequence[Row], newest: int, oldest: int) -> None:
        self._take(lambda: self.window.renew(shown, newest=newest, oldest=oldest, first=first))

    def _take(self, change: Callable[[], None]) -> None:
        """Let what was found change the window, and draw it."""
        was = self._current()
        change()
        self.sync(was)
        self.post_message(self.Read(self))

    def _add_older(self, rows: Sequence[Row], scope: Scope, last: int) -> None:
        if scope == self.scope and last == self.window.oldest:
            self.window.add_older(rows, has_older=len(rows) == PAGE)
            self.sync()

    def _refuse(self, words: Safe) -> None:
        self.empty = EMPTY
        self._is_going_to_top = False
        self._settle()
        self.sync()
        self.post_message(self.Read(self, words))

    def _settle(self) -> int:
        """The steps that were asked for while nothing was there, unless that was long ago."""
        owed, self._owed, self._is_choosing = self._owed or 0, None, False
        return owed if self._monotonic() - self._asked < PATIENCE_S else 0

    def _current(self) -> int | None:
        return self.selected.id if self.selected is not None else None
