"""Counts what the timeline shows, page by page through the feed: what is counted so far can be looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from textual.message_pump import MessagePump

from forensics.coverage.asking import blind
from forensics.database import Connection
from forensics.reports.lanes import Chart, chart, summed
from forensics.store import timeline
from forensics.store.rows import GapRow
from forensics.store.timeline import Bar, Page, Window
from tui.desk import Desk
from tui.formatting import Safe
from tui.timeview import View

MOST_GAPS = 2000
REST_S = 2.0
"""At least so long after a reading before what has not changed but for the store is read again."""
SHARE = 10.0
"""And so many times as long as the reading took."""
LOST_S = 60.0
"""After which a page that was asked for is taken for lost, with the store that was to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was counted of a window until now, laid out; `before_id` is where the counting goes on, None at its end."""

    view: View
    window: Window
    chart: Chart
    bars: tuple[Bar, ...] = ()
    gaps: tuple[GapRow, ...] = ()
    count: int = 0
    alerts: int = 0
    before_id: int | None = None

    @classmethod
    def of_nothing(cls, view: View, window: Window) -> Reading:
        """Before the first page."""
        return cls(view=view, window=window, chart=chart((), (), window))

    def with_gaps(self, gaps: tuple[GapRow, ...]) -> Reading:
        """With what could not be seen."""
        return replace(self, gaps=gaps)

    def and_then(self, page: Page) -> Reading:
        """With one more page."""
        bars = summed((*self.bars, *page.bars))
        return replace(
            self,
            chart=chart(bars, self.gaps, self.window),
            bars=bars,
            count=self.count + page.count,
            alerts=self.alerts + sum(bar.count for bar in page.bars if bar.kind == "alert"),
            before_id=page.before_id,
        )


class Counting:
    """One reading at a time for `asker`; `show` gets each page's, `refuse` the words of what went wrong."""

    def __init__(
        self, desk: Desk, asker: MessagePump, show: Callable[[Reading], None], refuse: Callable[[Safe], None]
    ) -> None:
        self._desk = desk
        self._asker = asker
        self._show = show
        self._refuse = refuse
        self._is_busy = False
        self._began = self._asked = self._rest_until = float("-inf")

    @property
    def is_rested(self) -> bool:
        """Say whether the last reading is over, and long enough ago for another of the same."""
        now = self._desk.monotonic()
        return now >= self._rest_until and (not self._is_busy or now >= self._asked + LOST_S)

    def begin(self, view: View, window: Window) -> None:
        """Count this from the beginning; what was being counted is given up."""
        self._began = self._desk.monotonic()
        self._ask(Reading.of_nothing(view, window), is_first=True)

    def _ask(self, reading: Reading, *, is_first: bool = False) -> None:
        """Have the next page counted and laid out on the feed's thread."""
        self._is_busy = True
        self._asked = self._desk.monotonic()

        now = self._desk.now()

        def ask(connection: Connection) -> Reading:
            view, window = reading.view, reading.window
            before = reading
            if is_first:
                gaps = blind(connection, window.since, min(window.until, now), limit=MOST_GAPS)
                before = reading.with_gaps(gaps)
            page = timeline.bars(connection, window, by=view.by, query=view.query, before_id=before.before_id)
            return before.and_then(page)

        self._desk.feed.ask(self._asker, "timeline", ask, self._take, self._give_up)

    def _take(self, reading: Reading) -> None:
        if reading.before_id is None:
            self._rest()
        else:
            self._ask(reading)
        self._show(reading)

    def _give_up(self, words: Safe) -> None:
        self._rest()
        self._refuse(words)

    def _rest(self) -> None:
        now = self._desk.monotonic()
        self._is_busy = False
        self._rest_until = now + max(REST_S, SHARE * (now - self._began))
