"""Whether all is well, in a handful of signs: the store, sensors, gaps, what was seen, losses, canaries, the newest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forensics.coverage.asking import Share
from forensics.store.rows import SensorRow
from forensics.store.sensing import RESTING, SILENT, state
from forensics.store.standing import SILENT_S, Brief
from tui import wording
from tui.feed import Pulse
from tui.formatting import EMPTY, Safe, crop

WORTH_SAYING = 0.005
DUE_S = 5
LAGGING_S = 5
"""A recording of a minute takes seconds to be heard; what waits for longer is worth a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One thing said: at length, and briefly (empty: not at all). `is_good` is None for what is neither."""

    words: Safe
    brief: Safe
    is_good: bool | None


def signs(pulse: Pulse, now: float) -> list[Sign]:
    """What there is to say, the most important first."""
    if pulse.condition != "ready":
        return [_store(pulse)]
    return [
        _store(pulse),
        sensors(pulse.sensors, now),
        *_gaps(pulse, now),
        *_coverage(pulse.coverage),
        *_behind(pulse.sensors, now),
        *_canaries(pulse.selfcheck, now),
        _newest(pulse, now),
    ]


def sensors(rows: Sequence[SensorRow], now: float) -> Sign:
    """How many sensors watch, and how many of them do not as they should."""
    states = [state(row, now) for row in rows]
    alive = sum(each not in (SILENT, *RESTING) for each in states)
    lost, degraded = states.count(SILENT), states.count("degraded")
    if not alive:
        words = Safe("the monitor has gone silent" if lost else "no monitor is running")
        return Sign(words=words, brief=words, is_good=False)
    amount = wording.amount(alive, "sensor")
    troubles = [Safe(f"{count} {word}") for count, word in ((degraded, "degraded"), (lost, "silent")) if count]
    words = Safe(", ".join([amount, *troubles]))
    brief = Safe(f"{alive - degraded} of {alive + lost} sensors") if troubles else amount
    return Sign(words=words, brief=brief, is_good=not troubles)


def _store(pulse: Pulse) -> Sign:
    if pulse.condition == "ready":
        return Sign(words=Safe("store"), brief=EMPTY, is_good=True)
    words = {"opening": Safe("opening the store"), "missing": Safe("no store yet")}.get(pulse.condition)
    words = words or Safe(f"store: {crop(pulse.notice, 60)}")
    return Sign(words=words, brief=words, is_good=pulse.condition == "opening")


def _gaps(pulse: Pulse, now: float) -> Iterator[Sign]:
    """How many gaps there are; that there are none is worth nothing where nobody watches."""
    count = pulse.counts.gaps_last_day if pulse.counts else 0
    amount = wording.amount(count, "gap") if count else Safe("no gaps")
    if count or not _is_blind(pulse.sensors, now):
        yield Sign(words=Safe(f"{amount} in 24 h"), brief=amount, is_good=not count)


def _is_blind(rows: Sequence[SensorRow], now: float) -> bool:
    return all(state(row, now) in (SILENT, *RESTING) for row in rows)


def _coverage(share: Share | None) -> Iterator[Sign]:
    """How much of the last day was seen where sensors watched, and how much went by unread."""
    if share is None:
        return
    seen = Safe(f"seen {share.covered:.0%}")
    opaque = f"opaque {share.opaque:.0%}" if share.opaque >= WORTH_SAYING else ""
    words = Safe(f"{seen}, {opaque}") if opaque else seen
    yield Sign(words=words, brief=Safe(words.replace(",", "")), is_good=share.covered >= 1 - WORTH_SAYING)


def _behind(rows: Sequence[SensorRow], now: float) -> Iterator[Sign]:
    """What sensors dropped, and how far they are behind; nothing where it is nothing."""
    counters = [row.counters for row in rows if state(row, now) not in RESTING]
    dropped = sum(each.get("dropped", 0) for each in counters)
    lag = max((each.get("lag_s", 0) for each in counters), default=0)
    if dropped:
        yield Sign(words=Safe(f"{dropped:,} dropped"), brief=Safe(f"{dropped:,} dropped"), is_good=False)
    if lag >= LAGGING_S:
        yield Sign(words=Safe(f"{lag:,} s behind"), brief=Safe(f"lag {lag:,} s"), is_good=False)


def _canaries(selfcheck: Brief, now: float) -> Iterator[Sign]:
    """Whether the last canaries were seen, and when the next are due; nothing where none are sent."""
    if selfcheck.missed:
        channels = Safe(", ".join(wording.channel(channel) for channel in selfcheck.missed))
        brief = Safe(f"{wording.amount(len(selfcheck.missed), 'canary', 'canaries')} missed")
        yield Sign(words=Safe(f"canary missed: {crop(channels, 30)}"), brief=brief, is_good=False)
    elif selfcheck.next is not None:
        due = selfcheck.next - now
        is_late = due < -SILENT_S
        words = Safe("canary due" if due < DUE_S else f"canary in {wording.age(due)}")
        words = Safe(f"canary {wording.age(-due)} late") if is_late else words
        yield Sign(words=words, brief=words, is_good=not is_late)


def _newest(pulse: Pulse, now: float) -> Sign:
    words = Safe("no alerts") if pulse.newest_time is None else Safe(f"newest {wording.ago(now - pulse.newest_time)}")
    return Sign(words=words, brief=EMPTY, is_good=None)
