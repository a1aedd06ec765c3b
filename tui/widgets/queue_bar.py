"""The line above the queue: what is shown, how much of it waits, and what is new."""

from __future__ import annotations

from typing import Any

from textual.content import Content
from textual.widgets import Static

from tui import wording
from tui.feed import Pulse
from tui.formatting import Piece, Safe, content, crop
from tui.questions import Scope
from tui.widgets.live_rows import LiveRows
from tui.window import PAGE


class QueueBar(Static):
    """Counts arrivals that are not shown yet; a problem takes its place."""

    DEFAULT_CSS = "QueueBar { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def show(self, kind: Safe, rows: LiveRows[Any], pulse: Pulse, problem: Safe) -> None:
        """Say it for this list."""
        pieces: list[Piece] = [(kind, "bold"), *_scope(rows.scope)]
        if pulse.condition == "broken" or problem:
            words = crop(pulse.notice if pulse.condition == "broken" else problem, 300)
            self._say(*pieces, (Safe(f"   ! {words}"), "bold $warning"))
            return
        if rows.marks or rows.has_begun_range:
            marked = f"{len(rows.marks)} marked" if rows.marks else "a range begins here, V ends it"
            pieces.append((Safe(f"   {marked}"), "bold $accent"))
        if rows.window.unseen:
            self._say(*pieces, *_counts(pulse), Safe("   "), _new(rows.window.unseen))
        elif rows.is_following and pulse.condition == "ready":
            self._say(*pieces, *_counts(pulse), (Safe("   following"), "$good"))
        else:
            self._say(*pieces, *_counts(pulse))

    def _say(self, *pieces: Piece) -> None:
        """Draw this; the line is as high as ever, so nothing else has to move."""
        self.update(content(*pieces), layout=False)


def _scope(scope: Scope) -> list[Piece]:
    return [Safe(f"  {scope.states}"), *([(Safe("  filtered"), "bold $accent")] if scope.query else [])]


def _counts(pulse: Pulse) -> list[Piece]:
    if pulse.counts is None:
        return []
    incidents = wording.amount(pulse.counts.open_incidents, "open incident")
    return [(Safe(f"   {incidents}, {wording.amount(pulse.counts.new_alerts, 'new alert')}"), "$quiet")]


def _new(count: int) -> Content:
    many = f"{count}+" if count >= PAGE else str(count)
    return content((Safe(f" {many} new - press n "), "bold reverse"))
