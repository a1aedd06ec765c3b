"""One observation that raised no alert: what it was, what was inside, and why nobody was called."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from forensics.store import reader
from forensics.store.rows import ObservationDetail
from tui import actions
from tui.desk import Desk
from tui.feed import Pulse
from tui.formatting import Safe, content, headline
from tui.screens.console import ConsoleScreen
from tui.sections import log
from tui.sections.tree import tree
from tui.sections.why import why
from tui.widgets.section import Section
from tui.widgets.sound_chart import SoundChart

SECTIONS = {
    "facts": "What happened",
    "why": "What it matched",
    "sound": "How it was heard",
    "tree": "What was inside",
    "gaps": "Gaps around it",
    "custody": "Custody",
}


class SightingScreen(ConsoleScreen):
    """Read-only: there is nothing to decide about a sighting."""

    PLACE = "detail"
    TARGETS = ("sighting",)
    BINDINGS: ClassVar = actions.bindings("sighting")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk, observation: int) -> None:
        super().__init__(desk)
        self._number = observation
        self._title = Static(id="title")
        self._story = VerticalScroll(id="story")
        self._sound = SoundChart(Safe(SECTIONS["sound"]), id="sound")
        self._sections = {id: Section(Safe(title), id=id) for id, title in SECTIONS.items()} | {"sound": self._sound}

    def body(self) -> Iterable[Widget]:
        """The sections, one below the other."""
        yield self._title
        with self._story:
            yield from self._sections.values()

    def on_mount(self) -> None:
        """The story takes the keys."""
        self._story.focus()

    def look(self, pulse: Pulse) -> None:
        """Read the observation again."""
        if pulse.condition == "ready":
            identity = self._number
            self.desk.feed.ask(
                self, "sighting", lambda connection: reader.observation_detail(connection, identity), self._show
            )

    def action_scroll(self, rows: int) -> None:
        """Scroll by rows."""
        self._story.scroll_relative(y=rows, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll by screenfuls."""
        self._story.scroll_relative(y=pages * max(1, self._story.size.height - 2), animate=False)

    def _show(self, detail: ObservationDetail | None) -> None:
        if detail is None:
            return
        row = detail.sighting
        title = content(
            (headline(row.name), "bold"),
            (Safe(f"   O{row.id} · seen, no alert: {headline(row.reason)}"), "$quiet"),
        )
        self._title.update(title)
        self._sections["facts"].tell(log.facts(row, self.desk.now()))
        self._sections["why"].tell(why(detail.matches, detail.artifacts))
        self._sound.draw(detail.matches, detail.artifacts)
        self._sections["tree"].tell(tree(detail.artifacts, detail.matches, detail.missing_ranges))
        blind = log.gaps(detail.gaps, nothing=Safe("no sensor was blind around this time"))
        self._sections["gaps"].tell(blind)
        self._sections["custody"].tell(log.custody(detail.custody))
