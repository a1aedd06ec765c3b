"""The log: who did what to which evidence, newest first, and whether it is as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import Static

from forensics.database import Connection
from forensics.store import reader
from forensics.store.rows import CustodyRow
from tui import actions, wording
from tui.columns import CustodyColumns
from tui.desk import Desk
from tui.feed import Pulse
from tui.formatting import EMPTY, Piece, Safe, content, line, lines, safe
from tui.questions import Scope
from tui.screens.case import CaseScreen
from tui.screens.console import ConsoleScreen
from tui.screens.detail import DetailScreen
from tui.screens.incident import IncidentScreen
from tui.screens.sighting import SightingScreen
from tui.sections.log import fact
from tui.widgets.live_rows import LiveRows
from tui.widgets.row_list import RowList
from tui.widgets.twin_pane import TwinPane

ACTS, ALL = "acts", "all"
WORDS = {ACTS: Safe("what people and programs did"), ALL: Safe("every entry")}
_NAMED = re.compile(r"([AIO]|case-)(\d{1,18})")


class CustodyScreen(ConsoleScreen):
    """The log of custody. The cursor's entry is spelt out below; `v` walks over all of it."""

    PLACE = "custody"
    TARGETS = ("list", "custody")
    BINDINGS: ClassVar = actions.bindings("custody")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._scope = ACTS
        self._bar = Static(id="bar")
        self._rows: LiveRows[CustodyRow] = LiveRows(
            CustodyColumns(), _page, desk, id="log", empty=Safe("Nothing is recorded yet.")
        )
        self._entry = Static(id="entry")
        self._twin = TwinPane(desk.twin, id="twin")

    def body(self) -> Iterable[Widget]:
        """What is shown, the log, the entry under the cursor, and a command where one runs."""
        yield self._bar
        yield self._rows
        yield self._entry
        yield self._twin

    def on_mount(self) -> None:
        """Begin at the newest entry."""
        self._rows.focus()
        self._rows.load(Scope(self._scope))
        self._draw()

    def look(self, pulse: Pulse) -> None:
        """Follow the log."""
        if pulse.condition == "ready":
            self._rows.look()
        self._draw()

    def leave(self) -> bool:
        """Escape: put the command away; False when there was none."""
        return self._twin.leave()

    def action_next_scope(self) -> None:
        """Show what was done, or every entry."""
        self._scope = ALL if self._scope == ACTS else ACTS
        self._rows.load(Scope(self._scope))
        self._draw()

    def action_verify(self) -> None:
        """Walk over the whole log, its signed heads and the tables made from it."""
        self._twin.ask(["verify"])

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Spell out the entry under the cursor."""
        message.stop()
        self._spell(self._rows.selected)
        self._draw()

    def on_live_rows_read(self, message: LiveRows.Read) -> None:
        """Say what could not be read."""
        message.stop()
        self._draw(message.problem)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open what the entry is about, where that can be shown."""
        message.stop()
        if not isinstance(message.row, CustodyRow):
            return
        named = _NAMED.fullmatch(message.row.subject)
        if named is None:
            self.notify(Safe("This entry is about no alert, incident, observation or case."), markup=False, timeout=3)
            return
        screen = {"A": DetailScreen, "I": IncidentScreen, "O": SightingScreen, "case-": CaseScreen}[named[1]]
        self.app.push_screen(screen(self.desk, int(named[2])))

    def _spell(self, row: CustodyRow | None) -> None:
        if row is None:
            self._entry.update(EMPTY)
            return
        told = [
            line((safe(row.action), "bold"), Safe(f" {safe(row.subject)}"), (Safe(f"   entry {row.id}"), "$quiet")),
            fact("when", wording.moment(row.time)),
            fact("who", safe(row.actor)),
            fact("what", safe(row.detail, limit=500)),
            fact("digest", safe(row.digest)),
        ]
        self._entry.update(lines(lead + text for lead, text in told))

    def _draw(self, problem: Safe = EMPTY) -> None:
        pieces: list[Piece] = [(Safe("Custody"), "bold"), Safe(f"  {WORDS[self._scope]}")]
        if problem:
            pieces.append((Safe(f"   ! {problem}"), "bold $warning"))
        elif self._rows.window.unseen:
            pieces.append((Safe(f"   {self._rows.window.unseen} new, g shows them"), "bold"))
        self._bar.update(content(*pieces))


def _page(connection: Connection, scope: Scope, before: int | None, limit: int) -> Sequence[CustodyRow]:
    return reader.log_page(connection, before=before, limit=limit, is_acts_only=scope.states == ACTS)
