"""One observation that raised no alert: what it was, what was inside, and why nobody was called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from forensics.database import Connection
from forensics.reports.records import evidence
from forensics.store import reader
from forensics.store.rows import MatchRow, ObservationDetail, OpaqueRow
from tui import actions
from tui.desk import Desk
from tui.feed import Pulse
from tui.formatting import Line, Safe, content, headline, line
from tui.screens.story import StoryScreen, counted
from tui.sections.raw import raw

NOBODY = Safe("Lineage is told of alerts and incidents; this raised none.")
Found = tuple[ObservationDetail | None, Sequence[Line], Sequence[OpaqueRow]]


class SightingScreen(StoryScreen):
    """Read-only: there is nothing to decide about a sighting."""

    PLACE = "detail"
    TARGETS = ("sighting",)
    BINDINGS: ClassVar = actions.bindings("sighting")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk, observation: int) -> None:
        super().__init__(desk)
        self._number = observation
        self._detail: ObservationDetail | None = None

    def look(self, pulse: Pulse) -> None:
        """Read the observation again."""
        if pulse.condition == "ready":
            ask = partial(_read, observation=self._number, page=self._page, quoted=self.quoted)
            self.desk.feed.ask(self, "sighting", ask, self._show)

    def name_of(self) -> str:
        """Its id, as `earwitness show` takes it."""
        return f"O{self._number}" if self._detail is not None else ""

    def counts(self) -> Mapping[str, int]:
        """How much is on the pages that can be counted."""
        return {} if self._detail is None else counted(self._detail)

    def _show(self, found: Found) -> None:
        detail, lines, opaque = found
        if detail is None:
            return
        self._detail = detail
        row = detail.sighting
        title = content(
            (headline(row.name), "bold"),
            (Safe(f"   O{row.id} · seen, no alert: {headline(row.reason)}"), "$quiet"),
        )
        self.tell(row, detail, title)
        self.say("lineage", [line((NOBODY, "$quiet"))])
        self.say("raw", lines)
        self.tell_gaps(detail, opaque)


def _read(connection: Connection, observation: int, page: str, quoted: Callable[[Sequence[MatchRow]], None]) -> Found:
    """The observation, and on the page that shows it all of it as JSON."""
    detail = reader.observation_detail(connection, observation)
    if detail is None:
        return None, (), ()
    quoted(detail.matches)
    lines = raw(evidence(detail), Safe(f"earwitness show O{observation} --json")) if page == "raw" else []
    opaque = reader.opaque_around(connection, detail.sighting) if page == "gaps" else ()
    return detail, lines, opaque
