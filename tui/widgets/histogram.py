"""When what fits was seen: a bar for each stretch of time, one of which can be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui import actions, wording
from tui.formatting import Piece, Safe, content, lines

HOUR_S = 3600.0
EIGHTHS = " ▁▂▃▄▅▆▇█"


class Histogram(Widget, can_focus=True):
    """Two lines of bars and one that names the times; left and right choose a bar, enter takes its time."""

    BINDINGS: ClassVar = actions.bindings("histogram")
    DEFAULT_CSS = """
    Histogram { height: 3; padding: 0 1; display: none; }
    Histogram.-shown { display: block; }
    """

    class Chosen(Message):
        """A stretch of time was taken, in Unix seconds."""

        def __init__(self, since: float, until: float) -> None:
            super().__init__()
            self.since = since
            self.until = until

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._hours: Mapping[float, int] = {}
        self._place = 0

    def show(self, hours: Mapping[float, int]) -> None:
        """Draw how many were seen in each hour that begins at these Unix seconds."""
        self._hours = hours
        self.set_class(bool(hours), "-shown")
        self._place = len(self._bars()[0]) - 1
        self.refresh()

    def action_choose_bar(self, steps: int) -> None:
        """Go to another bar."""
        self._place = max(0, min(self._place + steps, len(self._bars()[0]) - 1))
        self.refresh()

    def action_take_bar(self) -> None:
        """Take the time of this bar."""
        if self._hours:
            self.post_message(self.Chosen(*self._span()))

    def on_focus(self) -> None:
        """Show which bar is chosen."""
        self.refresh()

    def on_blur(self) -> None:
        """Show none."""
        self.refresh()

    def render(self) -> Content:
        """The bars for the present width."""
        counts, _ = self._bars()
        most = max(counts, default=0)
        if not most:
            return content()
        heights = [max(1, round(count / most * 16)) if count else 0 for count in counts]
        upper = [EIGHTHS[max(0, height - 8)] for height in heights]
        lower = [EIGHTHS[min(8, height)] for height in heights]
        return lines([self._row(upper), self._row(lower), self._foot(counts)])

    def _row(self, cells: list[str]) -> Content:
        place = self._place if self.has_focus else len(cells)
        chosen: Piece = (Safe("".join(cells[place : place + 1])), "reverse")
        return content(
            (Safe("".join(cells[:place])), "$accent"), chosen, (Safe("".join(cells[place + 1 :])), "$accent")
        )

    def _foot(self, counts: list[int]) -> Content:
        """The first and the last time, or the bar that is chosen."""
        since, until = self._span()
        if self.has_focus:
            many = wording.amount(counts[self._place], "hit")
            words = Safe(f"{wording.moment(since)} to {wording.moment(until)}: {many}")
            return content((words, "bold"), (Safe("   enter takes it"), "$quiet"))
        first, last = (wording.moment(time) for time in (min(self._hours), max(self._hours) + HOUR_S))
        room = max(1, len(counts) - len(first) - len(last))
        return content((Safe(f"{first}{' ' * room}{last}"), "$quiet"))

    def _bars(self) -> tuple[list[int], float]:
        """How many were seen in each column, and how many seconds a column stands for: whole hours."""
        if not self._hours:
            return [], HOUR_S
        first, room = min(self._hours), max(1, self.size.width - 2)
        hours = int((max(self._hours) - first) // HOUR_S) + 1
        step = -(-hours // room) * HOUR_S
        counts = [0] * int(-(-hours * HOUR_S // step))
        for time, count in self._hours.items():
            counts[int((time - first) // step)] += count
        return counts, step

    def _span(self) -> tuple[float, float]:
        _, step = self._bars()
        since = min(self._hours, default=0.0) + self._place * step
        return since, since + step
