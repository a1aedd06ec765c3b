"""Queries that were kept: one is asked again, or forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from forensics.store.saved import SavedQuery
from tui.formatting import Safe, content, crop, fit, safe

NAME = 18


class SavedDialog(ModalScreen[tuple[SavedQuery, bool] | None]):
    """Gives the query that is chosen, and whether it is to be forgotten."""

    BINDINGS: ClassVar = [Binding("escape", "leave", "Leave"), Binding("d", "forget", "Forget")]
    DEFAULT_CSS = """
    SavedDialog { align: center middle; background: $background 60%; }
    SavedDialog > Vertical {
        width: 76; max-width: 96%; height: auto; padding: 1 2;
        background: $panel; border: round $primary;
    }
    SavedDialog OptionList { height: auto; max-height: 12; margin: 1 0; background: $panel; border: none; padding: 0; }
    SavedDialog OptionList:focus { border: none; background-tint: $panel 0%; }
    SavedDialog OptionList:focus > .option-list--option-highlighted {
        background: $rule; color: $foreground; text-style: bold;
    }
    SavedDialog OptionList:focus:nocolor > .option-list--option-highlighted { text-style: bold reverse; }
    SavedDialog #hint { color: $quiet; }
    """

    def __init__(self, saved: Sequence[SavedQuery]) -> None:
        super().__init__()
        self._saved = tuple(saved)
        self._choices = OptionList(*(Option(_line(each)) for each in self._saved), id="choices")

    def compose(self) -> ComposeResult:
        """The queries, the keys."""
        with Vertical():
            yield Static(content((Safe("Saved queries"), "bold")))
            if self._saved:
                yield self._choices
            else:
                yield Static(content((Safe("None yet: s saves the one that is asked."), "$quiet")))
            yield Static(content(Safe("enter ask it   d forget it   esc leave")), id="hint")

    def on_mount(self) -> None:
        """Begin at the first."""
        if self._saved:
            self._choices.highlighted = 0
            self._choices.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Ask this one."""
        event.stop()
        self.dismiss((self._saved[event.option_index], False))

    def action_forget(self) -> None:
        """Forget the one under the cursor."""
        if self._saved and self._choices.highlighted is not None:
            self.dismiss((self._saved[self._choices.highlighted], True))

    def action_leave(self) -> None:
        """Ask nothing."""
        self.dismiss(None)


def _line(saved: SavedQuery) -> Content:
    query = crop(safe(saved.query, limit=200), 50)
    return content((fit(safe(saved.name), NAME), "bold"), Safe(" "), (query, "$quiet"))
