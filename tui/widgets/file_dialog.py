"""Asks for files to compare with: what left, or what was issued."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.formatting import Safe, content
from tui.widgets.plain_input import PlainInput


class FileDialog(ModalScreen[str]):
    """Paths, or nothing; escape leaves. Dismissed with what was written, None for nothing."""

    BINDINGS: ClassVar = [Binding("escape", "leave", "Leave")]
    DEFAULT_CSS = """
    FileDialog { align: center middle; background: $background 60%; }
    FileDialog > Vertical {
        width: 72; max-width: 94%; height: auto; padding: 1 2;
        background: $panel; border: round $primary;
    }
    FileDialog #hint { color: $quiet; margin-top: 1; }
    """

    def __init__(self, before: str) -> None:
        super().__init__()
        self._line = PlainInput(before, placeholder="path of a file or folder, or several", id="path", compact=True)

    def compose(self) -> ComposeResult:
        """What is asked, the line, the keys."""
        with Vertical():
            yield Static(content((Safe("Open beside this alert: the package that was issued, or what left"), "bold")))
            yield self._line
            yield Static(
                content(Safe("enter opens it, and what left where it still lies (noted in custody)   esc leaves")),
                id="hint",
            )

    def on_mount(self) -> None:
        """The line takes the keys."""
        self._line.focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Take the path."""
        message.stop()
        self.dismiss(message.value.strip())

    def action_leave(self) -> None:
        """Ask for nothing."""
        self.dismiss(None)
