"""Asks into which case something goes: a new one, or one that is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from forensics.store.caseload import CaseRow
from tui.formatting import EMPTY, Safe, content, crop, safe
from tui.widgets.plain_input import PlainInput


@dataclass(frozen=True, slots=True)
class Escalating:
    """The case that is chosen, None for a new one of this title."""

    case: int | None
    title: str


class EscalateDialog(ModalScreen[Escalating | None]):
    """The new case comes first, then those that are open; the key that opens this does not confirm."""

    BINDINGS: ClassVar = [Binding("escape", "leave", "Escalate nothing")]
    DEFAULT_CSS = """
    EscalateDialog { align: center middle; background: $background 60%; }
    EscalateDialog > Vertical {
        width: 72; max-width: 96%; height: auto; padding: 1 2;
        background: $panel; border: round $primary;
    }
    EscalateDialog OptionList {
        height: auto; max-height: 8; margin: 1 0; background: $panel; border: none; padding: 0;
    }
    EscalateDialog OptionList:focus { border: none; background-tint: $panel 0%; }
    EscalateDialog OptionList > .option-list--option-highlighted,
    EscalateDialog OptionList:focus > .option-list--option-highlighted {
        background: $rule; color: $foreground; text-style: bold;
    }
    EscalateDialog OptionList:focus:nocolor > .option-list--option-highlighted { text-style: bold reverse; }
    EscalateDialog Input { background: $surface; border: tall $rule; }
    EscalateDialog Input:focus { border: tall $primary; }
    EscalateDialog #hint { color: $quiet; margin-top: 1; }
    """

    def __init__(self, what: Safe, title: Safe, cases: Sequence[CaseRow], known: Safe = EMPTY) -> None:
        """`known` says what of it is in a case already."""
        super().__init__()
        self._known = known
        self._what = what
        self._cases = tuple(cases)
        first = content((Safe("a new case"), "bold"), (Safe(" of the title below, yours"), "$quiet"))
        self._choices = OptionList(Option(first), *(Option(_line(row)) for row in self._cases), id="choices")
        self._title = PlainInput(value=title, placeholder="Title of the new case", id="title", max_length=500)

    def compose(self) -> ComposeResult:
        """What is escalated, the cases, the title."""
        with Vertical():
            yield Static(content((Safe("Escalate "), "bold"), crop(self._what, 100), (Safe(" to"), "bold")))
            if self._known:
                yield Static(content((self._known, "$warning")), id="known")
            yield self._choices
            yield self._title
            hint = "enter escalate and acknowledge   tab title   esc nothing"
            yield Static(content(Safe(hint)), id="hint")

    def on_mount(self) -> None:
        """Begin at the cases."""
        self._choices.highlighted = 0
        self._choices.focus()

    def on_option_list_option_highlighted(self) -> None:
        """A title is asked for a new case only."""
        self._title.display = not self._choices.highlighted

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter at a case takes it."""
        event.stop()
        self._finish()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the title makes the new case."""
        event.stop()
        self._choices.highlighted = 0
        self._finish()

    def action_leave(self) -> None:
        """Escalate nothing."""
        self.dismiss(None)

    def _finish(self) -> None:
        at = self._choices.highlighted or 0
        title = self._title.value.strip()
        if at:
            self.dismiss(Escalating(self._cases[at - 1].id, ""))
        elif title:
            self.dismiss(Escalating(None, title))
        else:
            self._title.focus()


def _line(row: CaseRow) -> Content:
    owner = safe(row.owner) if row.owner else Safe("nobody")
    return content((Safe(f"case-{row.id} "), "bold $accent"), crop(safe(row.title), 44), (Safe(f"  {owner}"), "$quiet"))
