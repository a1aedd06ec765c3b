"""The timeline's cursor: on a lane and a step of a chart, and what becomes of it when another chart is shown. Pure."""

from __future__ import annotations

import math
from typing import Literal

from forensics.reports.lanes import Cell, Chart, Lane, LaneKind

Direction = Literal[-1, 1]
START, END = -math.inf, math.inf


class LaneCursor:
    """Keeps to its lane and its moment, and stands on the item nearest to that."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._wanted: tuple[str, LaneKind] | None = None
        self._about = END
        self._sought: Direction | None = None
        self.row = self.step = 0
        self.show(chart)

    @property
    def lane(self) -> Lane:
        """The lane it is on."""
        return self._chart.lanes[self.row]

    @property
    def cell(self) -> Cell:
        """What it is on."""
        return self.lane.cells[self.step]

    @property
    def moment(self) -> float:
        """The middle of its step, in Unix seconds."""
        return self._chart.window.start(self.step) + self._chart.window.step_s / 2

    def show(self, chart: Chart) -> None:
        """Go on in another chart: in the same lane, else in one of the same name, else in the first of anybody's."""
        self._chart = chart
        keys = [lane.key for lane in chart.lanes]
        same = [at for at, key in enumerate(keys) if self._wanted is not None and key[0] == self._wanted[0]]
        self.row = keys.index(self._wanted) if self._wanted in keys else next(iter(same), min(1, len(keys) - 1))
        self._settle()

    def move(self, lanes: int) -> None:
        """Down or up by so many lanes, at the same moment."""
        self.row = min(max(self.row + lanes, 0), len(self._chart.lanes) - 1)
        self._wanted = self.lane.key
        self._settle()

    def item(self, direction: Direction) -> bool:
        """To the next item of the lane. False where there is none: the next chart that is shown is then searched."""
        following = self.lane.following(self.step, direction)
        if following is None:
            self._sought = direction
            return False
        self.stand(self.row, following)
        return True

    def stand(self, row: int, step: int) -> None:
        """Go there, whatever is there."""
        self.row, self.step = row, step
        self._about, self._wanted, self._sought = self.moment, self.lane.key, None

    def end(self, direction: Direction) -> None:
        """Go to the last (1) or the first (-1) item of what is shown next."""
        self._about = END if direction > 0 else START

    def _settle(self) -> None:
        window = self._chart.window
        at = window.place(min(max(self._about, window.since), window.start(window.steps - 1)))
        sought = self.lane.following(at, self._sought) if self._sought is not None else None
        nearest = sought if sought is not None else self.lane.nearest(at)
        self.step = at if nearest is None else nearest
        if sought is not None:
            self._about = self.moment
        self._sought = None
