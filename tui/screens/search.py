"""Search over all evidence: a query line that offers what may come next, hits newest first, when and which they are."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input, Static

from forensics.database import Connection
from forensics.store import overview, reader, saved
from forensics.store.overview import Overview
from forensics.store.rows import SearchHit
from forensics.store.saved import SavedQuery
from forensics.store.writer import Store
from tui import actions, querying, wording
from tui.columns import HitColumns
from tui.desk import Desk
from tui.feed import Pulse
from tui.formatting import EMPTY, Safe, content, crop, safe
from tui.regret import Deed
from tui.screens.console import ConsoleScreen
from tui.screens.detail import DetailScreen
from tui.screens.sighting import SightingScreen
from tui.widgets.facets import Facet, Facets
from tui.widgets.histogram import HOUR_S, Histogram
from tui.widgets.line_dialog import LineDialog
from tui.widgets.query_line import QueryLine
from tui.widgets.row_list import RowList
from tui.widgets.saved_dialog import SavedDialog
from tui.widgets.twin_pane import TwinPane

MOST_HITS = 500
TYPING_PAUSE_S = 0.25
COUNTING_S = 0.5
"""So long facets are counted before they say of how many they are."""
REST_S = 10.0
"""So long after a count before what has not changed but for the store is counted again."""
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
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - the base class declares it so

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._query = ""
        self._counted: tuple[str, float] = ("", float("-inf"))
        self._said = self._of = EMPTY
        self._hits: RowList[SearchHit] = RowList(
            HitColumns(desk.now), id="hits", empty=Safe("no evidence fits"), monotonic=desk.monotonic
        )
        self._line = QueryLine(placeholder="Search all evidence", id="line")
        self._offers = Static(content((LANGUAGE, "$quiet")), id="language")
        self._found = Static(id="found")
        self._times = Histogram(id="times")
        self._facets = Facets(id="facets", monotonic=desk.monotonic)
        self._twin = TwinPane(desk.twin, id="twin")

    def body(self) -> Iterable[Widget]:
        """The query line, what may come next, when the hits were seen, the hits and which they are."""
        yield self._line
        yield self._offers
        yield self._found
        yield self._times
        with Horizontal(id="answers"):
            with Vertical(id="list"):
                yield self._hits
            yield self._facets
        yield self._twin

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
        if self._twin.leave():
            return True
        if self._facets.has_focus or self._times.has_focus or (line.has_focus and self._hits.window.rows):
            self.remove_class("-facets")
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

    def action_facets(self) -> None:
        """Go to the facets, or back to the hits."""
        if self._facets.has_focus:
            self.leave()
            return
        self.add_class("-facets")
        self._facets.focus()

    def action_times(self) -> None:
        """Choose a time."""
        if self._times.has_class("-shown"):
            self._times.focus()

    def action_sql(self) -> None:
        """Show how it is looked for: what the word index is asked, the SQL, its plan."""
        self._twin.ask(["search", "--explain", *(["--", self._query] if self._query else [])])

    def action_save(self) -> None:
        """Ask for a name, and keep the query under it."""
        query = self._query

        def named(name: str | None) -> None:
            if name is not None:
                what = Safe(f"saved as {crop(safe(name), 40)}")
                self.desk.scribe.write(what, lambda store: _keep(store, name, query))

        if query:
            asked = Safe(f"Save the query  {crop(safe(query), 40)}")
            self.app.push_screen(LineDialog(asked, Safe("save it under this name")), named)

    def action_saved(self) -> None:
        """Choose one of the queries that were kept."""
        self.desk.feed.ask(self, "saved", saved.listed, self._choose, lambda words: self._say(words, is_problem=True))

    def on_histogram_chosen(self, message: Histogram.Chosen) -> None:
        """Narrow the query to this time."""
        self._ask_for(querying.between(self._line.value, message.since, message.until))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer what may come next, and search after a pause in typing."""
        typed = event.value
        self._offer()
        self.set_timer(TYPING_PAUSE_S, lambda: self._search_for(typed))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter searches at once and goes to the hits; whom it looked for by name is noted."""
        self._search_for(event.value)
        self.desk.scribe.note_names(event.value)
        self._hits.focus()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open the alert or the sighting, or narrow the query to a value."""
        message.stop()
        if isinstance(message.row, Facet):
            self._narrow(message.row)
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

    def _ask_for(self, query: Safe) -> None:
        """Put a query into the line and look for it at once."""
        self._line.value = query
        self._line.cursor_position = len(query)
        self._search_for(query)
        self.desk.scribe.note_names(query)

    def _narrow(self, facet: Facet) -> None:
        """Ask for this value too, or no longer."""
        if not facet.value:
            return
        wanted = querying.term(facet.field, facet.value)
        if wanted is None:
            self.notify(Safe("No query can name this value."), markup=False, timeout=3)
            return
        self._ask_for(querying.narrowed(self._line.value, wanted))

    def _choose(self, kept: Sequence[SavedQuery]) -> None:
        def chosen(choice: tuple[SavedQuery, bool] | None) -> None:
            if choice is None:
                return
            query, is_forgotten = choice
            if is_forgotten:
                what = Safe(f"{crop(safe(query.name), 40)} is forgotten")
                self.desk.scribe.write(what, lambda store: _forget(store, query))
            else:
                self._ask_for(safe(query.query))
                self._hits.focus()

        self.app.push_screen(SavedDialog(kept), chosen)

    def _offer(self) -> None:
        """Say what may come next, or what a query is made of."""
        offers = self._line.offers
        if not offers:
            self._offers.update(content((LANGUAGE, "$quiet")))
            return
        rest = Safe("   ".join(offers[1:]))
        self._offers.update(
            content((Safe("tab "), "bold"), (offers[0], "bold $accent"), (Safe(f"   {rest}"), "$quiet"))
        )

    def _search(self) -> None:
        query = self._query
        self.desk.feed.ask(
            self,
            "search",
            lambda connection: reader.search(connection, query, limit=MOST_HITS),
            self._show,
            lambda words: self._say(words, is_problem=True),
        )
        asked, when = self._counted
        if asked != query or self.desk.monotonic() - when > REST_S:
            self._counted, self._of = (query, self.desk.monotonic()), EMPTY
            self.desk.feed.ask(self, "facets", partial(_overview, query=query), self._count, lambda words: None)

    def _count(self, found: Overview) -> None:
        """Show when they were seen and which they are; what is there of each field may be typed next."""
        known = {field: [value for value, _ in counts.most_common()] for field, counts in found.facets.items()}
        self._line.values = {**self._line.values, **{field: values for field, values in known.items() if values}}
        self._facets.show(found)
        self._of = Safe(f"   told apart: {'all' if found.is_whole else 'the newest'} {found.count:,}")
        self._say(self._said)
        self._times.show(found.times)

    def _show(self, hits: Sequence[SearchHit]) -> None:
        self._hits.window.rows = list(hits)
        self._hits.window.cursor = 0
        self._hits.sync()
        many = wording.amount(len(hits), "hit")
        self._said = Safe(f"{many}, newest first" if len(hits) < MOST_HITS else f"the newest {many}")
        self._say(self._said)

    def _say(self, words: Safe, *, is_problem: bool = False) -> None:
        told = content((Safe(f"{words}{self._of}"), "$quiet"))
        line = content((Safe(f"! {words}"), "bold $warning")) if is_problem else told
        self._found.update(line)


def _overview(connection: Connection, *, query: str) -> Overview:
    until = time.monotonic() + COUNTING_S
    fields = tuple(overview.FACETS)
    return overview.overview(connection, query, fields=fields, step_s=HOUR_S, is_over=lambda: time.monotonic() > until)


def _keep(store: Store, name: str, query: str) -> None:
    store.save_query(name, query)


def _forget(store: Store, query: SavedQuery) -> Deed:
    """Taken back, it is kept again."""
    store.forget_query(query.name)
    return lambda again: _keep(again, query.name, query.query)
