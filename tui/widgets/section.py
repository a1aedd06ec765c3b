"""One titled part of a story."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tui.formatting import Safe


class Section(Static):
    """A rule with a title over some content."""

    DEFAULT_CSS = """
    Section {
        height: auto; padding: 0 1; margin-bottom: 1;
        border-top: solid $rule; border-title-color: $accent; border-title-style: bold;
    }
    """

    def __init__(self, title: Safe, *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self.border_title = title

    def tell(self, text: Content) -> None:
        """Show this content, or nothing at all when it is empty."""
        self.display = bool(text)
        self.update(text)
