"""Asks whether something is to be done: only `y` does it, so that no key that came too late can."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.formatting import Safe, content


class AskDialog(ModalScreen[bool]):
    """A question with one way to say yes and several to say no."""

    BINDINGS: ClassVar = [Binding("y", "answer(True)", "Yes"), Binding("n,escape,q", "answer(False)", "No")]
    DEFAULT_CSS = """
    AskDialog { align: center middle; background: $background 60%; }
    AskDialog > Vertical {
        width: 64; max-width: 94%; height: auto; padding: 1 2;
        background: $panel; border: round $primary;
    }
    AskDialog #hint { color: $quiet; margin-top: 1; }
    """

    def __init__(self, question: Safe, *lines: Safe) -> None:
        super().__init__()
        self._question = question
        self._lines = lines

    def compose(self) -> ComposeResult:
        """The question, what it is about, the keys."""
        with Vertical():
            yield Static(content((self._question, "bold")))
            for line in self._lines:
                yield Static(content(Safe("  "), line))
            yield Static(content(Safe("y yes   n no")), id="hint")

    def action_answer(self, is_yes: bool) -> None:
        """Answer."""
        self.dismiss(is_yes)
