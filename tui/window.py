"""The part of a long list held in memory: rows by falling id, and the cursor that nothing but a person moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

PAGE = 200
MOST_ROWS = 10_000
"""What lies deeper is found by searching."""


class Keyed(Protocol):
    """A row with an identity that rises with time."""

    @property
    def id(self) -> int:
        """Unique; larger is newer."""


Row = TypeVar("Row", bound=Keyed)


class Window(Generic[Row]):
    """A stretch of rows, newest first. `unseen` counts newer rows that are known of but not shown."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.cursor = 0
        self.has_older = False
        self.unseen = 0

    @property
    def selected(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.rows else None

    @property
    def newest_id(self) -> int:
        """The id of the first row, 0 for an empty window."""
        return self.rows[0].id if self.rows else 0

    @property
    def oldest_id(self) -> int:
        """The id of the last row, 0 for an empty window."""
        return self.rows[-1].id if self.rows else 0

    @property
    def is_at_top(self) -> bool:
        """Say whether the cursor is on the newest row there is, so that arrivals are followed."""
        return self.cursor == 0 and not self.unseen

    def move(self, steps: int) -> None:
        """Move the cursor, staying inside the window."""
        self.cursor = max(0, min(self.cursor + steps, len(self.rows) - 1))

    def show(self, rows: Sequence[Row], *, has_older: bool) -> None:
        """Show the newest page; a cursor at the top stays there, any other stays on its row or the next older one."""
        follows, selected = self.is_at_top, self.selected
        self.rows = list(rows)
        self.has_older = has_older
        self.unseen = 0
        self.cursor = 0
        if selected is not None and not follows:
            self.select(selected.id)

    def add_older(self, rows: Sequence[Row], *, has_older: bool) -> None:
        """Append the page that follows, up to the window's limit."""
        known = self.oldest_id
        self.rows += [row for row in rows if not known or row.id < known]
        del self.rows[MOST_ROWS:]
        self.has_older = has_older and len(self.rows) < MOST_ROWS

    def add_newer(self, rows: Sequence[Row]) -> None:
        """Put arrivals in front. A cursor at the top follows them; any other stays on its row."""
        follows = self.is_at_top
        fresh = [row for row in rows if row.id > self.newest_id]
        self.rows[:0] = fresh
        if not follows:
            self.cursor += len(fresh)

    def renew(self, rows: Sequence[Row], *, newest_id: int, oldest_id: int) -> None:
        """Replace what lies between two ids (both included) by what the store now says of that stretch."""
        selected = self.selected
        newer = [row for row in self.rows if row.id > newest_id]
        older = [row for row in self.rows if row.id < oldest_id]
        between = [row for row in rows if oldest_id <= row.id <= newest_id]
        self.rows = newer + between + older
        if selected is not None:
            self.select(selected.id)

    def select(self, identity: int) -> None:
        """Put the cursor on a row, or on the next older one if it is gone."""
        last = max(0, len(self.rows) - 1)
        self.cursor = next((index for index, row in enumerate(self.rows) if row.id <= identity), last)
