"""Asks why an alert or incident is closed: a reason from the menu and, if wished, a note."""

from __future__ import annotations

from collections.abc import Mapping
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

MEANINGS = dict(
    zip(
        CLOSE_REASONS,
        (
            "content left that should not have",
            "somebody allowed this",
            "the rule hits what it should not",
            "another alert tells the same",
            "an exercise or a canary",
        ),
        strict=True,
    )
)

UNSAID = Safe("say why: it stands in the log")


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

    def __init__(
        self, what: Safe, kind: Safe, meanings: Mapping[str, str] = MEANINGS, *, needs_note: bool = False
    ) -> None:
        """`meanings` are the reasons there are, at most nine, each with what it means."""
        super().__init__()
        self._what = what
        self._kind = kind
        self._meanings = meanings
        self._reasons = tuple(meanings)
        self._digits = tuple(str(number + 1) for number in range(len(meanings)))
        self._unchosen = Safe(f"choose a reason first (1-{len(meanings)})")
        self._needs_note = needs_note

    def compose(self) -> ComposeResult:
        """What is closed, the reasons, a note."""
        with Vertical():
            yield Static(content((Safe(f"Close {self._kind}: "), "bold"), crop(self._what, 160)))
            yield Reasons(*(Option(self._line(number)) for number in range(len(self._reasons))), id="reasons")
            note = "Why (it stands in the log)" if self._needs_note else "Note (optional)"
            yield PlainInput(placeholder=note, id="note", max_length=500)
            yield Static(content(self._unchosen), id="unchosen")
            hint = f"1-{len(self._reasons)} reason   tab note   enter close it   esc keep it open"
            yield Static(content(Safe(hint)), id="hint")

    def on_mount(self) -> None:
        """Begin at the reasons, with none chosen."""
        reasons = self.query_one("#reasons", OptionList)
        reasons.highlighted = None
        reasons.focus()

    def on_key(self, event: events.Key) -> None:
        """Choose a reason by its digit, at the reasons only: in the note a digit is text."""
        reasons = self.query_one("#reasons", OptionList)
        if reasons.has_focus and event.character in self._digits:
            reasons.highlighted = self._digits.index(event.character)
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
            self._complain(self._unchosen, "#reasons")
            return
        note = self.query_one("#note", Input).value
        if self._needs_note and not note.strip():
            self._complain(UNSAID, "#note")
            return
        self.dismiss(Closing(self._reasons[chosen], note))

    def _complain(self, words: Safe, at: str) -> None:
        self.query_one("#unchosen", Static).update(content(words))
        self.query_one("#unchosen").display = True
        self.query_one(at).focus()

    def _line(self, number: int) -> Content:
        reason = self._reasons[number]
        meaning = Safe(self._meanings[reason])
        room = max(16, *(len(each) + 2 for each in self._reasons))
        return content((Safe(f"{number + 1} "), "bold $accent"), Safe(f"{reason:<{room}}"), (meaning, "$quiet"))
