"""The pages of a story on one line: which is shown, how much is on each, and the letter that opens it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.formatting import Piece, Safe, content, width

NOTHING = Safe("–")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A page: `key` opens it."""

    id: str
    title: Safe
    key: Safe


class TabBar(Static):
    """The page that is shown stands in brackets; a page that holds nothing is marked by a dash."""

    DEFAULT_CSS = "TabBar { height: 1; padding: 0 1; color: $foreground; text-wrap: nowrap; }"

    class Chosen(Message):
        """A page was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, tabs: Sequence[Tab], *, id: str) -> None:
        super().__init__(id=id)
        self._tabs = tabs
        self._current = tabs[0].id
        self._counts: Mapping[str, int] = {}

    def tell(self, current: str, counts: Mapping[str, int]) -> None:
        """Show which page is open and how much is on those that can be counted."""
        self._current, self._counts = current, counts
        self.refresh()

    def render(self) -> Content:
        """The line."""
        return content(*(self._label(tab) for tab in self._tabs))

    def on_click(self, event: events.Click) -> None:
        """Open the page under the pointer."""
        at = event.x - self.gutter.left
        for tab in self._tabs:
            at -= self._label(tab).cell_length
            if at < 0:
                self.post_message(self.Chosen(tab.id))
                return

    def _label(self, tab: Tab) -> Content:
        """`[Why 4]`, the letter that opens the page underlined where the title has it, else behind it."""
        is_current = tab.id == self._current
        count = self._counts.get(tab.id)
        is_empty = count == 0
        style = "bold" if is_current else "$quiet" if is_empty else ""
        at = tab.title.casefold().find(tab.key.casefold()) if width(tab.key) == 1 else -1
        before, letter, after = (tab.title[:at], tab.title[at], tab.title[at + 1 :]) if at >= 0 else (tab.title, "", "")
        pieces: list[Piece] = [(Safe("[" if is_current else " "), "bold $accent"), (Safe(before), style)]
        pieces.append((Safe(letter), f"{style} underline"))
        behind = "" if letter else f"({tab.key})"
        number = "" if count is None else f" {NOTHING}" if is_empty else f" {count:,}"
        pieces.append((Safe(f"{after}{behind}{number}"), style))
        return content(*pieces, (Safe("]" if is_current else " "), "bold $accent"))
