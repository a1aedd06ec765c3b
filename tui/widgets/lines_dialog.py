"""Asks for a few lines: what is to be done, what it is about, and a line for each thing that must be known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.formatting import EMPTY, Safe, content
from tui.widgets.plain_input import PlainInput

LABEL = 12


def anything(text: str) -> Safe:
    """No complaint."""
    return EMPTY


def needed(what: str) -> Callable[[str], Safe]:
    """Complains of an empty line: `what` is needed."""
    return lambda text: EMPTY if text.strip() else Safe(f"{what} is needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """A line to fill in. `check` says what is wrong with its text, or nothing; a secret is not shown, nor changed."""

    id: str
    label: Safe
    hint: Safe = EMPTY
    value: str = ""
    check: Callable[[str], Safe] = anything
    is_secret: bool = False


class LinesDialog(ModalScreen[Mapping[str, str] | None]):
    """Gives the lines by the ids of their blanks, or None; Enter does it once no line is complained of."""

    BINDINGS: ClassVar = [Binding("escape", "leave", "Leave everything as it is")]
    DEFAULT_CSS = """
    LinesDialog { align: center middle; background: $background 60%; }
    LinesDialog > Vertical {
        width: 74; max-width: 96%; height: auto; padding: 1 2;
        background: $panel; border: round $primary;
    }
    LinesDialog .fact { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    LinesDialog Horizontal { height: 1; margin-top: 1; }
    LinesDialog .label { width: 12; }
    LinesDialog Input { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
    LinesDialog Input:focus { border: none; background: $rule; }
    LinesDialog Input:focus:nocolor { text-style: underline; }
    LinesDialog #hint { color: $quiet; margin-top: 1; }
    LinesDialog #wrong { color: $warning; text-style: bold; margin-top: 1; display: none; }
    """

    def __init__(self, question: Safe, facts: Sequence[Safe], blanks: Sequence[Blank], *, doing: Safe) -> None:
        """`doing` says in a word or two what Enter does."""
        super().__init__()
        self._question = question
        self._facts = facts
        self._blanks = blanks
        self._doing = doing
        self._inputs = [_line(each) for each in blanks]
        self._wrong = Static(id="wrong")

    def compose(self) -> ComposeResult:
        """The question, the facts, the lines, what keys do."""
        with Vertical():
            yield Static(content((self._question, "bold")), classes="fact")
            for fact in self._facts:
                yield Static(content(Safe("  "), fact), classes="fact")
            for blank, line in zip(self._blanks, self._inputs, strict=True):
                with Horizontal():
                    yield Static(content(blank.label), classes="label")
                    yield line
            yield self._wrong
            yield Static(content(Safe(f"tab next line   enter {self._doing}   esc leave it")), id="hint")

    def on_mount(self) -> None:
        """Begin at the first line that is empty."""
        next((line for line in self._inputs if not line.value), self._inputs[0]).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter does it, unless a line is wrong."""
        event.stop()
        for blank, line in zip(self._blanks, self._inputs, strict=True):
            if complaint := blank.check(line.value):
                self._wrong.update(content(complaint))
                self._wrong.display = True
                line.focus()
                return
        self.dismiss({blank.id: line.value for blank, line in zip(self._blanks, self._inputs, strict=True)})

    def action_leave(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)


def _line(blank: Blank) -> Input:
    if blank.is_secret:
        return Input(blank.value, placeholder=blank.hint, id=blank.id, password=True, max_length=500)
    return PlainInput(blank.value, placeholder=blank.hint, id=blank.id, max_length=500)
