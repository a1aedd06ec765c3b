"""Asks what no alert is to be raised on, for how long and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from forensics.model import Scope
from forensics.store import moments
from tui.formatting import Safe, content, crop, safe
from tui.widgets.plain_input import PlainInput

SPAN = "7d"


@dataclass(frozen=True, slots=True)
class Suppressing:
    """What is to be suppressed: all that the scope says must hold; for how many seconds; why."""

    scope: Scope
    seconds: float
    reason: str


class SuppressDialog(ModalScreen[Suppressing | None]):
    """Offers what an alert says of itself; nothing is chosen beforehand but the rule, and a reason is needed."""

    BINDINGS: ClassVar = [Binding("escape", "leave", "Suppress nothing")]
    DEFAULT_CSS = """
    SuppressDialog { align: center middle; background: $background 60%; }
    SuppressDialog > Vertical {
        width: 72; max-width: 96%; height: auto; padding: 1 2;
        background: $panel; border: round $primary;
    }
    SuppressDialog OptionList {
        height: auto; max-height: 9; margin: 1 0; background: $panel; border: none; padding: 0;
    }
    SuppressDialog #what { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    SuppressDialog OptionList:focus { border: none; }
    SuppressDialog OptionList:focus > .option-list--option-highlighted { background: $rule; text-style: bold; }
    SuppressDialog Input { background: $surface; border: tall $rule; }
    SuppressDialog Input:focus { border: tall $primary; }
    SuppressDialog #hint { color: $quiet; margin-top: 1; }
    SuppressDialog #wrong { color: $warning; text-style: bold; display: none; }
    """

    def __init__(self, what: Safe, offered: Sequence[Scope]) -> None:
        """`offered` says one thing each."""
        super().__init__()
        self._what = what
        self._offered = tuple(offered)
        self._chosen = {0}
        self._choices = OptionList(*(Option(self._line(at)) for at in range(len(self._offered))), id="choices")
        self._span = PlainInput(value=SPAN, placeholder="For how long: 12h, 7d, 4w", id="span", max_length=20)
        self._reason = PlainInput(placeholder="Why (it stands in the log)", id="reason", max_length=500)
        self._wrong = Static(id="wrong")

    def compose(self) -> ComposeResult:
        """What may be chosen, the time, the reason."""
        with Vertical():
            yield Static(content((Safe("Raise no alert on what is like "), "bold"), crop(self._what, 120)), id="what")
            yield self._choices
            yield self._span
            yield self._reason
            yield self._wrong
            hint = "space choose  tab next  enter suppress (still kept)  esc nothing"
            yield Static(content(Safe(hint)), id="hint")

    def on_mount(self) -> None:
        """Begin at the choices."""
        self._choices.focus()

    def on_key(self, event: events.Key) -> None:
        """Space chooses and unchooses; Enter at the choices ends the choosing."""
        if not self._choices.has_focus or event.key not in ("space", "enter"):
            return
        event.stop()
        event.prevent_default()
        if event.key == "enter":
            self._finish()
        elif (at := self._choices.highlighted) is not None:
            self._chosen ^= {at}
            self._choices.replace_option_prompt_at_index(at, self._line(at))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a line ends it too."""
        event.stop()
        self._finish()

    def action_leave(self) -> None:
        """Suppress nothing."""
        self.dismiss(None)

    def _finish(self) -> None:
        chosen = [self._offered[at] for at in sorted(self._chosen)]
        seconds = moments.span(self._span.value.strip())
        if not chosen:
            self._complain(Safe("choose what it is about (space)"), self._choices)
        elif not seconds:
            self._complain(Safe("the time is such as 12h, 7d or 4w"), self._span)
        elif not self._reason.value.strip():
            self._complain(Safe("a reason is needed"), self._reason)
        else:
            scope = Scope()
            for each in chosen:
                scope = replace(scope, **dict(_said(each)))
            self.dismiss(Suppressing(scope, seconds, self._reason.value.strip()))

    def _line(self, at: int) -> Content:
        sign = Safe("[x] " if at in self._chosen else "[ ] ")
        return content((sign, "bold $accent"), _words(self._offered[at]))

    def _complain(self, words: Safe, at: OptionList | PlainInput) -> None:
        self._wrong.update(content(words))
        self._wrong.display = True
        at.focus()


def _said(scope: Scope) -> list[tuple[str, str]]:
    return [(field.name, getattr(scope, field.name)) for field in fields(scope) if getattr(scope, field.name)]


def _words(scope: Scope) -> Safe:
    return Safe(", ".join(f"{name:<11} {safe(value, limit=200)}" for name, value in _said(scope)))
