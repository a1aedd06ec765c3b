"""What all screens have: the bar on top, the keys that work, the health bar at the bottom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from tui import actions
from tui.desk import Desk
from tui.feed import Answer, Pulse
from tui.widgets.health_bar import HealthBar
from tui.widgets.hint_bar import HintBar
from tui.widgets.top_bar import TopBar


class ConsoleScreen(Screen[None]):
    """Subclasses give the middle (`body`) and what to do when the store changed (`look`).

    Screens hold on to the widgets they update: what comes late, while a screen is taken down, then does no harm.
    """

    DEFAULT_CSS = "ConsoleScreen { background: $background; }"
    PLACE: ClassVar[str] = ""
    TARGETS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._health = HealthBar(desk.now)
        self.hints = HintBar(*self.TARGETS, keys=desk.keys, role=desk.role)

    def compose(self) -> ComposeResult:
        """The four parts, top to bottom."""
        yield TopBar(self.PLACE, self.desk.role, self.desk.keys)
        yield from self.body()
        yield self.hints
        yield self._health

    def body(self) -> Iterable[Widget]:
        """The middle of the screen."""
        return ()

    def look(self, pulse: Pulse) -> None:
        """The store changed, or the screen is shown again."""

    def beat(self, pulse: Pulse) -> None:
        """Show how the store is, and what is new in it."""
        if not self.is_mounted:
            return
        self._health.pulse = pulse
        self.look(pulse)

    def on_screen_resume(self) -> None:
        """Catch up with what happened while another screen was shown."""
        self.beat(self.desk.feed.pulse)

    def on_answer(self, message: Answer) -> None:
        """Take what the feed found."""
        message.deliver()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An observer takes no decisions."""
        if self.desk.role.is_read_only and actions.is_write(action):
            return False
        return super().check_action(action, parameters)
