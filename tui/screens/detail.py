"""One alert, and why: who, where to, which rule on which bytes or seconds, what was inside, what could not be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from forensics.database import Connection
from forensics.reports.records import evidence
from forensics.store import reader
from forensics.store.rows import AlertDetail, Lineage, MatchRow, OpaqueRow
from forensics.text_safety import has_hidden
from tui import actions, wording
from tui.desk import Desk
from tui.feed import Pulse
from tui.formatting import Line, Piece, Safe, content, headline, line, safe
from tui.screens.decisions import DecidingScreen, Subject
from tui.screens.story import StoryScreen, counted
from tui.screens.unsealing import AskingScreen
from tui.sections.lineage import lineage
from tui.sections.raw import raw

ALONE = Safe("Nothing else was seen of this content.")
Found = tuple[AlertDetail | None, Lineage | None, Sequence[Line], Sequence[OpaqueRow]]


class DetailScreen(StoryScreen, DecidingScreen, AskingScreen):
    """The story of one alert; `neighbours` are the ids of the list it was opened from, newest first."""

    PLACE = "detail"
    TARGETS = ("detail",)
    BINDINGS: ClassVar = actions.bindings("detail")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk, alert: int, neighbours: Sequence[int] = ()) -> None:
        super().__init__(desk)
        self._number = alert
        self._neighbours = list(neighbours)
        self._detail: AlertDetail | None = None
        self._title.update(content((Safe("reading ..."), "$quiet")))

    def look(self, pulse: Pulse) -> None:
        """Read the alert again."""
        if pulse.condition == "ready":
            ask = partial(_read, alert=self._number, page=self._page, quoted=self.quoted)
            self.desk.feed.ask(self, "detail", ask, self._show, self._refuse)

    def subject(self) -> Subject | None:
        """The alert on the screen."""
        if self._detail is None or self._detail.alert.id != self._number:
            return None
        alert = self._detail.alert
        return Subject(
            kind="alert", id=alert.id, title=alert.title, state=alert.state, owner=alert.owner, alert=alert.id
        )

    def name_of(self) -> str:
        """Its id, as `earwitness show` takes it."""
        return f"A{self._number}" if self._detail is not None and self._detail.alert.id == self._number else ""

    def about(self) -> str:
        """The alert, for a request to open what is kept of it."""
        return f"A{self._number}"

    def counts(self) -> Mapping[str, int]:
        """How much is on the pages that can be counted."""
        return {} if self._detail is None else counted(self._detail)

    def action_step(self, steps: int) -> None:
        """Go to a neighbour in the list this was opened from; the page stays."""
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

    def _show(self, found: Found) -> None:
        self._detail, known, lines, opaque = found
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
        self.tell(alert, detail, content(*pieces))
        self.say("lineage", (lineage(known) if known is not None else []) or [line((ALONE, "$quiet"))])
        self.say("raw", lines)
        self.tell_gaps(detail, opaque)

    def _refuse(self, words: Safe) -> None:
        self._title.update(content((Safe(f" ! {words}"), "bold $warning")))


def _read(connection: Connection, alert: int, page: str, quoted: Callable[[Sequence[MatchRow]], None]) -> Found:
    """The alert, what led to it, and on the page that shows it all of it as JSON."""
    detail = reader.alert_detail(connection, alert)
    if detail is None:
        return None, None, (), ()
    quoted(detail.matches)
    known = reader.lineage(connection, detail.incident.id, alert=alert)
    lines = raw(evidence(detail, known), Safe(f"earwitness show A{alert} --json")) if page == "raw" else []
    opaque = reader.opaque_around(connection, detail.alert) if page == "gaps" else ()
    return detail, known, lines, opaque
