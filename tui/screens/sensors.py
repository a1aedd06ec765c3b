"""How every sensor is, whether it sees what is sent to try it, and what could not be seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from textual.containers import VerticalScroll
from textual.widget import Widget

from forensics.coverage.asking import of_late
from forensics.coverage.model import Ledger
from forensics.coverage.techniques import Sight, judge, table
from forensics.store import reader, standing
from forensics.store.rows import GapRow, SensorRow
from forensics.store.sensing import gaps_of_late, judged
from forensics.store.standing import Selfcheck
from tui import actions, wording
from tui.desk import Desk
from tui.feed import DAY_S, JUDGED_S, Pulse
from tui.formatting import Safe, content
from tui.screens.console import ConsoleScreen
from tui.sections import covered, log, selfcheck, sensed
from tui.widgets.section import Section

MOST_GAPS = 100
NO_MONITOR = Safe(
    "No monitor has reported here. `earwitness watch` starts one; `earwitness doctor` says what it can see."
)


class SensorsScreen(ConsoleScreen):
    """One block a sensor: state, lag, losses, budgets, last canary; below, the self-check, gaps of late, coverage."""

    PLACE = "sensors"
    TARGETS = ("sensors",)
    BINDINGS: ClassVar = actions.bindings("sensors")
    CSS_PATH: ClassVar = Path(__file__).with_suffix(".tcss")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._story = VerticalScroll(id="story")
        self._sensors = Section(Safe("Sensors"), id="sensors")
        self._channels = Section(Safe("Would it have been seen?"), id="channels")
        self._techniques = Section(Safe(f"MITRE ATT&CK {table().attack}"), id="techniques")
        self._sights: Sequence[Sight] = ()
        self._selfcheck = Selfcheck()
        self._gap_counts: Mapping[str, int] = {}
        self._is_unhealthy_only = False
        self._judged = float("-inf")
        self._canaries = Section(Safe("Self-check: what was sent to try them"), id="canaries")
        self._gaps = Section(Safe("Gaps: what could not be seen, newest first"), id="gaps")

    def body(self) -> Iterable[Widget]:
        """Sensors, then canaries, then gaps."""
        with self._story:
            yield self._sensors
            yield self._canaries
            yield self._gaps
            yield self._channels
            yield self._techniques

    def on_mount(self) -> None:
        """Keep the ages right."""
        self._story.focus()
        self.set_interval(5, lambda: self._show_sensors(self.desk.feed.pulse.sensors))

    def look(self, pulse: Pulse) -> None:
        """Show the sensors of the pulse and read the gaps."""
        self._show_sensors(pulse.sensors)
        if pulse.condition == "ready":
            self.desk.feed.ask(self, "selfcheck", standing.selfcheck, self._show_canaries)
            self._judge()
            now = self.desk.now()
            self.desk.feed.ask(self, "gap counts", lambda connection: gaps_of_late(connection, now), self._count_gaps)
            self.desk.feed.ask(
                self, "gaps", lambda connection: reader.gaps(connection, limit=MOST_GAPS), self._show_gaps
            )
        else:
            self._show_canaries(Selfcheck())
            self._show_gaps(())

    def action_scroll(self, rows: int) -> None:
        """Scroll by rows."""
        self._story.scroll_relative(y=rows, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll by screenfuls."""
        self._story.scroll_relative(y=pages * max(1, self._story.size.height - 2), animate=False)

    def action_unhealthy(self) -> None:
        """Show only what is not as it should be, or everything again."""
        self._is_unhealthy_only = not self._is_unhealthy_only
        self._show_sensors(self.desk.feed.pulse.sensors)
        self._show_techniques()

    def _judge(self) -> None:
        """Say of the last day what would have been seen, twice a minute."""
        if self.desk.monotonic() - self._judged < JUDGED_S:
            return
        self._judged = self.desk.monotonic()
        now = self.desk.now()

        self.desk.feed.ask(self, "coverage", lambda connection: of_late(connection, now, DAY_S), self._show_coverage)

    def _show_coverage(self, found: Ledger) -> None:
        self._sights = tuple(judge(found))
        since = Safe(f"Since the first sensor began ({wording.ago(found.end - found.start)})")
        span = since if found.end - found.start < DAY_S else Safe("The last 24 hours")
        self._channels.border_title = f" Would it have been seen? {span}, by channel "
        self._channels.tell(covered.channels(found))
        self._show_techniques()

    def _show_techniques(self) -> None:
        self._techniques.tell(covered.techniques(self._sights, is_unhealthy_only=self._is_unhealthy_only))

    def _show_sensors(self, sensors: Sequence[SensorRow]) -> None:
        now = self.desk.now()
        found = judged(sensors, now, gaps=self._gap_counts, canaries=self._selfcheck.standings)
        rows = sensed.lines([each for each in found if not self._is_unhealthy_only or not each.is_well], now)
        words = Safe("All sensors are well; f shows them.") if sensors else NO_MONITOR
        nothing = content((Safe("✓ ") if sensors else Safe("! "), "bold")), content(words)
        self._sensors.tell(rows or [nothing])

    def _show_canaries(self, found: Selfcheck) -> None:
        self._selfcheck = found
        self._canaries.tell(selfcheck.lines(found, self.desk.now()))
        self._show_sensors(self.desk.feed.pulse.sensors)

    def _count_gaps(self, found: Mapping[str, int]) -> None:
        self._gap_counts = found
        self._show_sensors(self.desk.feed.pulse.sensors)

    def _show_gaps(self, gaps: Sequence[GapRow]) -> None:
        self._gaps.tell(log.gaps(gaps, nothing=Safe("no gaps are known")))
