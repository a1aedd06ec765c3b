"""The line above the timeline: by whom, how far the counting is, what the highest block stands for."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from forensics.reports.lanes import BLOCKS
from tui import wording
from tui.counting import Reading
from tui.feed import Pulse
from tui.formatting import EMPTY, Piece, Safe, content, crop

AXES = {"user": Safe("by contractor"), "host": Safe("by workstation")}


class TimeBar(Static):
    """Says what the lanes are of; a problem takes the place of the counts."""

    DEFAULT_CSS = "TimeBar { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }"
    pulse: reactive[Pulse] = reactive(Pulse(), layout=False)
    _reading: Reading | None = None
    _problem: Safe = EMPTY

    def show(self, reading: Reading) -> None:
        """Say it of this reading."""
        self._reading, self._problem = reading, EMPTY
        self.refresh()

    def refuse(self, words: Safe) -> None:
        """Say why nothing was counted."""
        self._problem = words
        self.refresh()

    def render(self) -> Content:
        """Draw the line."""
        reading = self._reading
        pieces: list[Piece] = [(Safe("Timeline"), "bold")]
        if reading is not None:
            pieces.append(Safe(f"  {AXES[reading.view.by]}"))
            pieces += [(Safe("  filtered"), "bold $accent")] if reading.view.query else []
        problem = self._problem or (self.pulse.notice if self.pulse.condition == "broken" else EMPTY)
        if problem:
            return content(*pieces, (Safe(f"   ! {crop(problem, 300)}"), "bold $warning"))
        if self.pulse.condition == "missing":
            return content(*pieces, (Safe("   There is no store to look at yet."), "$quiet"))
        if reading is None:
            return content(*pieces, (Safe("   reading ..."), "$quiet"))
        return content(*pieces, *_counts(reading))


def _counts(reading: Reading) -> list[Piece]:
    drawn = reading.chart
    counted = Safe(f"   {wording.amount(reading.alerts, 'alert')} of {wording.amount(reading.count, 'sighting')}")
    pieces: list[Piece] = [(counted, "$quiet")]
    if reading.before_id is not None:
        pieces.append((Safe("   counting ..."), "bold $accent"))
    elif any(lane.kind == "seen" for lane in drawn.lanes):
        pieces.append((Safe(f"   {BLOCKS[-1]} {drawn.most:,}"), "$quiet"))
    if drawn.left_out:
        pieces.append((Safe(f"   {drawn.left_out:,} more not shown"), "$warning"))
    if reading.view.until is None and reading.before_id is None:
        pieces.append((Safe("   following"), "$good"))
    return pieces
