"""What a newcomer sees while there is no store: what to do first, and a key for what can be done from here."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult, SuspendNotSupported
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui import actions
from tui.formatting import Safe, content, lines, safe
from tui.keymap import Keymap
from tui.twin import PROGRAM, Twin
from tui.widgets.twin_pane import TwinPane

STEPS = (
    ("demo", "earwitness demo", "see it work: six journeys on a scratch workstation"),
    ("doctor", "earwitness doctor", "what this machine can and cannot see, and the mend"),
    ("", "earwitness register PATH --programme P --recipient R", "say what was issued to whom"),
    ("", "earwitness watch --folder removable:PATH --interface NAME", "start the monitors"),
)
FAREWELL = "\nThat was the demo; its store is gone with it. Enter goes back to the console."


class Welcome(Vertical, can_focus=True):
    """Leads from nothing to the first alert; replaced by the queue as soon as a store appears."""

    DEFAULT_CSS = """
    Welcome > VerticalScroll { height: 1fr; padding: 1 3; }
    """
    BINDINGS: ClassVar = actions.bindings("welcome")

    def __init__(self, store: Path, twin: Twin, keys: Keymap, *, id: str) -> None:
        super().__init__(id=id)
        self._store = safe(store)
        self._keys = keys
        self._pane = TwinPane(twin, id="doctor")

    def compose(self) -> ComposeResult:
        """The steps, and below them what `doctor` says."""
        with VerticalScroll(can_focus=False):
            yield Static(self._steps())
        yield self._pane

    def leave(self) -> bool:
        """Put away what `doctor` says; False when there was nothing to put away."""
        return self._pane.leave()

    def action_doctor(self) -> None:
        """Look over this machine, here."""
        self._pane.ask(["doctor"])

    def action_demo(self) -> None:
        """Give the terminal to the demo, which shows its own console; where that cannot be, print it here."""
        try:
            with self.app.suspend():
                subprocess.run([*PROGRAM, "demo"], check=False)
                input(FAREWELL)
        except SuspendNotSupported:
            self._pane.ask(["demo", "--plain"])
        except (EOFError, KeyboardInterrupt):
            pass
        self.app.refresh()

    def _steps(self) -> Content:
        rows = [
            content((Safe("There is no evidence store here yet."), "bold")),
            content((self._store, "$quiet")),
            content(Safe(" ")),
        ]
        for action, command, meaning in STEPS:
            key = f"   press {self._keys.find(action).key_names}, or type it elsewhere" if action else ""
            rows += [content((Safe(command), "bold $accent"), (Safe(key), "bold"))]
            rows += [content((Safe(f"    {meaning}"), "$quiet"))]
        ended = "This screen becomes the queue as soon as one of the last two has run in another terminal."
        return lines([*rows, content(Safe(" ")), content(Safe(ended))])
