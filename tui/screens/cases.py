"""The cases: what is investigated together, whose it is, how old, what is still to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import Static

from forensics.database import Connection
from forensics.store import caseload
from forensics.store.caseload import CaseRow
from forensics.store.cases import CLOSED, OPEN
from tui import actions, wording
from tui.case_rows import CaseColumns, case_facts
from tui.casework import opening
from tui.desk import Desk
from tui.feed import Pulse
from tui.formatting import EMPTY, Piece, Safe, content, lines
from tui.questions import Scope
from tui.screens.case import CaseScreen
from tui.screens.case_decisions import CaseDecisions
from tui.widgets.line_dialog import LineDialog
from tui.widgets.live_rows import LiveRows
from tui.widgets.row_list import RowList

STATES = {OPEN: Safe("open"), CLOSED: Safe("closed"), "all": Safe("all")}


class CasesScreen(CaseDecisions):
    """Cases, the newest first. The one under the cursor is spelt out below where there is room."""

    PLACE = "cases"
    TARGETS = ("list", "cases")
    BINDINGS: ClassVar = actions.bindings("cases")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._states = OPEN
        self._bar = Static(id="bar")
        key = desk.keys.find("escalate").key_names
        nothing = Safe(f"No case here. {key} in the queue makes one of what is marked.")
        self._rows: LiveRows[CaseRow] = LiveRows(CaseColumns(desk.now), _page, desk, id="cases", empty=nothing)
        self._entry = Static(id="entry")

    def body(self) -> Iterable[Widget]:
        """What is shown, the cases, the one under the cursor."""
        yield self._bar
        yield self._rows
        yield self._entry

    def on_mount(self) -> None:
        """Begin with those that are open."""
        self._rows.focus()
        self._rows.load(Scope(self._states))
        self._draw()

    def look(self, pulse: Pulse) -> None:
        """Follow what is done about them."""
        if pulse.condition == "ready":
            self._rows.look()
        self._draw()

    def case(self) -> CaseRow | None:
        """The case under the cursor."""
        return self._rows.selected

    def is_settled(self) -> bool:
        """A row that has just slid under the cursor is not meant."""
        return self._rows.is_settled

    def action_new(self) -> None:
        """Open a case that holds nothing yet."""

        def finish(title: str | None) -> None:
            if title:
                self._write("A case opened", opening(title, (), self.desk.role.actor))

        self.app.push_screen(LineDialog(Safe("What is to be investigated?"), Safe("open the case")), finish)

    def action_next_state(self) -> None:
        """Go round open, closed, all."""
        names = list(STATES)
        self._states = names[(names.index(self._states) + 1) % len(names)]
        self._rows.load(Scope(self._states))
        self._draw()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open a case."""
        message.stop()
        if isinstance(message.row, CaseRow):
            self.app.push_screen(CaseScreen(self.desk, message.row.id))

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Spell out the case under the cursor."""
        message.stop()
        row = self._rows.selected
        told = case_facts(row, self.desk.now()) if row is not None else []
        self._entry.update(lines(lead + text for lead, text in told))
        self._draw()

    def on_live_rows_read(self, message: LiveRows.Read) -> None:
        """Say what could not be read."""
        message.stop()
        self._draw(message.problem)

    def _draw(self, problem: Safe = EMPTY) -> None:
        rows = self._rows.window.rows
        pieces: list[Piece] = [(Safe("Cases"), "bold"), Safe(f"  {STATES[self._states]}")]
        if rows:
            late = sum(
                row.state == OPEN and row.due_time is not None and row.due_time < self.desk.now() for row in rows
            )
            pieces.append((Safe(f"   {wording.amount(len(rows), 'case')}"), "$quiet"))
            if late:
                pieces.append((Safe(f"   ! {late} with an overdue task"), "bold $warning"))
        if problem:
            pieces.append((Safe(f"   ! {problem}"), "bold $warning"))
        self._bar.update(content(*pieces))


def _page(connection: Connection, scope: Scope, before: int | None, limit: int) -> Sequence[CaseRow]:
    state = "" if scope.states == "all" else scope.states
    return caseload.listed(connection, state=state, before=before, limit=limit)
