"""One alert, and why: who, where to, which rule on which bytes or seconds, what was inside, what could not be seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from forensics.database import Connection
from forensics.store import reader
from forensics.store.rows import AlertDetail, Lineage
from forensics.text_safety import has_hidden
from tui import actions, wording
from tui.desk import Desk
from tui.feed import Pulse
from tui.formatting import Line, Piece, Safe, content, headline, line, safe
from tui.screens.decisions import DecidingScreen, Subject
from tui.sections import log
from tui.sections.lineage import lineage
from tui.sections.tree import tree
from tui.sections.why import why
from tui.widgets.section import Section
from tui.widgets.sound_chart import SoundChart

SECTIONS = {
    "facts": "What happened",
    "why": "Why",
    "sound": "How it was heard",
    "lineage": "How it came there",
    "tree": "What was inside",
    "gaps": "Gaps around it",
    "custody": "Custody",
}


class DetailScreen(DecidingScreen):
    """The story of one alert; `neighbours` are the ids of the list it was opened from, newest first."""

    PLACE = "detail"
    TARGETS = ("detail",)
    BINDINGS: ClassVar = actions.bindings("detail")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk, alert: int, neighbours: Sequence[int] = ()) -> None:
        super().__init__(desk)
        self._number = alert
        self._title = Static(id="title")
        self._story = VerticalScroll(id="story")
        self._sound = SoundChart(Safe(SECTIONS["sound"]), id="sound")
        self._sections = {id: Section(Safe(title), id=id) for id, title in SECTIONS.items()} | {"sound": self._sound}
        self._neighbours = list(neighbours)
        self._detail: AlertDetail | None = None

    def body(self) -> Iterable[Widget]:
        """The sections, one below the other."""
        yield self._title
        with self._story:
            yield from self._sections.values()

    def on_mount(self) -> None:
        """The story takes the keys."""
        self._title.update(content((Safe("reading ..."), "$quiet")))
        self._story.focus()

    def look(self, pulse: Pulse) -> None:
        """Read the alert again."""
        if pulse.condition != "ready":
            return
        identity = self._number
        self.desk.feed.ask(self, "detail", lambda connection: _read(connection, identity), self._show, self._refuse)

    def subject(self) -> Subject | None:
        """The alert on the screen."""
        if self._detail is None or self._detail.alert.id != self._number:
            return None
        alert = self._detail.alert
        return Subject(
            kind="alert", id=alert.id, title=alert.title, state=alert.state, owner=alert.owner, alert=alert.id
        )

    def action_step(self, steps: int) -> None:
        """Go to a neighbour in the list this was opened from."""
        if self._number not in self._neighbours:
            return
        place = self._neighbours.index(self._number) + steps
        if not 0 <= place < len(self._neighbours):
            self.notify(Safe("No more alerts in this direction."), markup=False, timeout=3)
            return
        self._number = self._neighbours[place]
        self._story.scroll_home(animate=False)
        self.look(self.desk.feed.pulse)

    def action_incident(self) -> None:
        """Open the incident this belongs to."""
        from tui.screens.incident import IncidentScreen

        if self._detail is not None:
            self.app.push_screen(IncidentScreen(self.desk, self._detail.alert.incident_id))

    def action_scroll(self, rows: int) -> None:
        """Scroll by rows."""
        self._story.scroll_relative(y=rows, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll by screenfuls."""
        self._story.scroll_relative(y=pages * max(1, self._story.size.height - 2), animate=False)

    def _show(self, found: tuple[AlertDetail | None, Lineage | None]) -> None:
        self._detail, known = found
        detail = self._detail
        if detail is None:
            self._refuse(Safe(f"There is no alert A{self._number} in this store."))
            return
        alert = detail.alert
        pieces: list[Piece] = [
            (Safe(f" {wording.LETTERS.get(alert.severity, Safe('?'))} "), f"bold reverse ${alert.severity.value}")
        ]
        pieces += [
            Safe(" "),
            (headline(alert.title), "bold"),
            (Safe(f"   A{alert.id} · I{alert.incident_id} · "), "$quiet"),
        ]
        pieces.append((Safe(f"{alert.severity.value}, {safe(alert.state)}"), "bold" if alert.state == "new" else ""))
        if has_hidden(alert.name):
            pieces.append((Safe("  ⚑ name has hidden characters"), "bold $warning"))
        self._title.update(content(*pieces))
        self._tell("facts", log.facts(alert, self.desk.now()))
        self._tell("why", why(detail.matches, detail.artifacts))
        self._sound.draw(detail.matches, detail.artifacts)
        self._tell("lineage", lineage(known) if known is not None else [])
        self._tell("tree", tree(detail.artifacts, detail.matches, detail.missing_ranges))
        self._tell("gaps", log.gaps(detail.gaps, nothing=Safe("no sensor was blind around this time")))
        versions = detail.versions
        made_by = (
            f"decided by engine {safe(versions.engine)}, rules {safe(versions.rules)}, register {safe(versions.index)}"
        )
        self._tell("custody", [line((Safe(made_by), "$quiet")), *log.custody(detail.custody)])

    def _tell(self, section: str, lines: Sequence[Line]) -> None:
        self._sections[section].tell(lines)

    def _refuse(self, words: Safe) -> None:
        self._title.update(content((Safe(f" ! {words}"), "bold $warning")))


def _read(connection: Connection, alert: int) -> tuple[AlertDetail | None, Lineage | None]:
    """The alert, and what led to it."""
    detail = reader.alert_detail(connection, alert)
    if detail is None:
        return None, None
    return detail, reader.lineage(connection, detail.incident.id, alert=alert)
