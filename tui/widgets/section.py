"""One titled part of a story."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui.formatting import Line, Safe, hung


class Section(Widget):
    """A rule with a title over lines that are wrapped to the present width."""

    DEFAULT_CSS = """
    Section {
        height: auto; padding: 0 1; margin-bottom: 1;
        border-top: solid $rule; border-title-color: $accent; border-title-style: bold;
    }
    """

    def __init__(self, title: Safe, *, id: str) -> None:
        super().__init__(id=id)
        self.border_title = f" {title} "
        self._lines: Sequence[Line] = ()
        self._drawn: tuple[int, Content] = (-1, Content())

    def tell(self, lines: Sequence[Line]) -> None:
        """Show these lines, or nothing at all when there are none."""
        if lines != self._lines:
            self._lines = lines
            self._drawn = (-1, Content())
            self.refresh(layout=True)
        self.display = bool(lines)

    def lines_at(self, columns: int) -> Sequence[Line]:
        """The lines to be wrapped to that many columns."""
        return self._lines

    def render(self) -> Content:
        """The lines at the present width."""
        return self._draw(self.content_size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as the lines take at `width`."""
        return self._draw(width).plain.count("\n") + 1

    def on_resize(self) -> None:
        """Wrap anew."""
        self.refresh()

    def row_of(self, number: int) -> int:
        """The row on which a line begins at the present width."""
        width = self.content_size.width
        before = self.lines_at(width)[:number]
        return hung(before, width).plain.count("\n") + 1 if before else 0

    def _draw(self, width: int) -> Content:
        if self._drawn[0] != width:
            self._drawn = (width, hung(self.lines_at(width), width))
        return self._drawn[1]
