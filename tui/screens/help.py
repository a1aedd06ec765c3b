"""The help screen, made from the one action table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui import actions
from tui.formatting import Safe, content, fit, lines
from tui.keymap import Keymap
from tui.role import Role

SIGNS = (
    ("C H M L I", "severity: critical, high, medium, low, info"),
    ("new ack closed", "waiting for somebody, being looked at, done"),
    ("⚑", "the name holds hidden or reversing characters; they are shown as <202E>"),
    ("← ▁▄█", "timeline: a return; other sightings, more are higher"),
    ("╱ │", "timeline: what could not be seen; now"),
    ("!", "something is not as it should be"),
)


class HelpScreen(ModalScreen[None]):
    """Every key, by the place where it works; escape leaves."""

    BINDINGS: ClassVar = [
        Binding("escape,question_mark,f1,q,enter", "leave", "Back"),
        Binding("down,j", "scroll(1)", "Down"),
        Binding("up,k", "scroll(-1)", "Up"),
        Binding("pagedown,space", "scroll(12)", "A page down"),
        Binding("pageup,b", "scroll(-12)", "A page up"),
    ]
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, keys: Keymap, role: Role, here: Sequence[str] = ()) -> None:
        """`here` are the targets of the screen below, which come first."""
        super().__init__()
        self._here = here
        self._keys = keys
        self._role = role

    def compose(self) -> ComposeResult:
        """The table, scrollable."""
        with VerticalScroll(id="help"):
            yield Static(self._table())

    def action_leave(self) -> None:
        """Back to the screen below."""
        self.dismiss()

    def action_scroll(self, rows: int) -> None:
        """Scroll by rows."""
        self.query_one("#help", VerticalScroll).scroll_relative(y=rows, animate=False)

    def _table(self) -> Content:
        rows: list[Content] = []
        for target, title in sorted(actions.TITLES.items(), key=lambda one: one[0] not in self._here):
            rows.append(content((Safe(title), "bold $accent")))
            for action in self._keys.of(target):
                is_refused = self._role.is_read_only and action.is_write
                note = Safe(" (not while read-only)" if is_refused else "")
                rows.append(_row(Safe(action.key_names), Safe(action.help + note)))
            rows.append(Content(" "))
        rows.append(content((Safe("Signs"), "bold $accent")))
        rows += [_row(Safe(sign), Safe(meaning)) for sign, meaning in SIGNS]
        return lines(rows)


def _row(key: Safe, meaning: Safe) -> Content:
    return content(Safe("  "), (fit(key, 15), "bold"), Safe(" "), meaning)
