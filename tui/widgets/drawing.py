"""A section that is drawn, not wrapped: its lines are made anew for every width, and once for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tui.formatting import Line
from tui.widgets.section import Section


class Drawing(Section):
    """Shows what a function makes of a width."""

    _make: Callable[[int], Sequence[Line]] | None = None
    _of: object = None

    def draw(self, make: Callable[[int], Sequence[Line]], of: object) -> None:
        """Show what `make` makes of the columns there are; not again while what it is made `of` is equal."""
        if self._make is None or of != self._of:
            self._make, self._of = make, of
            self.tell(self.lines_at(self.content_size.width))

    def lines_at(self, columns: int) -> Sequence[Line]:
        """The lines at this width."""
        return self._make(columns) if self._make is not None else ()
