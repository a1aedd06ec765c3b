"""One incident: the alerts of one leak as one story, and what else was seen of the same content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from forensics.store import reader
from forensics.store.rows import AlertRow, IncidentDetail, Lineage
from tui import actions, wording
from tui.columns import AlertColumns
from tui.desk import Desk
from tui.feed import Pulse
from tui.formatting import Safe, content, headline, lines, safe
from tui.regret import splitting
from tui.screens.decisions import DecidingScreen, Subject
from tui.screens.detail import DetailScreen
from tui.sections import log
from tui.sections.lineage import lineage
from tui.widgets.row_list import RowList
from tui.widgets.section import Section


class IncidentScreen(DecidingScreen):
    """The alerts of one incident, newest first; decisions here are about the whole incident."""

    PLACE = "detail"
    TARGETS = ("list", "incident")
    BINDINGS: ClassVar = actions.bindings("incident")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk, incident: int) -> None:
        super().__init__(desk)
        self._number = incident
        self._detail: IncidentDetail | None = None
        self._alerts: RowList[AlertRow] = RowList(
            AlertColumns(desk.now), id="alerts", empty=Safe("reading ..."), monotonic=desk.monotonic
        )
        self._title = Static(id="title")
        self._lineage = Section(Safe("Lineage"), id="lineage")
        self._sightings = Section(Safe("Seen without an alert"), id="sightings")
        self._custody = Section(Safe("Custody"), id="custody")

    def body(self) -> Iterable[Widget]:
        """The title, the alerts, and below them what else is known."""
        yield self._title
        yield self._alerts
        with VerticalScroll(id="rest", can_focus=False):
            yield self._lineage
            yield self._sightings
            yield self._custody

    def on_mount(self) -> None:
        """The alerts take the keys."""
        self._alerts.focus()

    def look(self, pulse: Pulse) -> None:
        """Read the incident again."""
        if pulse.condition == "ready":
            identity = self._number
            self.desk.feed.ask(
                self,
                "incident",
                lambda connection: (reader.incident_detail(connection, identity), reader.lineage(connection, identity)),
                self._show,
                self._refuse,
            )

    def subject(self) -> Subject | None:
        """The incident."""
        if self._detail is None:
            return None
        incident = self._detail.incident
        return Subject(
            kind="incident",
            id=incident.id,
            title=incident.title,
            state=incident.state,
            owner=incident.owner,
            alert=incident.latest_alert,
        )

    def marked(self) -> Sequence[Subject]:
        """The alerts that are marked: decisions are about them then, and not about the whole."""
        return [
            Subject(kind="alert", id=row.id, title=row.title, state=row.state, owner=row.owner, alert=row.id)
            for row in self._alerts.marked
        ]

    def decided(self) -> None:
        """What was marked has been decided on."""
        self._alerts.unmark()

    def leave(self) -> bool:
        """Escape: take marks away; False when there were none."""
        return self._alerts.unmark()

    def action_mark(self) -> None:
        """Mark the alert under the cursor, or take its mark away."""
        self._alerts.mark()

    def action_mark_range(self) -> None:
        """Begin a range of marks, or end it."""
        self._alerts.mark_range()

    def action_split(self) -> None:
        """Put the marked alerts into an incident of their own."""
        alerts = [each.id for each in self.marked()]
        if not alerts or len(alerts) == len(self._alerts.window.rows):
            self._say(Safe("Mark some of the alerts, not all: they go into an incident of their own."))
            return
        self._write(
            f"{wording.amount(len(alerts), 'alert')} split from I{self._number}", splitting(self._number, alerts)
        )

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open an alert."""
        message.stop()
        if isinstance(message.row, AlertRow):
            ids = [row.id for row in self._alerts.window.rows]
            self.app.push_screen(DetailScreen(self.desk, message.row.id, ids))

    def _show(self, found: tuple[IncidentDetail | None, Lineage | None]) -> None:
        self._detail, known = found
        detail = self._detail
        if detail is None or known is None:
            self._refuse(Safe(f"There is no incident I{self._number} in this store."))
            return
        incident = detail.incident
        letter = wording.LETTERS.get(incident.severity, Safe("?"))
        head = content(
            (Safe(f" {letter} "), f"bold reverse ${incident.severity.value}"),
            (Safe(f" {headline(incident.title)}"), "bold"),
            (Safe(f"   I{incident.id} · "), "$quiet"),
            (Safe(f"{incident.severity.value}, {safe(incident.state)}"), "bold" if incident.state == "new" else ""),
        )
        ways = ", ".join(wording.channel(name) for name in incident.channels)
        rows = [
            log.fact("when", Safe(f"{wording.moment(incident.first_time)} to {wording.clock(incident.last_time)}")),
            log.fact("who", wording.person(incident.user, incident.host)),
            log.fact("ways", Safe(f"{wording.amount(incident.alert_count, 'alert')} by {ways}")),
            log.fact("about", wording.items(incident.items)),
        ]
        self._title.update(lines([head, *(lead + text for lead, text in rows)]))
        was = self._alerts.selected
        self._alerts.window.renew(tuple(reversed(detail.alerts)), newest=1 << 62, oldest=0)
        self._alerts.sync(was.id if was is not None else None)
        self._lineage.tell(lineage(known))
        self._sightings.tell(log.sightings(detail.sightings))
        self._custody.tell(log.custody(detail.custody))

    def _refuse(self, words: Safe) -> None:
        self._title.update(content((Safe(f" ! {words}"), "bold $warning")))
