"""The live queue: incidents or single alerts, newest first, with a filter line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import ContentSwitcher, Input

from forensics.store.rows import AlertRow, IncidentRow
from tui import actions, questions
from tui.columns import AlertColumns, IncidentColumns
from tui.desk import Desk
from tui.feed import Pulse
from tui.formatting import EMPTY, Safe
from tui.questions import SCOPES, Scope
from tui.screens.decisions import DecidingScreen, Subject
from tui.screens.detail import DetailScreen
from tui.screens.incident import IncidentScreen
from tui.widgets.glance import Glance
from tui.widgets.live_rows import LiveRows
from tui.widgets.plain_input import PlainInput
from tui.widgets.queue_bar import QueueBar
from tui.widgets.row_list import RowList
from tui.widgets.welcome import Welcome

CALM = Safe("Nothing here waits for anybody.")
TYPING_PAUSE_S = 0.2


class QueueScreen(DecidingScreen):
    """Shows what left. Arrivals are followed at the top and counted otherwise; they never move a chosen row."""

    PLACE = "queue"
    TARGETS = ("list", "queue")
    BINDINGS: ClassVar = actions.bindings("queue")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._incidents: LiveRows[IncidentRow] = LiveRows(
            IncidentColumns(desk.now),
            questions.incidents,
            desk,
            id="incidents",
            empty=CALM,
            rank=lambda incident: incident.latest_alert,
        )
        self._alerts: LiveRows[AlertRow] = LiveRows(
            AlertColumns(desk.now), questions.alerts, desk, id="alerts", empty=CALM
        )
        self._scope = Scope()
        self._problem = EMPTY
        self._is_by_incident = True
        self._bar = QueueBar()
        self._line = PlainInput(
            placeholder="words   user:rv17   channel:http   severity:high   last:7d", id="filter", select_on_focus=False
        )
        self._lists = ContentSwitcher(initial="incidents", id="lists")
        self._glance = Glance(desk.now)
        self._welcome = Welcome(desk.store, desk.twin, desk.keys, id="welcome")

    def body(self) -> Iterable[Widget]:
        """A line saying what is shown, the filter line, the list, and a glance at the row under the cursor."""
        yield self._bar
        yield self._line
        with self._lists:
            yield self._incidents
            yield self._alerts
            yield self._welcome
        yield self._glance

    def on_mount(self) -> None:
        """Begin at the list, with the filter line put away."""
        self._line.display = False
        self.rows.focus()
        self.rows.load()

    @property
    def rows(self) -> LiveRows[IncidentRow] | LiveRows[AlertRow]:
        """The list that is shown."""
        return self._incidents if self._is_by_incident else self._alerts

    def subject(self) -> Subject | None:
        """The row under the cursor."""
        row = self.rows.selected
        if row is None:
            return None
        return _subject(row)

    def marked(self) -> Sequence[Subject]:
        """The rows that are marked."""
        return [_subject(row) for row in self.rows.marked]

    def decided(self) -> None:
        """What was marked has been decided on."""
        self.rows.unmark()

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away."""
        self.rows.mark()

    def action_mark_range(self) -> None:
        """Begin a range of marks, or end it."""
        self.rows.mark_range()

    def is_settled(self) -> bool:
        """A row that has just slid under the cursor is not meant."""
        return self.rows.is_settled

    def look(self, pulse: Pulse) -> None:
        """Show the welcome while there is no store, the list otherwise."""
        self._receive(is_missing=pulse.condition == "missing")
        if pulse.condition == "ready":
            self.rows.look()  # and the bar above it is drawn when it has been read
        else:
            self._draw_bar()

    def _receive(self, *, is_missing: bool) -> None:
        """Turn to the welcome, and from it to the list when there is something to list."""
        if is_missing == self.has_class("-missing"):
            return
        self.set_class(is_missing, "-missing")
        self._turn_to("welcome" if is_missing else self.rows.id)
        self.hints.turn_to(*(("welcome",) if is_missing else self.TARGETS))
        (self._welcome if is_missing else self.rows).focus()

    def action_toggle_incidents(self) -> None:
        """Switch between incidents and single alerts."""
        self.rows.unmark()
        self._is_by_incident = not self._is_by_incident
        self._turn_to(self.rows.id)
        self.rows.focus()
        self.rows.load(self._scope)
        self._draw_bar()

    def action_next_state(self) -> None:
        """Go round open, new, closed, all."""
        names = list(SCOPES)
        following = names[(names.index(self._scope.states) + 1) % len(names)]
        self._narrow(Scope(following, self._scope.query))

    def action_show_new(self) -> None:
        """Go to the newest row."""
        self.rows.load(to_top=True)

    def action_filter(self) -> None:
        """Open the filter line."""
        line = self._line
        line.display = True
        line.focus()

    def leave(self) -> bool:
        """Escape: take marks away, else put the filter away; False when there was neither."""
        if self.rows.unmark() or self._welcome.leave():
            return True
        line = self._line
        if not line.display and not self._scope.query:
            return False
        line.value = ""
        line.display = False
        self._narrow(Scope(self._scope.states))
        self.rows.focus()
        return True

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while it is typed; half a query is a query."""
        typed = event.value
        self.set_timer(TYPING_PAUSE_S, lambda: self._filter_by(typed))

    def on_input_submitted(self) -> None:
        """Enter goes to the rows; an empty line is put away."""
        line = self._line
        line.display = bool(line.value)
        self._filter_by(line.value)
        self.desk.scribe.note_names(line.value)
        self.rows.focus()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open the incident or the alert."""
        message.stop()
        if isinstance(message.row, IncidentRow):
            self.app.push_screen(IncidentScreen(self.desk, message.row.id))
        elif isinstance(message.row, AlertRow):
            ids = [row.id for row in self._alerts.window.rows]
            self.app.push_screen(DetailScreen(self.desk, message.row.id, ids))

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Spell out the row under the cursor."""
        if message.rows is self.rows:
            self._glance.show(self.rows.selected)
            self._draw_bar()

    def on_live_rows_read(self, message: LiveRows.Read) -> None:
        """Say what could not be read, and how many are new."""
        if message.rows is self.rows:
            self._problem = message.problem
            self._draw_bar()

    def _filter_by(self, typed: str) -> None:
        if typed == self._line.value:
            self._narrow(Scope(self._scope.states, typed.strip()))

    def _narrow(self, scope: Scope) -> None:
        if scope != self._scope:
            self._scope, self._problem = scope, EMPTY
            self.rows.load(scope)
            self._draw_bar()

    def _turn_to(self, list_id: str | None) -> None:
        if self._lists.current != list_id:
            self._lists.current = list_id

    def _draw_bar(self) -> None:
        kind = Safe("Incidents") if self._is_by_incident else Safe("Alerts")
        self._bar.show(kind, self.rows, self.desk.feed.pulse, self._problem)


def _subject(row: IncidentRow | AlertRow) -> Subject:
    if isinstance(row, IncidentRow):
        alert = row.latest_alert
        return Subject(kind="incident", id=row.id, title=row.title, state=row.state, owner=row.owner, alert=alert)
    return Subject(kind="alert", id=row.id, title=row.title, state=row.state, owner=row.owner, alert=row.id)
