"""Asks why an alert or incident is closed: a reason from the menu and, if wished, a note."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from forensics.store.states import CLOSE_REASONS
from tui.formatting import Safe, content, crop
from tui.widgets.plain_input import PlainInput

MEANINGS = {
    "true leak": "content left that should not have",
    "authorised": "somebody allowed this",
    "rule too broad": "the rule hits what it should not",
    "duplicate": "another alert tells the same",
    "test": "an exercise or a canary",
}

DIGITS = tuple(str(number + 1) for number in range(len(CLOSE_REASONS)))
UNCHOSEN = Safe(f"choose a reason first (1-{len(CLOSE_REASONS)})")


@dataclass(frozen=True, slots=True)
class Closing:
    """Why something is closed."""

    reason: str
    note: str


class Reasons(OptionList):
    """The reasons; Enter is answered even while none is chosen."""

    class Unchosen(Message):
        """Enter was pressed, but no reason is chosen."""

    def action_select(self) -> None:
        """Take the chosen reason, or say that there is none."""
        if self.highlighted is None:
            self.post_message(self.Unchosen())
        else:
            super().action_select()


class CloseDialog(ModalScreen[Closing | None]):
    """A reason is chosen by digit or arrow; nothing is chosen beforehand, and the key that opens does not confirm."""

    BINDINGS: ClassVar = [Binding("escape", "leave", "Keep it open")]
    DEFAULT_CSS = """
    CloseDialog { align: center middle; background: $background 60%; }
    CloseDialog > Vertical {
        width: 64; max-width: 94%; height: auto; padding: 1 2;
        background: $panel; border: round $primary;
    }
    CloseDialog OptionList { height: auto; margin: 1 0; background: $panel; border: none; padding: 0; }
    CloseDialog OptionList:focus { border: none; background-tint: $panel 0%; }
    CloseDialog OptionList > .option-list--option-highlighted,
    CloseDialog OptionList:focus > .option-list--option-highlighted {
        background: $rule; color: $foreground; text-style: bold;
    }
    CloseDialog OptionList:focus:nocolor > .option-list--option-highlighted { text-style: bold reverse; }
    CloseDialog Input { background: $surface; border: tall $rule; }
    CloseDialog Input:focus { border: tall $primary; }
    CloseDialog #hint { color: $quiet; margin-top: 1; }
    CloseDialog #unchosen { color: $warning; text-style: bold; margin-top: 1; display: none; }
    """

    def __init__(self, what: Safe, kind: Safe) -> None:
        super().__init__()
        self._what = what
        self._kind = kind

    def compose(self) -> ComposeResult:
        """What is closed, the reasons, a note."""
        with Vertical():
            yield Static(content((Safe(f"Close {self._kind}: "), "bold"), crop(self._what, 160)))
            yield Reasons(*(Option(_line(number)) for number in range(len(CLOSE_REASONS))), id="reasons")
            yield PlainInput(placeholder="Note (optional)", id="note", max_length=500)
            yield Static(content(UNCHOSEN), id="unchosen")
            yield Static(content(Safe("1-5 reason   tab note   enter close it   esc keep it open")), id="hint")

    def on_mount(self) -> None:
        """Begin at the reasons, with none chosen."""
        reasons = self.query_one("#reasons", OptionList)
        reasons.highlighted = None
        reasons.focus()

    def on_key(self, event: events.Key) -> None:
        """Choose a reason by its digit, at the reasons only: in the note a digit is text."""
        reasons = self.query_one("#reasons", OptionList)
        if reasons.has_focus and event.character in DIGITS:
            reasons.highlighted = DIGITS.index(event.character)
            event.stop()

    def on_option_list_option_highlighted(self) -> None:
        """A reason is chosen; nothing is missing any more."""
        self.query_one("#unchosen").display = False

    def on_reasons_unchosen(self, event: Reasons.Unchosen) -> None:
        """Say what Enter needs."""
        event.stop()
        self._finish()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter in the menu closes with that reason."""
        event.stop()
        self._finish()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the note closes too."""
        event.stop()
        self._finish()

    def action_leave(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)

    def _finish(self) -> None:
        chosen = self.query_one("#reasons", OptionList).highlighted
        if chosen is None:
            self.query_one("#unchosen").display = True
            self.query_one("#reasons", OptionList).focus()
            return
        self.dismiss(Closing(CLOSE_REASONS[chosen], self.query_one("#note", Input).value))


def _line(number: int) -> Content:
    reason = CLOSE_REASONS[number]
    meaning = Safe(MEANINGS.get(reason, ""))
    return content((Safe(f"{number + 1} "), "bold $accent"), Safe(f"{reason:<16}"), (meaning, "$quiet"))
