"""What lies in the step under the timeline's cursor, as many lines as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from forensics.store.rows import GapRow, SearchHit
from tui.counting import Reading
from tui.formatting import Line, Safe, content, hung, lines
from tui.lane_cursor import LaneCursor
from tui.sections import moment


class MomentWords(Static):
    """A line saying how much and when, then a line for each, the newest first."""

    DEFAULT_CSS = """
    MomentWords { padding: 0 1; border-top: solid $rule; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    _head: Content = Content()
    _lines: Sequence[Line] = ()
    _count = 0
    _is_list = False

    def show(self, cursor: LaneCursor, reading: Reading, hits: Sequence[SearchHit], gaps: Sequence[GapRow]) -> None:
        """Spell this out."""
        lane, step = cursor.lane, cursor.step
        self._head = moment.head(lane, step, reading.window, reading.view.zone)
        self._count = lane.cells[step].count
        self._is_list = lane.kind != "gap" and len(hits) > 1
        if not self._count:
            self._lines = moment.empty()
        elif lane.kind == "gap":
            self._lines = moment.gaps(gaps)
        else:
            self._lines = moment.hits(hits, reading.window, reading.view.zone)
        self.refresh()

    def render(self) -> Content:
        """As many lines as fit: a list with a line each, its last saying how many more there are, else wrapped."""
        room = max(1, self.size.height - 1)
        if not self._is_list:
            return lines([self._head, *hung(self._lines, max(20, self.size.width)).split("\n")[:room]])
        shown = [lead + text for lead, text in self._lines]
        if len(shown) > room:
            shown = [*shown[: room - 1], content((Safe(f"and {self._count - room + 1:,} more"), "$quiet"))]
        return lines([self._head, *shown])
