"""Search over all evidence: a query line, hits newest first, alerts and quiet sightings alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import Input, Static

from forensics.store import reader
from forensics.store.rows import SearchHit
from tui import actions, wording
from tui.columns import HitColumns
from tui.desk import Desk
from tui.feed import Pulse
from tui.formatting import Safe, content
from tui.screens.console import ConsoleScreen
from tui.screens.detail import DetailScreen
from tui.screens.sighting import SightingScreen
from tui.widgets.plain_input import PlainInput
from tui.widgets.row_list import RowList

MOST_HITS = 500
TYPING_PAUSE_S = 0.25
LANGUAGE = Safe(
    'words "a phrase" menu* -not a OR b  user: host: clip: package: channel: to: '
    "rule: severity: outcome: state: recipient: sha256: after:2026-11-01 last:7d"
)


class SearchScreen(ConsoleScreen):
    """Searches while it is typed; a half-typed query is a query."""

    PLACE = "search"
    TARGETS = ("list", "search")
    BINDINGS: ClassVar = actions.bindings("search")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._query = ""
        self._hits: RowList[SearchHit] = RowList(
            HitColumns(desk.now), id="hits", empty=Safe("no evidence fits"), monotonic=desk.monotonic
        )
        self._line = PlainInput(placeholder="Search all evidence", id="line", select_on_focus=False)
        self._found = Static(id="found")

    def body(self) -> Iterable[Widget]:
        """The query line, what it understands, the hits."""
        yield self._line
        yield Static(content((LANGUAGE, "$quiet")), id="language")
        yield self._found
        yield self._hits

    def on_mount(self) -> None:
        """Begin on the query line, with the newest evidence shown; on the hits where a query came along."""
        (self._hits if self._query else self._line).focus()

    def begin(self, query: str) -> None:
        """Search for this, as if it had been typed."""
        self._line.value = query
        self._search_for(query)
        if self.is_mounted:
            self._hits.focus()

    def look(self, pulse: Pulse) -> None:
        """Search again when the store has changed, unless a row further down is being looked at."""
        if pulse.condition == "ready" and self._hits.is_following:
            self._search()
        elif pulse.condition != "ready":
            self._say(Safe("There is no store to search yet."))

    def leave(self) -> bool:
        """Escape: from the line to the hits, from the hits back to an empty line."""
        line = self._line
        if line.has_focus and self._hits.window.rows:
            self._hits.focus()
            return True
        if line.value:
            line.value = ""
            line.focus()
            return True
        return False

    def action_query(self) -> None:
        """Write another query."""
        self._line.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search after a pause in typing."""
        typed = event.value
        self.set_timer(TYPING_PAUSE_S, lambda: self._search_for(typed))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter searches at once and goes to the hits; whom it looked for by name is noted."""
        self._search_for(event.value)
        self.desk.scribe.note_names(event.value)
        self._hits.focus()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open the alert or the sighting."""
        message.stop()
        if not isinstance(message.row, SearchHit):
            return
        if message.row.kind == "alert":
            ids = [hit.id for hit in self._hits.window.rows if hit.kind == "alert"]
            self.app.push_screen(DetailScreen(self.desk, message.row.id, ids))
        else:
            self.app.push_screen(SightingScreen(self.desk, message.row.id))

    def _search_for(self, typed: str) -> None:
        if typed == self._line.value and typed.strip() != self._query:
            self._query = typed.strip()
            self._hits.window.cursor = 0
            self._search()

    def _search(self) -> None:
        query = self._query
        self.desk.feed.ask(
            self,
            "search",
            lambda connection: reader.search(connection, query, limit=MOST_HITS),
            self._show,
            lambda words: self._say(words, is_problem=True),
        )

    def _show(self, hits: Sequence[SearchHit]) -> None:
        self._hits.window.rows = list(hits)
        self._hits.window.cursor = 0
        self._hits.sync()
        many = wording.amount(len(hits), "hit")
        self._say(Safe(f"{many}, newest first" if len(hits) < MOST_HITS else f"the newest {many}"))

    def _say(self, words: Safe, *, is_problem: bool = False) -> None:
        line = content((Safe(f"! {words}"), "bold $warning")) if is_problem else content((words, "$quiet"))
        self._found.update(line)
