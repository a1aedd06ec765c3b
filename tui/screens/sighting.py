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
from tui import actions, wording
from tui.desk import Desk
from tui.feed import Pulse
from tui.formatting import Safe, content, lines, safe
from tui.screens.console import ConsoleScreen
from tui.sections import log
from tui.sections.tree import tree
from tui.sections.why import why
from tui.widgets.section import Section


class SightingScreen(ConsoleScreen):
    """Read-only: there is nothing to decide about a sighting."""

    PLACE = "search"
    TARGETS = ("sighting",)
    BINDINGS: ClassVar = actions.bindings("sighting")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk, observation: int) -> None:
        super().__init__(desk)
        self._number = observation

    def body(self) -> Iterable[Widget]:
        """The sections, one below the other."""
        yield Static(id="title")
        with VerticalScroll(id="story"):
            yield Section(Safe("What happened"), id="facts")
            yield Section(Safe("What it matched"), id="why")
            yield Section(Safe("What was inside"), id="tree")
            yield Section(Safe("Gaps around it"), id="gaps")
            yield Section(Safe("Custody"), id="custody")

    def on_mount(self) -> None:
        """The story takes the keys."""
        self.query_one("#story").focus()

    def look(self, pulse: Pulse) -> None:
        """Read the observation again."""
        if pulse.condition == "ready":
            identity = self._number
            self.desk.feed.ask(
                self, "sighting", lambda connection: reader.observation_detail(connection, identity), self._show
            )

    def action_scroll(self, rows: int) -> None:
        """Scroll by rows."""
        self.query_one("#story", VerticalScroll).scroll_relative(y=rows, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll by screenfuls."""
        story = self.query_one("#story", VerticalScroll)
        story.scroll_relative(y=pages * max(1, story.size.height - 2), animate=False)

    def _show(self, detail: ObservationDetail | None) -> None:
        if detail is None:
            return
        row = detail.sighting
        title = content(
            (safe(row.name), "bold"), (Safe(f"   O{row.id} · seen, no alert: {safe(row.reason)}"), "$quiet")
        )
        self.query_one("#title", Static).update(title)
        facts = lines(
            [
                log.fact("when", wording.moment(row.time)),
                log.fact("who", wording.person(row.user, row.host)),
                log.fact("from", safe(row.source)),
                log.fact("to", safe(row.destination)),
                log.fact("channel", wording.channel(row.channel)),
                log.fact("about", wording.items(row.items)),
            ]
        )
        self.query_one("#facts", Section).tell(facts)
        self.query_one("#why", Section).tell(why(detail.matches, detail.artifacts))
        self.query_one("#tree", Section).tell(tree(detail.artifacts, detail.matches, detail.missing_ranges))
        blind = log.gaps(detail.gaps, nothing=Safe("no sensor was blind around this time"))
        self.query_one("#gaps", Section).tell(blind)
        self.query_one("#custody", Section).tell(log.custody(detail.custody))
