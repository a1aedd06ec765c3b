"""A list that draws only the rows on the screen, over a window of a longer list in the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, Literal, Protocol, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui import actions
from tui.formatting import Safe, fit
from tui.window import Row, Window, by_id

Cell = tuple[Safe, str]
"""Text of a fixed width and the name of its style, one of STYLES."""
STYLES = ("text", "strong", "quiet", "critical", "high", "medium", "low", "info", "match", "head", "cursor", "bar")
SETTLE_S = 0.5
MARKED, BEGUN = Safe("●"), Safe("┌")
Painted_contra = TypeVar("Painted_contra", contravariant=True)


class Painter(Protocol[Painted_contra]):
    """Knows the columns of one kind of row."""

    def head(self, width: int) -> Sequence[Cell]:
        """The column titles in `width` columns."""

    def cells(self, row: Painted_contra, width: int) -> Sequence[Cell]:
        """One row in `width` columns."""


class RowList(ScrollView, Generic[Row], can_focus=True):
    """Rows of a Window. Asks for more of the list by messages; new rows never move the cursor off a chosen row."""

    BINDINGS: ClassVar = actions.bindings("list")
    COMPONENT_CLASSES: ClassVar = {f"row-list--{style}" for style in STYLES}
    DEFAULT_CSS = """
    RowList {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        .row-list--text { color: $foreground; }
        .row-list--strong { color: $foreground; text-style: bold; }
        .row-list--quiet { color: $quiet; }
        .row-list--critical { color: $background; background: $critical; text-style: bold; }
        .row-list--high { color: $high; text-style: bold; }
        .row-list--medium { color: $medium; text-style: bold; }
        .row-list--low { color: $low; text-style: bold; }
        .row-list--info { color: $info; text-style: bold; }
        .row-list--match { color: $match; }
        .row-list--head { color: $quiet; text-style: underline; }
        .row-list--cursor { background: $cursor; }
        .row-list--bar { color: $accent; text-style: bold; }
    }
    """

    class Chosen(Message):
        """The row under the cursor was opened."""

        def __init__(self, rows: RowList[Row], row: Row) -> None:
            super().__init__()
            self.rows = rows
            self.row = row

    class Moved(Message):
        """The cursor is on another row, or none."""

        def __init__(self, rows: RowList[Row]) -> None:
            super().__init__()
            self.rows = rows

        def can_replace(self, message: Message) -> bool:
            """Only where the cursor is now matters."""
            return isinstance(message, RowList.Moved) and message.rows is self.rows

    class Wanted(Message):
        """More of the list is needed: the page that follows, or the newest one."""

        def __init__(self, rows: RowList[Row], what: Literal["older", "newest"]) -> None:
            super().__init__()
            self.rows = rows
            self.what = what

    def __init__(
        self,
        painter: Painter[Row],
        *,
        id: str,
        empty: Safe,
        monotonic: Callable[[], float],
        rank: Callable[[Row], int] = by_id,
    ) -> None:
        super().__init__(id=id)
        self.window: Window[Row] = Window(rank)
        self.painter = painter
        self.empty = empty
        self._monotonic = monotonic
        self._shifted_at = float("-inf")
        self.marks: set[int] = set()
        self._anchor: int | None = None
        self._styles: dict[str, Style] = {}

    @property
    def selected(self) -> Row | None:
        """The row under the cursor."""
        return self.window.selected

    @property
    def marked(self) -> Sequence[Row]:
        """The rows that are marked, in their order."""
        return [row for row in self.window.rows if row.id in self.marks]

    @property
    def has_begun_range(self) -> bool:
        """Say whether one end of a range of marks is set."""
        return self._anchor is not None

    @property
    def is_settled(self) -> bool:
        """Say whether the row under the cursor has been there long enough that a key press can be meant for it."""
        return self._monotonic() - self._shifted_at >= SETTLE_S

    @property
    def is_following(self) -> bool:
        """Say whether arrivals are shown at once: the cursor is on the newest row."""
        return self.window.is_at_top

    @property
    def body_height(self) -> int:
        """Rows that fit below the titles."""
        return max(1, self.size.height - 1)

    def visible_rows(self) -> Sequence[Row]:
        """The rows on the screen."""
        first = self.scroll_offset.y
        return self.window.rows[first : first + self.body_height]

    def sync(self, was: int | None = None) -> None:
        """Draw the window anew after it was changed; `was` is the id the cursor was on before."""
        selected = self.window.selected
        self.marks.intersection_update(row.id for row in self.window.rows)
        if was is not None and (selected is None or selected.id != was):
            self._shifted_at = self._monotonic()
        self.virtual_size = Size(0, len(self.window.rows) + 1)
        self._follow_cursor()
        self.refresh()
        self.post_message(self.Moved(self))

    def action_move(self, steps: int) -> None:
        """Move the cursor by rows."""
        self._shifted_at = float("-inf")
        self.window.move(steps)
        self._after_move()

    def action_page(self, direction: int) -> None:
        """Move the cursor by a screenful."""
        self.action_move(direction * max(1, self.body_height - 1))

    def action_top(self) -> None:
        """Go to the newest row."""
        self.action_move(-len(self.window.rows))
        if self.window.unseen:
            self.post_message(self.Wanted(self, "newest"))

    def action_bottom(self) -> None:
        """Go to the oldest row that was read; the page below it is asked for."""
        self.action_move(len(self.window.rows))

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self.selected is not None:
            self.post_message(self.Chosen(self, self.selected))

    def mark(self) -> None:
        """Mark the row under the cursor or take its mark away, and go on to the next."""
        if self.selected is not None:
            self.marks ^= {self.selected.id}
            self.action_move(1)

    def mark_range(self) -> None:
        """The first time begin a range at the cursor, the second time mark all that lies between."""
        if self.selected is None:
            return
        ids = [row.id for row in self.window.rows]
        if self._anchor is None or self._anchor not in ids:
            self._anchor = self.selected.id
        else:
            ends = sorted((ids.index(self._anchor), self.window.cursor))
            self.marks |= set(ids[ends[0] : ends[1] + 1])
            self._anchor = None
        self._after_move()

    def unmark(self) -> bool:
        """Take all marks away; False when there were none."""
        had = bool(self.marks) or self._anchor is not None
        self.marks.clear()
        self._anchor = None
        self._after_move()
        return had

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse points; a second click opens."""
        line = event.y + self.scroll_offset.y - 1
        if event.y < 1 or line >= len(self.window.rows):
            return
        if line == self.window.cursor and event.chain > 1:
            self.action_choose()
        else:
            self.action_move(line - self.window.cursor)

    def on_resize(self) -> None:
        """Keep the cursor on the screen."""
        self.virtual_size = Size(0, len(self.window.rows) + 1)
        self._follow_cursor()

    def notify_style_update(self) -> None:
        """Forget the colours of the theme before."""
        self._styles.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """Draw the titles (first line) or one row."""
        width = self.scrollable_content_region.width
        if y == 0:
            return self._strip(self.painter.head(width - 1), width, lead=(Safe(" "), "head"), fill="head")
        index = self.scroll_offset.y + y - 1
        if index >= len(self.window.rows):
            words = self.empty if not self.window.rows and y == 2 else Safe("")
            return self._strip([(Safe(f" {words}"), "quiet")], width, lead=(Safe(" "), "text"))
        row = self.window.rows[index]
        cells = self.painter.cells(row, width - 1)
        sign = MARKED if row.id in self.marks else BEGUN if row.id == self._anchor else None
        if index != self.window.cursor:
            return self._strip(cells, width, lead=(sign or Safe(" "), "bar" if sign else "text"))
        strip = self._strip(cells, width, lead=(Safe("◉") if sign is MARKED else sign or Safe("▌"), "bar"))
        return Strip([Segment(text, self._on_cursor(style)) for text, style, _ in strip], width)

    def _strip(self, cells: Sequence[Cell], width: int, *, lead: Cell, fill: str = "text") -> Strip:
        segments = [Segment(text, self._style(style)) for text, style in (lead, *cells)]
        return Strip(segments).adjust_cell_length(width, self._style(fill))

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            self._styles[name] = self.get_component_rich_style(f"row-list--{name}")
        return self._styles[name]

    def _on_cursor(self, style: Style | None) -> Style:
        """The style of a cell under the cursor; the block of a critical severity keeps its own ground."""
        base = style or Style()
        if base == self._style("critical"):
            return base
        return base + Style(bgcolor=self._style("cursor").bgcolor)

    def _after_move(self) -> None:
        self._follow_cursor()
        self.refresh()
        self.post_message(self.Moved(self))
        if self.window.has_older and self.window.cursor >= len(self.window.rows) - self.body_height:
            self.post_message(self.Wanted(self, "older"))

    def _follow_cursor(self) -> None:
        first, cursor, height = self.scroll_offset.y, self.window.cursor, self.body_height
        target = min(max(first, cursor - height + 1), cursor)
        if target != first:
            self.scroll_to(y=target, animate=False, immediate=True)


def column(text: Safe, width: int, style: str = "text", gap: int = 1) -> Cell:
    """One cell of `width` columns, the last `gap` of them empty."""
    return Safe(fit(text, width - gap) + " " * gap), style
