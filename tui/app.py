"""Wires the screens, the keys, the colours and the two threads that read and write the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import BindingType

from tui import actions, theme
from tui.desk import Desk
from tui.feed import Beat, Feed
from tui.formatting import Safe
from tui.keymap import Keymap
from tui.palette import Palette
from tui.pixels.ability import Ability
from tui.regret import Regret
from tui.role import Role
from tui.screens.cases import CasesScreen
from tui.screens.console import ConsoleScreen
from tui.screens.custody import CustodyScreen
from tui.screens.help import HelpScreen
from tui.screens.queue import QueueScreen
from tui.screens.rules import RulesScreen
from tui.screens.search import SearchScreen
from tui.screens.sensors import SensorsScreen
from tui.screens.timeline import TimelineScreen
from tui.scribe import Scribe, Written
from tui.twin import Twin
from tui.typing import Typing


class TuiApp(App[None]):
    """The console over one store folder. `now` and `monotonic` are the clocks, in seconds."""

    TITLE = "earwitness"
    BINDINGS: ClassVar[list[BindingType]] = actions.bindings("app")
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012 - the base class declares it so
    COMMANDS: ClassVar = {Palette}
    CSS = "Toast { background: $panel; } ToastRack { margin-bottom: 2; }"

    def __init__(
        self,
        store: Path,
        *,
        actor: str,
        is_observer: bool = False,
        keys: Keymap | None = None,
        colours: str = theme.NIGHT.name,
        config: Path | None = None,
        packs: Sequence[Path] = (),
        ability: Ability = Ability(),  # noqa: B008 - frozen
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.desk = Desk(
            store=store,
            role=Role(actor, is_observer=is_observer),
            keys=keys or Keymap(),
            now=now,
            monotonic=monotonic,
            feed=Feed(store, self, now=now),
            scribe=Scribe(store, self, actor=actor, now=now),
            regret=Regret(monotonic),
            twin=Twin(store, config),
            packs=packs,
            ability=ability,
        )
        self._typing = Typing(super().on_event, lambda: self.focused or self.screen, time.monotonic)
        self._colours = colours
        self._places: dict[str, Callable[[Desk], ConsoleScreen]] = {
            "queue": QueueScreen,
            "search": SearchScreen,
            "sensors": SensorsScreen,
            "timeline": TimelineScreen,
            "rules": RulesScreen,
            "custody": CustodyScreen,
            "cases": CasesScreen,
        }

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our named colours, for themes that do not bring them."""
        return theme.DEFAULTS

    def on_mount(self) -> None:
        """Take the colours, start reading, show the queue."""
        for each in theme.THEMES:
            self.register_theme(each)
        self.theme = self._colours
        self.set_keymap(self.desk.keys.moved)
        self.animation_level = "none"
        for name, screen in self._places.items():
            self.add_mode(name, partial(screen, self.desk))
        self.switch_mode("queue")
        self.run_worker(self.desk.feed.run, thread=True, name="feed", exit_on_error=False)

    def on_unmount(self) -> None:
        """Stop reading; let what is being written finish."""
        self.desk.feed.stop()
        self.desk.scribe.close()

    async def on_event(self, event: events.Event) -> None:
        """Take keys one at a time."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self._typing.take(event)
        else:
            await super().on_event(event)

    def on_seen_to(self) -> None:
        """A key has been seen to; what it has set off comes before the next one."""
        self.call_later(self._typing.go_on)

    def on_beat(self, message: Beat) -> None:
        """Tell the screens that can be seen."""
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.beat(message.pulse)

    def on_written(self, message: Written) -> None:
        """Say what became of a decision."""
        if message.problem:
            self.notify(Safe(f"{message.what}: not written. {message.problem}"), severity="error", markup=False)
        elif message.back is not None:
            self.desk.regret.keep(message.what, message.back)
            key = self.desk.keys.find("undo").key_names
            self.notify(Safe(f"{message.what}   ({key} takes it back)"), markup=False, timeout=5)
        else:
            self.notify(message.what, markup=False, timeout=3)

    def action_go_back(self) -> None:
        """Leave a filter or a line, else the screen on top, else go to the queue."""
        leave = getattr(self.screen, "leave", None)
        if leave is not None and leave():
            return
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif self.current_mode != "queue":
            self.switch_mode("queue")

    def action_mode(self, name: str) -> None:
        """Go to the queue, the search, the sensors or the timeline."""
        self.switch_mode(name)

    def action_next_theme(self) -> None:
        """Take the next of our colour schemes."""
        names = [each.name for each in theme.THEMES]
        place = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(place + 1) % len(names)]

    def action_toggle_read_only(self) -> None:
        """Take no decisions until this is pressed again."""
        if not self.desk.role.toggle():
            self.notify(Safe("Observers take no decisions."), markup=False, timeout=4)
            return
        words = "Read-only: no decisions are taken." if self.desk.role.is_read_only else "Decisions are taken again."
        self.notify(Safe(words), markup=False, timeout=4)
        for screen in self.screen_stack:
            screen.refresh(layout=True, recompose=False)
            for widget in screen.query("TopBar, HintBar"):
                widget.refresh()

    def action_help(self) -> None:
        """Show every key."""
        here = getattr(self.screen, "TARGETS", ())
        self.push_screen(HelpScreen(self.desk.keys, self.desk.role, here))
