"""The first hour of a case on the screen, as `earwitness case report` says it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from forensics.database import Connection
from forensics.reports.case_hour import case_hour
from forensics.reports.case_words import case_sections
from tui import actions
from tui.desk import Desk
from tui.feed import Pulse
from tui.formatting import Safe, content, headline, line, safe
from tui.screens.console import ConsoleScreen
from tui.widgets.section import Section
from tui.widgets.twin_pane import TwinPane

LONGEST = 2000


class ReportScreen(ConsoleScreen):
    """What is known of a case, what not, what was done and what to do now."""

    PLACE = "cases"
    TARGETS = ("report",)
    BINDINGS: ClassVar = actions.bindings("report")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk, case: int) -> None:
        super().__init__(desk)
        self._number = case
        self._title = Static(id="title")
        self._story = VerticalScroll(id="story")
        self._sections: dict[str, Section] = {}
        self._twin = TwinPane(desk.twin, id="twin")
        self._is_asked = False

    def body(self) -> Iterable[Widget]:
        """The title, the sections, and the command that exports where it runs."""
        yield self._title
        yield self._story
        yield self._twin

    def on_mount(self) -> None:
        """The story takes the keys."""
        self._title.update(content((Safe("reading ..."), "$quiet")))
        self._story.focus()

    def look(self, pulse: Pulse) -> None:
        """Read the case, once each time this is shown: a report stands still, and much is read for it."""
        if pulse.condition == "ready" and not self._is_asked:
            self._is_asked = True
            id, now = self._number, self.desk.now()
            self.desk.feed.ask(self, "report", lambda connection: _read(connection, id, now), self._show, self._refuse)

    def on_screen_suspend(self) -> None:
        """What is shown again is read again."""
        self._is_asked = False

    def leave(self) -> bool:
        """Escape: put the command away; False when there was none."""
        return self._twin.leave()

    def action_scroll(self, rows: int) -> None:
        """Scroll by rows."""
        self._story.scroll_relative(y=rows, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll by screenfuls."""
        self._story.scroll_relative(y=pages * max(1, self._story.size.height - 2), animate=False)

    def action_export_report(self) -> None:
        """Write it to a file where the console was started; that stands in the log."""
        from tui.screens.case_decisions import file_name

        out = file_name(self._number, self.desk.now())
        self._twin.ask(["case", "report", f"case-{self._number}", "--format", "markdown", "--out", out])

    def _show(self, found: tuple[str, Sequence[tuple[str, Sequence[str]]]]) -> None:
        title, parts = found
        head = Safe(f" case-{self._number}  {headline(title)}")
        self._title.update(content((head, "bold"), (Safe("   the first hour"), "$quiet")))
        for heading, lines in parts:
            if heading not in self._sections:
                section = Section(safe(heading), id=f"part-{len(self._sections)}")
                self._sections[heading] = section
                self._story.mount(section)
            self._sections[heading].tell([line(safe(words, limit=LONGEST)) for words in lines])

    def _refuse(self, words: Safe) -> None:
        self._title.update(content((Safe(f" ! {words}"), "bold $warning")))


def _read(connection: Connection, id: int, now: float) -> tuple[str, Sequence[tuple[str, Sequence[str]]]]:
    _, told = case_hour(connection, id)
    return told.case.title, list(case_sections(told, now=now))
