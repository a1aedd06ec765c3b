"""An axis of time: windows whose steps begin at round moments, and the ticks that stand along them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from forensics.reports.records import LAST_TIME
from forensics.store.timeline import Window

Zone = tzinfo | None
"""Where clocks are read; None is this machine's own zone."""
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0
STEPS: tuple[float, ...] = (
    *(1.0, 2.0, 5.0, 10.0, 20.0, 30.0),
    *(minutes * _MINUTE for minutes in (1, 2, 5, 10, 20, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * _DAY for days in (1, 2, 7, 14, 28, 91, 364)),
)
"""How many seconds a column may stand for; zooming goes from one to the next."""
_MONDAY = 4 * _DAY
"""The first Monday of 1970: whole weeks begin with it."""
TICK = 8
"""Columns that a tick's name needs at least."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark at a step, with the words that stand there."""

    step: int
    name: str


def clock(time: float, zone: Zone) -> datetime:
    """The moment as a clock in the zone shows it; what lies beyond the calendar stands at its ends."""
    return datetime.fromtimestamp(min(max(time, _DAY), LAST_TIME - _DAY), UTC).astimezone(zone)


def zone_name(time: float, zone: Zone) -> str:
    """What the zone is called at that moment: UTC, CET."""
    return clock(time, zone).tzname() or "local"


def length(seconds: float) -> str:
    """How long a step is, in the unit people read: 30 s, 10 min, 6 h, 2 d, 4 weeks."""
    for unit_s, unit in ((7 * _DAY, " week"), (_DAY, " d"), (_HOUR, " h"), (_MINUTE, " min"), (1.0, " s")):
        if seconds >= unit_s and not seconds % unit_s:
            count = int(seconds // unit_s)
            return f"{count}{unit}{'s' if unit == ' week' and count > 1 else ''}"
    return f"{seconds:g} s"


def ending(until: float, step_s: float, steps: int, zone: Zone) -> Window:
    """The window of so many steps whose last one holds the moment just before `until`."""
    shift = _shift(until, zone)
    last = -((_MONDAY - until - shift) // step_s) - 1
    return Window(since=_MONDAY - shift + (last + 1 - steps) * step_s, step_s=step_s, steps=steps)


def over(since: float, until: float, steps: int, zone: Zone) -> Window:
    """The closest window of so many steps that holds all from `since` to `until`; the latest part where none does."""
    for step_s in STEPS:
        window = ending(until, step_s, steps, zone)
        if window.since <= since:
            return window
    return ending(until, STEPS[-1], steps, zone)


def zoomed(window: Window, about: float, places: int, zone: Zone) -> Window:
    """The window `places` steps of the ladder closer (or, below 0, wider), with the moment `about` where it was."""
    closest = min(range(len(STEPS)), key=lambda place: abs(STEPS[place] - window.step_s))
    step_s = STEPS[min(max(closest - places, 0), len(STEPS) - 1)]
    after = (window.until - about) / window.step_s
    return ending(about + after * step_s, step_s, window.steps, zone)


def ticks(window: Window, zone: Zone) -> tuple[Tick, ...]:
    """Ticks at round times and dates, as close to one another as their names allow."""
    fitting = (level for level in _LEVELS if level[0] >= TICK * window.step_s)
    _, of, name = next(fitting, _LEVELS[-1])
    found, before = [], of(clock(window.since - window.step_s, zone))
    for step in range(window.steps):
        moment = clock(window.start(step), zone)
        if (now := of(moment)) != before:
            found.append(Tick(step, name(moment)))
        before = now
    return tuple(found)


def _shift(time: float, zone: Zone) -> float:
    """Seconds that clocks in the zone are ahead of UTC."""
    offset = clock(time, zone).utcoffset()
    return offset.total_seconds() if offset is not None else 0.0


def _of_day(length_s: float) -> Callable[[datetime], Hashable]:
    def of(moment: datetime) -> Hashable:
        return moment.date(), (moment.hour * 3600 + moment.minute * 60 + moment.second) // length_s

    return of


def _of_days(count: int) -> Callable[[datetime], Hashable]:
    return lambda moment: (moment.toordinal() - 1) // count


def _of_months(count: int) -> Callable[[datetime], Hashable]:
    return lambda moment: (moment.year * 12 + moment.month - 1) // count


def _of_years(count: int) -> Callable[[datetime], Hashable]:
    return lambda moment: moment.year // count


def _seconds(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}"


def _minutes(moment: datetime) -> str:
    """The time of day; where a day begins, the day."""
    return _day(moment) if (moment.hour, moment.minute) == (0, 0) else f"{moment:%H:%M}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}"


def _month(moment: datetime) -> str:
    """The month; where a year begins, the year."""
    return f"{moment.year}" if moment.month == 1 else f"{moment:%b}"


def _year(moment: datetime) -> str:
    return f"{moment.year}"


_Level = tuple[float, Callable[[datetime], Hashable], Callable[[datetime], str]]
_LEVELS: tuple[_Level, ...] = (
    *((seconds, _of_day(seconds), _seconds) for seconds in (10.0, 30.0)),
    *((minutes * _MINUTE, _of_day(minutes * _MINUTE), _minutes) for minutes in (1, 5, 10, 30)),
    *((hours * _HOUR, _of_day(hours * _HOUR), _minutes) for hours in (1, 2, 3, 6, 12)),
    *((days * _DAY, _of_days(days), _day) for days in (1, 2, 7, 14)),
    *((months * 30 * _DAY, _of_months(months), _month) for months in (1, 2, 3, 6)),
    *((years * 365 * _DAY, _of_years(years), _year) for years in (1, 2, 5, 10, 50)),
)
"""Between two ticks: seconds (about), what changes there, and the words of one."""
