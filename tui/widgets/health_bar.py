"""The last line, on every screen: the store, the sensors, the gaps, the next canary, the newest alert."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from forensics.coverage.asking import Share
from forensics.store.rows import SensorRow
from forensics.store.sensing import RESTING, SILENT, state
from forensics.store.standing import SILENT_S, Brief
from tui import wording
from tui.feed import Pulse
from tui.formatting import Piece, Safe, content, crop

NOTHING = Brief()
LEAST = 3
"""Parts that are never left out for want of room: the store, the sensors, the gaps."""
WORTH_SAYING = 0.005
LAGGING_S = 5
"""A recording of a minute takes seconds to be heard; what waits for longer is worth a word."""
GOOD, BAD = "$good", "bold $warning"


class HealthBar(Static):
    """Says by a tick or an exclamation mark, besides the colour, whether all is well."""

    DEFAULT_CSS = "HealthBar { height: 1; background: $panel; padding: 0 1; }"
    pulse: reactive[Pulse] = reactive(Pulse(), layout=False)

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now

    def on_mount(self) -> None:
        """Keep the ages right."""
        self.set_interval(5, self.refresh)

    def render(self) -> Content:
        """Draw the line for the present width."""
        now = self._now()
        parts = [_store(self.pulse)]
        if self.pulse.condition == "ready":
            parts += [sensors_word(self.pulse.sensors, now), _gaps(self.pulse)]
            parts += [*_coverage(self.pulse.coverage), *_behind(self.pulse.sensors, now)]
            parts += [*_canaries(self.pulse.selfcheck, now), _newest(self.pulse, now)]
        time = wording.clock(now)
        line = Content("   ").join(parts)
        while len(parts) > LEAST and line.cell_length > self.size.width:
            parts.pop()
            line = Content("   ").join(parts)
        room = self.size.width - line.cell_length - len(time)
        return content(line, Safe(" " * room), (time, "$quiet")) if room > 1 else line


def sensors_word(sensors: Sequence[SensorRow], now: float) -> Content:
    """How many sensors watch, and how many of them do not as they should."""
    states = [state(sensor, now) for sensor in sensors]
    alive = sum(each not in (SILENT, *RESTING) for each in states)
    lost, degraded = states.count(SILENT), states.count("degraded")
    if not alive:
        return _sign(Safe("no monitor is running" if not lost else "the monitor has gone silent"), is_good=False)
    words = [wording.amount(alive, "sensor")]
    words += [Safe(f"{degraded} degraded")] if degraded else []
    words += [Safe(f"{lost} silent")] if lost else []
    return _sign(Safe(", ".join(words)), is_good=not degraded and not lost)


def _store(pulse: Pulse) -> Content:
    if pulse.condition == "ready":
        return _sign(Safe("store"), is_good=True)
    words = {"opening": Safe("opening the store"), "missing": Safe("no store yet")}.get(pulse.condition)
    return _sign(words or Safe(f"store: {crop(pulse.notice, 60)}"), is_good=pulse.condition == "opening")


def _gaps(pulse: Pulse) -> Content:
    count = pulse.counts.gaps_last_day if pulse.counts else 0
    words = Safe(f"{wording.amount(count, 'gap')} in 24 h") if count else Safe("no gaps in 24 h")
    return _sign(words, is_good=not count)


def _coverage(share: Share | None) -> list[Content]:
    """How much of the last day was seen where sensors watched, and how much went by unread."""
    if share is None:
        return []
    opaque = f", opaque {share.opaque:.0%}" if share.opaque >= WORTH_SAYING else ""
    return [_sign(Safe(f"seen {share.covered:.0%}{opaque}"), is_good=share.covered >= 1 - WORTH_SAYING)]


def _behind(sensors: Sequence[SensorRow], now: float) -> list[Content]:
    """What sensors dropped, and how far they are behind; nothing where it is nothing."""
    counters = [sensor.counters for sensor in sensors if state(sensor, now) not in RESTING]
    dropped = sum(each.get("dropped", 0) for each in counters)
    lag = max((each.get("lag_s", 0) for each in counters), default=0)
    words = [f"{dropped:,} dropped"] * bool(dropped) + [f"{lag:,} s behind"] * (lag >= LAGGING_S)
    return [_sign(Safe(", ".join(words)), is_good=False)] if words else []


def _canaries(selfcheck: Brief, now: float) -> list[Content]:
    """Whether the last canaries were seen, and when the next are due; nothing where none are sent."""
    if selfcheck.missed:
        channels = ", ".join(wording.channel(channel) for channel in selfcheck.missed)
        return [_sign(Safe(f"canary missed: {crop(Safe(channels), 30)}"), is_good=False)]
    if selfcheck.next is None:
        return []
    if now - selfcheck.next > SILENT_S:
        return [_sign(Safe(f"canary {wording.age(now - selfcheck.next)} late"), is_good=False)]
    return [_sign(Safe(f"canary in {wording.age(max(0.0, selfcheck.next - now))}"), is_good=True)]


def _newest(pulse: Pulse, now: float) -> Content:
    if pulse.newest_time is None:
        return content((Safe("no alerts"), "$quiet"))
    return content((Safe("newest "), "$quiet"), wording.ago(now - pulse.newest_time))


def _sign(words: Safe, *, is_good: bool) -> Content:
    mark: Piece = (Safe("✓ "), GOOD) if is_good else (Safe("! "), BAD)
    return content(mark, words if is_good else (words, BAD))
