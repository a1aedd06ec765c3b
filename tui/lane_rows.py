"""The lines of the timeline in a given width: whose lane, what kind, its cells; each piece with its style's name."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.reports import axis, strokes
from forensics.reports.lanes import WORDS, Chart
from tui.formatting import EMPTY, Safe, fit, safe

Piece = tuple[Safe, str]
KIND = 9
"""Columns of a lane's word, with the gap after it."""
NARROW_NAME, WIDE_NAME, WIDE = 12, 18, 110
EVERYBODY, NOBODY = Safe("all"), Safe("unknown")


def label_width(width: int) -> int:
    """Columns before the first step, on a screen of so many."""
    return 1 + (WIDE_NAME if width >= WIDE else NARROW_NAME) + 1 + KIND


class LaneRows:
    """Draws one chart, by the clocks of one zone, as it stands `now` (Unix seconds)."""

    def __init__(self, chart: Chart, zone: axis.Zone, now: float) -> None:
        self.chart = chart
        self._now = now
        self._ticks = axis.ticks(chart.window, zone)
        self._dots = frozenset(tick.step for tick in self._ticks)
        self._begins = safe(strokes.begins(chart.window, zone))
        self._scale = safe(strokes.scale(chart.window, zone))

    def head(self, line: int, label: int) -> Sequence[Piece]:
        """The first line of the axis (the day it begins, the names of the ticks) or the second (scale and ticks)."""
        window = self.chart.window
        if line == 0:
            names = Safe(strokes.names(window, self._ticks, self._now))
            return [(fit(Safe(f" {self._begins}"), label), "strong"), (names, "quiet")]
        rule = [(Safe(text), style) for text, style in strokes.rule(window, self._ticks, self._now)]
        return [(fit(Safe(f" {self._scale}"), label), "quiet"), *rule]

    def row(self, index: int, label: int, *, is_first: bool, is_here: bool) -> Sequence[Piece]:
        """A lane. A name stands once: at the first lane on the screen, at its own first, and under the cursor."""
        lanes = self.chart.lanes
        lane = lanes[index]
        is_named = is_first or is_here or index <= 1 or lanes[index - 1].name != lane.name
        name = EVERYBODY if lane.kind == "gap" else safe(lane.name, limit=200) or NOBODY
        cells = strokes.runs(lane, self._dots, self.chart.window.place(self._now))
        return [
            (Safe("▌" if is_here else " "), "bar"),
            (fit(name if is_named else EMPTY, label - KIND - 1), "strong" if is_here else "text"),
            (fit(Safe(WORDS[lane.kind]), KIND), "text" if is_here else "quiet"),
            *((Safe(text), style) for text, style in cells),
        ]
