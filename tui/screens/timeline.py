"""Timeline: by contractor or by workstation, what alerted, what came back, what else was seen and what was not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

from textual.widget import Widget
from textual.widgets import Input

from forensics.reports.lanes import touched
from forensics.store import timeline
from forensics.store.rows import SearchHit
from tui import actions, doors
from tui.counting import Counting, Reading
from tui.desk import Desk
from tui.feed import Pulse
from tui.formatting import EMPTY, Safe
from tui.screens.console import ConsoleScreen
from tui.timeview import View
from tui.widgets.moment_words import MomentWords
from tui.widgets.plain_input import PlainInput
from tui.widgets.time_bar import TimeBar
from tui.widgets.time_chart import TimeChart

MOST_HITS = 50
"""Alerts of one step that Enter leads through."""
TYPING_PAUSE_S = 0.25
Extent = tuple[float, float] | None


class TimelineScreen(ConsoleScreen):
    """Shows what is counted so far; the cursor's step is spelled out below the lanes, and opened by Enter."""

    PLACE = "timeline"
    TARGETS = ("list", "timeline")
    BINDINGS: ClassVar = actions.bindings("timeline")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._bar = TimeBar(id="about")
        self._line = PlainInput(
            placeholder="words   user:rv17   channel:http   severity:high   rule:EW-*",
            id="filter",
            select_on_focus=False,
        )
        self._chart = TimeChart(id="chart")
        self._words = MomentWords(id="words")
        self._counting = Counting(desk, self, self._show, self._refuse)
        self._view: View | None = None
        self._reading: Reading | None = None
        self._is_stale = True
        self._under: Sequence[SearchHit] | None = None
        self._is_opening = False

    def body(self) -> Iterable[Widget]:
        """What is shown, the filter line, the lanes, and in words what is under the cursor."""
        yield self._bar
        yield self._line
        yield self._chart
        yield self._words

    def on_mount(self) -> None:
        """Begin at the lanes; go on with time."""
        self._line.display = False
        self.set_focus(self._chart)
        self.set_interval(1, self._look_again)

    def look(self, pulse: Pulse) -> None:
        """The store changed: count again, when the last count is over."""
        self._is_stale = True
        self._bar.pulse = pulse
        self._look_again()

    def leave(self) -> bool:
        """Escape: put the filter away; False when there was none."""
        if not self._line.display and not (self._view is not None and self._view.query):
            return False
        self._line.value = ""
        self._line.display = False
        self._filter_by("")
        self.set_focus(self._chart)
        return True

    def action_item(self, direction: Literal[-1, 1]) -> None:
        """Go to the next thing in the lane."""
        self._chart.move_item(direction)

    def action_pan(self, direction: int) -> None:
        """Half a window later or earlier."""
        self._turn(lambda view: view.panned(self._chart.columns, self.desk.now(), direction))

    def action_zoom(self, places: int) -> None:
        """Closer or wider, about the cursor."""
        about = self._chart.cursor.moment if self._chart.cursor is not None else self.desk.now()
        self._turn(lambda view: view.zoomed(self._chart.columns, self.desk.now(), about, places))

    def action_axis(self) -> None:
        """By workstation instead of by contractor, and back."""
        self._turn(View.turned)

    def action_zone(self) -> None:
        """Clocks of this machine instead of UTC, and back."""
        self._turn(View.in_other_zone)

    def action_whole(self) -> None:
        """All the evidence there is."""
        self._find(lambda view, extent: view.whole(self._chart.columns, self.desk.now(), extent))

    def action_filter(self) -> None:
        """Open the filter line; what is typed on goes there."""
        self._line.display = True
        self.set_focus(self._line)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while it is typed; half a query is a query."""
        typed = event.value
        self.set_timer(TYPING_PAUSE_S, lambda: self._filter_by(typed) if typed == self._line.value else None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the lanes; an empty line is put away; whom it looked for by name is noted."""
        self._line.display = bool(self._line.value)
        self._filter_by(event.value)
        self.desk.scribe.note_names(event.value)
        self.set_focus(self._chart)

    def on_time_chart_resized(self) -> None:
        """Count for as many columns as there are now."""
        self._turn(lambda view: view)

    def on_time_chart_past(self, message: TimeChart.Past) -> None:
        """Beyond the last thing in the lane, time moves; not beyond the present."""
        if message.direction < 0 or (self._view is not None and self._view.until is not None):
            self.action_pan(message.direction)

    def on_time_chart_end(self, message: TimeChart.End) -> None:
        """The present, or where the evidence begins."""
        if message.direction > 0:
            self._turn(View.now)
        else:
            self._find(lambda view, extent: view.oldest(self._chart.columns, self.desk.now(), extent))

    def on_time_chart_moved(self) -> None:
        """Spell out what is under the cursor."""
        cursor, reading = self._chart.cursor, self._reading
        if cursor is None or reading is None:
            return
        self._under = None
        lane = cursor.lane
        if lane.kind == "gap" or not cursor.cell.count:
            self._spell(())
            return
        view, since = reading.view, reading.window.start(cursor.step)
        ask = partial(timeline.within, since=since, until=since + reading.window.step_s, by=view.by, query=view.query)
        kind, name = lane.kind, lane.name
        self.desk.feed.ask(
            self, "timeline:under", lambda reader: ask(reader, name=name, kind=kind, limit=MOST_HITS), self._spell
        )

    def on_time_chart_chosen(self) -> None:
        """Open what is under the cursor, when it is known what that is."""
        self._is_opening = self._under is None
        if self._under is not None:
            self._open(self._under)

    def _open(self, rows: Sequence[SearchHit]) -> None:
        self._is_opening = False
        cursor, reading = self._chart.cursor, self._reading
        if cursor is not None and reading is not None:
            query = reading.view.words(cursor.lane.name, reading.window, cursor.step)
            doors.enter(self.app, self.desk, cursor.lane, rows, query)

    def _turn(self, change: Callable[[View], View]) -> None:
        """Look at something else, and count it."""
        if self._view is None or not self.is_mounted:
            return
        self._view = change(self._view)
        self._is_stale = False
        self._counting.begin(self._view, self._view.window(self._chart.columns, self.desk.now()))

    def _look_again(self) -> None:
        """Count again what is shown, where the store or, while it is followed, the present has moved on."""
        if self.desk.feed.pulse.condition != "ready" or not self._chart.size.width:
            return
        columns, now = self._chart.columns, self.desk.now()
        if self._view is None:
            self._view = View.of_shift(columns, now)
        has_moved = self._reading is None or self._view.window(columns, now) != self._reading.window
        if self._counting.is_rested and (self._is_stale or has_moved):
            self._turn(lambda view: view)

    def _filter_by(self, typed: str) -> None:
        if self._view is not None and typed.strip() != self._view.query:
            self._turn(lambda view: replace(view, query=typed.strip()))

    def _find(self, change: Callable[[View, Extent], View]) -> None:
        """Look at what depends on how far the evidence reaches."""
        self.desk.feed.ask(
            self, "timeline:extent", timeline.extent, lambda extent: self._turn(lambda view: change(view, extent))
        )

    def _show(self, reading: Reading) -> None:
        self._reading = reading
        self._bar.show(reading)
        is_empty = reading.before_id is None and len(reading.chart.lanes) == 1
        self._chart.note = self._nothing() if is_empty else EMPTY
        self._chart.show(reading.chart, reading.view.zone, self.desk.now())

    def _nothing(self) -> Safe:
        """Where nothing is in view, which keys lead to something."""
        ways = {"whole": "all evidence", "top": "the present", "bottom": "the oldest"}
        words = "   ".join(f"{self.desk.keys.find(id).key_names} {where}" for id, where in ways.items())
        return Safe(f"Nothing in this time.   {words}")

    def _refuse(self, words: Safe) -> None:
        self._bar.refuse(words)

    def _spell(self, rows: Sequence[SearchHit]) -> None:
        """Say what is under the cursor."""
        cursor, reading = self._chart.cursor, self._reading
        if cursor is None or reading is None:
            return
        self._under = rows
        is_gap = cursor.lane.kind == "gap"
        gaps = [gap for gap in reading.gaps if is_gap and cursor.step in touched(gap, reading.window)]
        self._words.show(cursor, reading, rows, gaps)
        if self._is_opening:
            self._open(rows)
