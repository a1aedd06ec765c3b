"""Lanes of time with a cursor: a column for each step, the axis above, drawn line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from forensics.reports.axis import Zone
from forensics.reports.lanes import Chart
from tui import actions
from tui.formatting import EMPTY, Safe
from tui.lane_cursor import Direction, LaneCursor
from tui.lane_rows import LaneRows, Piece, label_width

TONES = ("critical", "high", "medium", "low", "info", "returned", "seen", "gap")
STYLES = (*TONES, "text", "strong", "quiet", "grid", "now", "cursor", "bar")
HEAD = 2
"""Lines of the axis."""
FEWEST = 8
"""Columns that are drawn, however narrow the screen is."""


class TimeChart(ScrollView, can_focus=True):
    """Draws a Chart. Moves the cursor itself; what asks for other times goes up as a message."""

    BINDINGS: ClassVar = actions.bindings("list")
    COMPONENT_CLASSES: ClassVar = {f"time-chart--{style}" for style in STYLES}
    DEFAULT_CSS = """
    TimeChart {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        .time-chart--text { color: $foreground; }
        .time-chart--strong { color: $foreground; text-style: bold; }
        .time-chart--quiet { color: $quiet; }
        .time-chart--grid { color: $rule; }
        .time-chart--critical { color: $critical; text-style: bold; }
        .time-chart--high { color: $high; text-style: bold; }
        .time-chart--medium { color: $medium; text-style: bold; }
        .time-chart--low { color: $low; text-style: bold; }
        .time-chart--info { color: $info; text-style: bold; }
        .time-chart--returned { color: $good; text-style: bold; }
        .time-chart--seen { color: $primary; }
        .time-chart--gap { color: $warning; }
        .time-chart--now { color: $accent; }
        .time-chart--cursor { background: $cursor; }
        .time-chart--bar { color: $accent; text-style: bold; }
    }
    """

    class Moved(Message):
        """The cursor is on another lane or step, or what is there was counted anew."""

        def can_replace(self, message: Message) -> bool:
            """Only where the cursor is now matters."""
            return isinstance(message, TimeChart.Moved)

    class Past(Message):
        """There is nothing more in the cursor's lane in this direction."""

        def __init__(self, direction: Direction) -> None:
            super().__init__()
            self.direction = direction

    class End(Message):
        """The latest (1) or the oldest (-1) evidence is wanted."""

        def __init__(self, direction: Direction) -> None:
            super().__init__()
            self.direction = direction

    class Chosen(Message):
        """What is under the cursor was opened."""

    class Resized(Message):
        """There is room for another number of columns."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.note = EMPTY
        self.cursor: LaneCursor | None = None
        self._rows: LaneRows | None = None
        self._columns = 0
        self._styles: dict[str, Style] = {}
        self._drawn: dict[tuple[int, int, bool], Strip] = {}
        self._shown: tuple[int, int] | None = None

    @property
    def columns(self) -> int:
        """Steps that there is room for."""
        return max(FEWEST, self.size.width - self._label - 1)

    def show(self, chart: Chart, zone: Zone, now: float) -> None:
        """Draw another chart, by the clocks of the zone, as it stands `now` (Unix seconds)."""
        self._rows = LaneRows(chart, zone, now)
        if self.cursor is None:
            self.cursor = LaneCursor(chart)
        self.cursor.show(chart)
        self.virtual_size = Size(0, len(chart.lanes) + HEAD)
        self._drawn.clear()
        self._shown = None
        self._after_move()

    def move_item(self, direction: Direction) -> None:
        """Go to the next thing in the lane; past the last one, ask for other times."""
        if self.cursor is None:
            return
        if self.cursor.item(direction):
            self._after_move()
        else:
            self.post_message(self.Past(direction))

    def action_move(self, lanes: int) -> None:
        """Go down or up by so many lanes, at the same moment."""
        if self.cursor is not None:
            self.cursor.move(lanes)
            self._after_move()

    def action_page(self, direction: int) -> None:
        """Go down or up by a screenful."""
        self.action_move(direction * max(1, self._height - 1))

    def action_choose(self) -> None:
        """Open what is under the cursor."""
        if self.cursor is not None and self.cursor.cell.count:
            self.post_message(self.Chosen())

    def action_top(self) -> None:
        """Go to the present."""
        self._go_to_end(1)

    def action_bottom(self) -> None:
        """Go to where the evidence begins."""
        self._go_to_end(-1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse points; a second click opens."""
        row, step = event.y - HEAD + self.scroll_offset.y, event.x - self._label
        if self._rows is None or self.cursor is None or event.y < HEAD or row >= len(self._rows.chart.lanes):
            return
        step = min(max(step, 0), self._rows.chart.window.steps - 1)
        if (row, step) == (self.cursor.row, self.cursor.step) and event.chain > 1:
            self.action_choose()
            return
        self.cursor.stand(row, step)
        self._after_move()

    def on_resize(self) -> None:
        """Ask for as many steps as there is room for."""
        if self._columns != self.columns:
            self._columns = self.columns
            self.post_message(self.Resized())

    def notify_style_update(self) -> None:
        """Forget the colours of the theme before."""
        self._styles.clear()
        self._drawn.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """Draw the axis (two lines) or one lane; lanes that the cursor is not on are drawn once."""
        index = self.scroll_offset.y + y - HEAD
        is_here = y >= HEAD and self.cursor is not None and index == self.cursor.row
        width = self.scrollable_content_region.width
        key = (width, index, y == HEAD)
        if y >= HEAD and not is_here and key in self._drawn:
            return self._drawn[key]
        segments = [Segment(text, self._style(style)) for text, style in self._pieces(y, index, is_here=is_here)]
        if is_here and self.cursor is not None:
            segments = list(self._on_cursor(segments, self._label + self.cursor.step))
        strip = Strip(segments).adjust_cell_length(width, self._style("text"))
        if y >= HEAD and not is_here:
            self._drawn[key] = strip
        return strip

    def _pieces(self, y: int, index: int, *, is_here: bool) -> Sequence[Piece]:
        if self._rows is None:
            return ()
        if y < HEAD:
            return self._rows.head(y, self._label)
        if index < len(self._rows.chart.lanes):
            return self._rows.row(index, self._label, is_first=y == HEAD, is_here=is_here)
        return [(Safe(f"  {self.note}"), "quiet")] if index == len(self._rows.chart.lanes) + 1 else ()

    @property
    def _label(self) -> int:
        return label_width(self.size.width)

    @property
    def _height(self) -> int:
        return max(1, self.size.height - HEAD)

    def _go_to_end(self, direction: Direction) -> None:
        if self.cursor is not None:
            self.cursor.end(direction)
        self.post_message(self.End(direction))

    def _after_move(self) -> None:
        row = self.cursor.row if self.cursor is not None else 0
        first = self.scroll_offset.y
        target = min(max(first, row - self._height + 1), row)
        if target != first:
            self.scroll_to(y=target, animate=False, immediate=True)
        if self._shown is None or self._shown[1] != target:
            self.refresh()
        else:
            self.refresh(*(Region(0, HEAD + at - target, self.size.width, 1) for at in {row, self._shown[0]}))
        self._shown = row, target
        self.post_message(self.Moved())

    def _on_cursor(self, segments: Sequence[Segment], at: int) -> Iterator[Segment]:
        """The lane under the cursor on its own ground, the cell in column `at` reversed: seen without colour too."""
        ground, left = Style(bgcolor=self._style("cursor").bgcolor), 0
        for segment in segments:
            style, inside = segment.style or Style(), at - left
            left += segment.cell_length
            if not 0 <= inside < segment.cell_length:
                yield Segment(segment.text, style + ground)
                continue
            before, cell, after = segment.text[:inside], segment.text[inside], segment.text[inside + 1 :]
            yield from (
                Segment(before, style + ground),
                Segment(cell, style + Style(reverse=True, bold=True)),
                Segment(after, style + ground),
            )

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            self._styles[name] = self.get_component_rich_style(f"time-chart--{name}")
        return self._styles[name]
