"""A line in which a query is written; `tab` takes what is offered for the word before the cursor."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding

from tui import querying
from tui.formatting import Safe
from tui.widgets.plain_input import PlainInput


class QueryLine(PlainInput):
    """`values` are those of the store, by field; without an offer, `tab` goes on to what is next."""

    BINDINGS: ClassVar = [Binding("tab", "complete", "Take what is offered", show=False)]

    def __init__(self, *, placeholder: str, id: str) -> None:
        super().__init__(placeholder=placeholder, id=id, select_on_focus=False)
        self.values: querying.Values = {}

    @property
    def offers(self) -> list[Safe]:
        """What the word before the cursor may become."""
        return querying.candidates(self.value, self.cursor_position, self.values)

    def action_complete(self) -> None:
        """Take the first offer."""
        offers = self.offers
        if not offers:
            self.screen.focus_next()
            return
        self.value, self.cursor_position = querying.completed(self.value, self.cursor_position, offers[0])
