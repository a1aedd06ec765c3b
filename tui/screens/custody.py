"""The log: who did what to which evidence, whether it is as it was written; what was unsealed, what exported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static

from forensics.database import Connection
from forensics.pseudonyms import PERSON, is_pseudonym
from forensics.store import reader
from forensics.store.rows import CustodyRow
from forensics.store.unseals import Unseal, unseals
from tui import actions, wording
from tui.columns import CustodyColumns
from tui.custody_columns import UnsealColumns, words
from tui.desk import Desk
from tui.exporting import offer_proof
from tui.feed import Pulse
from tui.formatting import EMPTY, Piece, Safe, content, line, lines, safe
from tui.questions import Scope
from tui.screens.case import CaseScreen
from tui.screens.detail import DetailScreen
from tui.screens.incident import IncidentScreen
from tui.screens.sighting import SightingScreen
from tui.screens.unsealing import UnsealingScreen
from tui.sections.log import fact
from tui.unsealing import facts
from tui.widgets.live_rows import LiveRows
from tui.widgets.row_list import RowList
from tui.widgets.tab_bar import Tab, TabBar
from tui.widgets.twin_pane import TwinPane

ACTS, ALL = "acts", "all"
LOG, UNSEALS, EXPORTS = "log", "unseals", "exports"
PAGES = {LOG: Safe("Log"), UNSEALS: Safe("Unsealing"), EXPORTS: Safe("Exports")}
UNSEALING = ("unseal-approve", "unseal-decline", "unseal-take", "unseal-ask")
EXPORTED = Safe("what was exported, by whom and why")
WORDS = {ACTS: Safe("what people and programs did"), ALL: Safe("every entry")}
_NAMED = re.compile(r"([AIO]|case-)(\d{1,18})")


class CustodyScreen(UnsealingScreen):
    """The log, what was asked to be opened, what was exported. The cursor's entry is spelt out below.

    `v` walks over all of the log.
    """

    PLACE = "custody"
    TARGETS = ("list", "custody")
    BINDINGS: ClassVar = actions.bindings("custody")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._scope = ACTS
        self._page = LOG
        self._problem = EMPTY
        keys = {page: desk.keys.find(f"custody-{page}").key_names for page in PAGES}
        self._tabs = TabBar([Tab(id=page, title=PAGES[page], key=Safe(keys[page])) for page in PAGES], id="pages")
        self._bar = Static(id="bar")
        export, ask = (desk.keys.find(id).key_names for id in ("export", "unseal-ask"))
        log, unsealing = CustodyColumns(), UnsealColumns(desk.now)
        self._log: LiveRows[CustodyRow] = LiveRows(log, _entries, desk, id=LOG, empty=Safe("Nothing is recorded yet."))
        self._exports: LiveRows[CustodyRow] = LiveRows(
            log,
            _exported,
            desk,
            id=EXPORTS,
            empty=Safe(f"Nothing was exported. In an alert or on its row, {export} does it."),
        )
        self._unseals: LiveRows[Unseal] = LiveRows(
            unsealing, _asked, desk, id=UNSEALS, empty=Safe(f"Nobody asked for kept content to be opened. {ask} does.")
        )
        self._lists = ContentSwitcher(initial=LOG, id="lists")
        self._entry = Static(id="entry")
        self._twin = TwinPane(desk.twin, id="twin")

    def body(self) -> Iterable[Widget]:
        """The pages, what is shown, a list, the entry under the cursor, and a command where one runs."""
        yield self._tabs
        yield self._bar
        with self._lists:
            yield self._log
            yield self._unseals
            yield self._exports
        yield self._entry
        yield self._twin

    def on_mount(self) -> None:
        """Begin at the newest entry."""
        self.rows.focus()
        self._log.load(Scope(self._scope))
        self._draw()

    @property
    def rows(self) -> LiveRows[CustodyRow] | LiveRows[Unseal]:
        """The list that is shown."""
        if self._page == UNSEALS:
            return self._unseals
        return self._exports if self._page == EXPORTS else self._log

    def look(self, pulse: Pulse) -> None:
        """Follow the log, and what waits for somebody."""
        if pulse.condition == "ready":
            self.rows.look()
            if self._page != UNSEALS:
                self._unseals.look()
        self._draw()

    def asked(self) -> Unseal | None:
        """The request under the cursor."""
        row = self._unseals.selected
        return row if self._page == UNSEALS and self._unseals.is_settled else None

    def about(self) -> str:
        """The alert or person that the cursor's entry is about, for a request."""
        row = self.rows.selected
        subject = row.subject.removeprefix(PERSON) if row is not None else ""
        return subject if subject[:1] == "A" or is_pseudonym(subject) else ""

    def action_page(self, page: str) -> None:
        """Show a page."""
        self._page, self._problem = page, EMPTY
        self._lists.current = page
        self.rows.focus()
        self.rows.look()
        self._spell(self.rows.selected)
        self._draw()

    def action_next_page(self, steps: int) -> None:
        """Show a neighbour of the page, round and round."""
        names = list(PAGES)
        self.action_page(names[(names.index(self._page) + steps) % len(names)])

    def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        """Show the page that was clicked."""
        message.stop()
        self.action_page(message.tab)

    def leave(self) -> bool:
        """Escape: put the command away; False when there was none."""
        return self._twin.leave()

    def action_next_scope(self) -> None:
        """Show what was done, or every entry."""
        self._scope = ALL if self._scope == ACTS else ACTS
        self._log.load(Scope(self._scope))
        self.action_page(LOG)

    def action_verify(self) -> None:
        """Walk over the whole log, its signed heads and the tables made from it."""
        self._twin.ask(["verify"])

    def action_prove(self) -> None:
        """Write the proof of the entry under the cursor."""
        row = self.rows.selected
        if row is not None:
            offer_proof(self.app, self.desk, row.id)

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Spell out the entry under the cursor."""
        message.stop()
        if message.rows is self.rows:
            self._spell(self.rows.selected)
            self._draw()

    def on_live_rows_read(self, message: LiveRows.Read) -> None:
        """Say what could not be read."""
        message.stop()
        if message.rows is self.rows:
            self._problem = message.problem
            self._spell(self.rows.selected)
        self._draw()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open what the entry is about, where that can be shown."""
        message.stop()
        if not isinstance(message.row, CustodyRow | Unseal):
            return
        named = _NAMED.fullmatch(message.row.subject)
        if named is None:
            self.notify(Safe("This entry is about no alert, incident, observation or case."), markup=False, timeout=3)
            return
        screen = {"A": DetailScreen, "I": IncidentScreen, "O": SightingScreen, "case-": CaseScreen}[named[1]]
        self.app.push_screen(screen(self.desk, int(named[2])))

    def _spell(self, row: CustodyRow | Unseal | None) -> None:
        if row is None:
            self._entry.update(EMPTY)
            return
        if isinstance(row, Unseal):
            steps = ", ".join(f"{safe(step.actor)} {safe(step.action)}" for step in row.steps[-6:])
            head = content((words(row, self.desk.now()), "bold"), (Safe(f"   request {row.request[:8]}"), "$quiet"))
            self._entry.update(lines([head, *map(content, facts(row)), content(Safe(f"then   {steps or 'nothing'}"))]))
            return
        told = [
            line((safe(row.action), "bold"), Safe(f" {safe(row.subject)}"), (Safe(f"   entry {row.id}"), "$quiet")),
            fact("when", wording.moment(row.time)),
            fact("who", safe(row.actor)),
            fact("what", safe(row.detail, limit=500)),
            fact("digest", safe(row.digest)),
        ]
        self._entry.update(lines(lead + text for lead, text in told))

    def _draw(self) -> None:
        waiting = sum(row.lacks(self.desk.now()) > 0 for row in self._unseals.window.rows)
        self._tabs.tell(self._page, {UNSEALS: waiting} if waiting else {})
        pieces: list[Piece] = [(Safe("Custody"), "bold"), Safe(f"  {self._words()}")]
        if self._problem:
            pieces.append((Safe(f"   ! {self._problem}"), "bold $warning"))
        elif self.rows.window.unseen:
            pieces.append((Safe(f"   {self.rows.window.unseen} new, g shows them"), "bold"))
        self._bar.update(content(*pieces))

    def _words(self) -> Safe:
        if self._page == UNSEALS:
            if self.desk.role.is_read_only:
                return Safe("what was asked to be opened")
            known = [self.desk.keys.find(id) for id in UNSEALING]
            return Safe("   ".join(f"{each.key_names} {each.hint}" for each in known))
        return EXPORTED if self._page == EXPORTS else WORDS[self._scope]


def _entries(connection: Connection, scope: Scope, before: int | None, limit: int) -> Sequence[CustodyRow]:
    return reader.log_page(connection, before=before, limit=limit, is_acts_only=scope.states == ACTS)


def _asked(connection: Connection, scope: Scope, before: int | None, limit: int) -> Sequence[Unseal]:
    return unseals(connection, before=before, limit=limit)


def _exported(connection: Connection, scope: Scope, before: int | None, limit: int) -> Sequence[CustodyRow]:
    return reader.deeds(connection, "export", before=before, limit=limit)
