"""Asks for a line of words, and nothing else."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.formatting import EMPTY, Safe, content
from tui.widgets.plain_input import PlainInput


class LineDialog(ModalScreen[str | None]):
    """`question` is bold, `hint` says what becomes of the line; an empty line is not taken unless `may_be_empty`."""

    BINDINGS: ClassVar = [Binding("escape", "leave", "Leave it")]
    DEFAULT_CSS = """
    LineDialog { align: center middle; background: $background 60%; }
    LineDialog > Vertical {
        width: 72; max-width: 96%; height: auto; padding: 1 2;
        background: $panel; border: round $primary;
    }
    LineDialog Input { background: $surface; border: tall $rule; margin-top: 1; }
    LineDialog Input:focus { border: tall $primary; }
    LineDialog #hint { color: $quiet; margin-top: 1; }
    """

    def __init__(self, question: Safe, hint: Safe, *, value: Safe = EMPTY, may_be_empty: bool = False) -> None:
        super().__init__()
        self._question = question
        self._hint = hint
        self._may_be_empty = may_be_empty
        self._line = PlainInput(value=value, id="line", max_length=2000)

    def compose(self) -> ComposeResult:
        """The question, the line, the keys."""
        with Vertical():
            yield Static(content((self._question, "bold")))
            yield self._line
            yield Static(content(Safe(f"enter {self._hint}   esc leave it")), id="hint")

    def on_mount(self) -> None:
        """Begin in the line."""
        self._line.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter gives the line."""
        event.stop()
        words = event.value.strip()
        if words or self._may_be_empty:
            self.dismiss(words)

    def action_leave(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)
