"""The part of a long list held in memory: rows by falling rank, and the cursor that nothing but a person moves.

The rank of a row says how new it is; that of an incident rises with each of its alerts. A row that has risen since it
was shown keeps its place, with what the store now says of it, until the newest page is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

PAGE = 200
MOST_ROWS = 10_000
"""What lies deeper is found by searching."""


class Keyed(Protocol):
    """A row with an identity."""

    @property
    def id(self) -> int:
        """Unique in its list."""


Row = TypeVar("Row", bound=Keyed)


def by_id(row: Keyed) -> int:
    """The rank of rows that stay as new as they were: their id, which rises with time."""
    return row.id


class Window(Generic[Row]):
    """A stretch of rows, newest first. `unseen` counts rows known to be newer than those shown."""

    def __init__(self, rank: Callable[[Row], int] = by_id) -> None:
        self.rows: list[Row] = []
        self.cursor = 0
        self.has_older = False
        self.unseen = 0
        self._rank = rank
        self._held: dict[int, int] = {}

    @property
    def selected(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.rows else None

    @property
    def newest(self) -> int:
        """The rank of the first row, 0 for an empty window."""
        return self.rank(self.rows[0]) if self.rows else 0

    @property
    def oldest(self) -> int:
        """The rank of the last row, 0 for an empty window."""
        return self.rank(self.rows[-1]) if self.rows else 0

    @property
    def is_at_top(self) -> bool:
        """Say whether the cursor is on the newest row there is, so that arrivals are followed."""
        return self.cursor == 0 and not self.unseen

    def rank(self, row: Row) -> int:
        """The rank that gives the row its place here; that of a row that has risen is the one it had."""
        return self._held.get(row.id, self._rank(row))

    def move(self, steps: int) -> None:
        """Move the cursor, staying inside the window."""
        self.cursor = max(0, min(self.cursor + steps, len(self.rows) - 1))

    def show(self, rows: Sequence[Row], *, has_older: bool) -> None:
        """Show the newest page; a cursor at the top stays there, any other stays on its row or the next older one."""
        follows, selected = self.is_at_top, self.selected
        place = self.rank(selected) if selected is not None else 0
        self._held.clear()
        self.rows = list(rows)
        self.has_older = has_older
        self.unseen = 0
        self.cursor = 0
        if selected is not None and not follows:
            self._select(selected.id, place)

    def follow(self, first: Sequence[Row], *, has_older: bool) -> None:
        """Put the store's newest rows on top of those shown, which go on where these end.

        As many as come on top go at the end: a list that grew would have the screen laid out anew.
        """
        known = {row.id for row in first}
        if self._held or not known.intersection(row.id for row in self.rows):
            self.show(first, has_older=has_older)
            return
        last = self._rank(first[-1])
        below = [row for row in self.rows if row.id not in known and self.rank(row) < last]
        rows = [*first, *below]
        room = max(PAGE, len(self.rows))
        self.show(rows[:room], has_older=len(rows) > room or (self.has_older if below else has_older))

    def clear(self) -> None:
        """Forget every row."""
        self.show((), has_older=False)

    def add_older(self, rows: Sequence[Row], *, has_older: bool) -> None:
        """Append the page that follows, up to the window's limit."""
        known = self.oldest
        self.rows += [row for row in rows if not known or self._rank(row) < known]
        del self.rows[MOST_ROWS:]
        self.has_older = has_older and len(self.rows) < MOST_ROWS

    def renew(self, rows: Sequence[Row], *, newest: int, oldest: int, first: Sequence[Row] = ()) -> None:
        """Replace what lies between two ranks (both included) by `rows`, what the store now says of that stretch.

        `first` is the store's newest page: what of it is above the window counts as unseen.
        """
        selected, top = self.selected, self.newest
        place = self.rank(selected) if selected is not None else 0
        self.unseen = sum(self._rank(row) > top for row in first)
        newer = [row for row in self.rows if self.rank(row) > newest]
        older = [row for row in self.rows if self.rank(row) < oldest]
        stretch = {row.id: self.rank(row) for row in self.rows[len(newer) : len(self.rows) - len(older)]}
        risen = [row for row in first if self._rank(row) > newest and row.id in stretch]
        self._held |= {row.id: stretch[row.id] for row in risen}
        still = [row for row in rows if row.id not in self._held and oldest <= self._rank(row) <= newest]
        self.rows = newer + sorted([*risen, *still], key=self.rank, reverse=True) + older
        if selected is not None:
            self._select(selected.id, place)

    def _select(self, identity: int, place: int) -> None:
        """Put the cursor on a row, or on the one next older than its place if it is gone."""
        last = max(0, len(self.rows) - 1)
        following = next((index for index, row in enumerate(self.rows) if self.rank(row) <= place), last)
        self.cursor = next((index for index, row in enumerate(self.rows) if row.id == identity), following)
