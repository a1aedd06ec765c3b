"""One case: its tasks, alerts and notes in one list, and the line under the cursor with all its words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import Static

from forensics.store import caseload
from forensics.store.caseload import CaseDetail, CaseRow, TaskRow
from forensics.store.cases import DONE, DROPPED, OPEN, TO_DO
from forensics.store.rows import AlertRow
from tui import actions, wording
from tui.case_rows import CaseLine, CaseLineColumns, rows_of, spelt
from tui.casework import removing, ticking
from tui.desk import Desk
from tui.feed import Pulse
from tui.formatting import Piece, Safe, content, headline, hung, safe
from tui.screens.case_decisions import CaseDecisions
from tui.screens.detail import DetailScreen
from tui.widgets.row_list import RowList


class CaseScreen(CaseDecisions):
    """What is to do stands first, then what was found, then what was noted."""

    PLACE = "cases"
    TARGETS = ("list", "case")
    BINDINGS: ClassVar = actions.bindings("case")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk, case: int) -> None:
        super().__init__(desk)
        self._number = case
        self._detail: CaseDetail | None = None
        self._title = Static(id="title")
        self._rows: RowList[CaseLine] = RowList(
            CaseLineColumns(desk.now), id="lines", empty=Safe("reading ..."), monotonic=desk.monotonic
        )
        self._entry = Static(id="entry")

    def body(self) -> Iterable[Widget]:
        """The title, the list, the line under the cursor."""
        yield self._title
        yield self._rows
        yield self._entry

    def on_mount(self) -> None:
        """The list takes the keys."""
        self._rows.focus()

    def look(self, pulse: Pulse) -> None:
        """Read the case again."""
        if pulse.condition == "ready":
            id = self._number
            self.desk.feed.ask(self, "case", lambda connection: caseload.case(connection, id), self._show, self._refuse)

    def case(self) -> CaseRow | None:
        """The case on the screen."""
        return self._detail.case if self._detail is not None else None

    def action_tick(self) -> None:
        """Tick the task under the cursor, or untick it."""
        self._turn(DONE)

    def action_drop(self) -> None:
        """Drop the task under the cursor: it need not be done."""
        self._turn(DROPPED)

    def action_remove(self) -> None:
        """Take the alert under the cursor out of the case."""
        row = self._rows.selected
        if row is not None and isinstance(row.of, AlertRow):
            self._write(f"A{row.of.id} left case-{self._number}", removing(self._number, ("A", row.of.id)))
        else:
            self._say(Safe("Go to an alert to take it out of the case."))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open an alert."""
        message.stop()
        row = message.row
        if not isinstance(row, CaseLine):
            return
        if isinstance(row.of, AlertRow):
            ids = [each.of.id for each in self._rows.window.rows if isinstance(each.of, AlertRow)]
            self.app.push_screen(DetailScreen(self.desk, row.of.id, ids))
        elif isinstance(row.of, TaskRow):
            self._say(Safe(f"{self.desk.keys.find('case-tick').key_names} ticks a task."))

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Spell out the line under the cursor."""
        message.stop()
        self._spell()

    def on_resize(self) -> None:
        """Wrap the words anew."""
        self._spell()

    def _turn(self, state: str) -> None:
        row = self._rows.selected
        if row is None or not isinstance(row.of, TaskRow):
            self._say(Safe("Go to a task first."))
            return
        task = row.of
        if not self._rows.is_settled:
            self._say(Safe("The row under the cursor has just changed; look, and press again."))
            return
        wanted = TO_DO if task.state == state else state
        words = {TO_DO: "to do again", DONE: "done", DROPPED: "dropped"}[wanted]
        self._write(f"T{task.id} {words}", ticking(task, wanted))

    def _show(self, found: CaseDetail | None) -> None:
        self._detail = found
        if found is None:
            self._refuse(Safe(f"There is no case-{self._number} in this store."))
            return
        self._head(found.case)
        window, was = self._rows.window, self._rows.selected
        window.rows = rows_of(found)
        window.cursor = _place(window.rows, was, window.cursor)
        self._rows.empty = Safe("Nothing is in this case yet.")
        self._rows.sync(was.id if was is not None else None)

    def _head(self, case: CaseRow) -> None:
        pieces: list[Piece] = []
        if case.severity is not None:
            letter = wording.LETTERS.get(case.severity.value, Safe("?"))
            pieces.append((Safe(f" {letter} "), f"bold reverse ${case.severity.value}"))
        pieces += [(Safe(f" {headline(case.title)}"), "bold"), (Safe(f"   case-{case.id}\n"), "$quiet")]
        ended = f": {case.disposition}, {safe(case.reason)}" if case.disposition else ""
        pieces.append((Safe(f" {case.state}{ended}"), "bold" if case.state == OPEN else ""))
        owner = f"owner {safe(case.owner)}" if case.owner else "nobody owns it"
        left = f"{case.open_tasks} of {wording.amount(case.tasks, 'task')} to do"
        held = f"{wording.amount(case.alerts, 'alert')}, {wording.amount(case.notes, 'note')}"
        opened = f"opened {wording.ago(self.desk.now() - case.made_time)}"
        pieces.append((Safe(f" · {owner} · {left} · {held} · {opened}"), "$quiet"))
        self._title.update(content(*pieces))

    def _spell(self) -> None:
        row = self._rows.selected
        told = spelt(row, self.desk.now()) if row is not None else []
        self._entry.update(hung(told, max(20, self.size.width - 4)))

    def _refuse(self, words: Safe) -> None:
        self._title.update(content((Safe(f" ! {words}"), "bold $warning")))


def _place(rows: Sequence[CaseLine], was: CaseLine | None, cursor: int) -> int:
    """Where the cursor goes: with its row, but from a task just dealt with to what took its place."""
    at = next((place for place, row in enumerate(rows) if was is not None and row.id == was.id), None)
    if at is None or (was is not None and _is_to_do(was) and not _is_to_do(rows[at])):
        return min(cursor, max(0, len(rows) - 1))
    return at


def _is_to_do(row: CaseLine) -> bool:
    return isinstance(row.of, TaskRow) and row.of.state == TO_DO
