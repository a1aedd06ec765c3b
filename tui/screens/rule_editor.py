"""A file of rules, looked over while it is written: the draft is tried before the pack in force hears of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Static, TextArea

from forensics.text_safety import visible
from tui import actions
from tui.desk import Desk
from tui.drafts import Draft
from tui.formatting import Piece, Safe, content, safe
from tui.screens.console import ConsoleScreen
from tui.widgets.twin_pane import TwinPane

TYPING_PAUSE_S = 0.8


class RuleText(TextArea):
    """Text in which nothing is put that a terminal would not draw."""

    BINDINGS: ClassVar = [Binding("escape", "app.go_back", show=False, priority=True)]

    async def _on_paste(self, event: events.Paste) -> None:
        """What is pasted may come from anywhere."""
        event.prevent_default()
        event.stop()
        lines = (visible(line) for line in event.text.replace("\t", "    ").splitlines())
        self.insert("\n".join(lines))


class RuleEditorScreen(ConsoleScreen):
    """The text, and below it what the workbench says of the draft."""

    PLACE = "rules"
    TARGETS = ("editor",)
    BINDINGS: ClassVar = actions.bindings("editor")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk, draft: Draft, rule: str, line: int) -> None:
        super().__init__(desk)
        self._draft = draft
        self._rule = rule
        self._line = line
        self._kept = draft.text
        self._left: str | None = None
        self._bar = Static(id="bar")
        self._text = RuleText(draft.text, id="text", show_line_numbers=True, tab_behavior="indent", soft_wrap=False)
        self._twin = TwinPane(desk.twin, id="twin", spoken=draft.spoken)

    def body(self) -> Iterable[Widget]:
        """The file, its text, what is said of it."""
        yield self._bar
        yield self._text
        yield self._twin

    def on_mount(self) -> None:
        """Begin at the rule."""
        self._text.focus()
        self._text.move_cursor((self._line - 1, 0), center=True)
        self._draw()
        self._lint()

    def on_unmount(self) -> None:
        """Take the copy away."""
        self._draft.close()

    def on_text_area_changed(self) -> None:
        """Look it over after a pause in typing."""
        self._draw()
        typed = self._text.text
        self.set_timer(TYPING_PAUSE_S, lambda: self._lint() if typed == self._text.text else None)

    def leave(self) -> bool:
        """Escape: what was not saved is asked about once."""
        if self._text.text in (self._kept, self._left):
            return False
        self._left = self._text.text
        self._draw(Safe("not saved: esc again leaves it so, ctrl+s saves it"))
        return True

    def action_keep(self) -> None:
        """Write the file. A monitor takes it up, when it passes its own samples."""
        if self.desk.role.is_read_only:
            return
        text = self._text.text
        try:
            self._draft.keep(text)
        except OSError as error:
            self._draw(Safe(f"not saved: {safe(error.strerror)}"))
            return
        self._kept = text
        self._draw(Safe("saved"))

    def action_try(self, command: str) -> None:
        """Ask the workbench about the draft."""
        self._put()
        pack = str(self._draft.pack)
        asked = {
            "test": ["rules", "test", pack, "--rule", self._rule],
            "backtest": ["rules", "backtest", pack, "--last", "30d"],
        }
        self._twin.ask(asked[command])

    def _lint(self) -> None:
        self._put()
        self._twin.ask(["rules", "lint", str(self._draft.pack)])

    def _put(self) -> None:
        try:
            self._draft.put(self._text.text)
        except OSError as error:
            self._draw(Safe(f"cannot be tried: {safe(error.strerror)}"))

    def _draw(self, words: Safe | None = None) -> None:
        name = Safe(f"{safe(self._draft.spoken[1])}")
        pieces: list[Piece] = [(Safe("Draft of "), "bold"), (name, "bold")]
        if self._text.text != self._kept:
            pieces.append((Safe("   changed"), "$accent"))
        if words is not None:
            pieces.append((Safe(f"   {words}"), "bold $warning"))
        self._bar.update(content(*pieces))
