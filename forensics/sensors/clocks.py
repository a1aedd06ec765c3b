"""Tells when the machine slept, its clock was set, or the sensor itself stood still: times nobody watched."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

LEAST_S = 1.0
"""What a clock may gain or lose between two looks, as time servers correct it."""
STOOD_STILL_S = 30.0
"""Between two looks of who looks every few seconds."""


class Reading(NamedTuple):
    """The system's clocks at one moment, in seconds: the time of day, time since boot with and without sleep."""

    real: float
    boot: float
    awake: float


class Disturbance(NamedTuple):
    """A time that was not watched, or whose times are not to be trusted; Unix seconds."""

    cause: str
    detail: str
    start: float
    end: float


def read() -> Reading:
    """The clocks now (clock_gettime(2))."""
    return Reading(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME), time.monotonic())


def boot_s() -> float:
    """Seconds since the machine was started, those it slept included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def process() -> str:
    """What tells this process from every other: the machine's boot, the process id and its start in clock ticks.

    See proc(5), `random/boot_id` and field 22 of `stat`.
    """
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    ticks = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    return f"{boot} {os.getpid()} {ticks}"


class Clocks:
    """Looks at the clocks again and again. Used from one thread."""

    def __init__(self, read: Callable[[], Reading] = read) -> None:
        self._read = read
        self._last = read()

    def check(self) -> Iterator[Disturbance]:
        """What happened since the last look."""
        was, now = self._last, self._read()
        self._last = now
        slept = (now.boot - was.boot) - (now.awake - was.awake)
        set_by = (now.real - was.real) - (now.boot - was.boot)
        stood = now.awake - was.awake
        start, end = min(was.real, now.real), max(was.real, now.real)
        if slept > LEAST_S:
            yield Disturbance("machine asleep", f"{slept:.0f} s", start, end)
        if abs(set_by) > LEAST_S:
            which = "forward" if set_by > 0 else "back"
            yield Disturbance("clock set", f"{which} by {abs(set_by):.1f} s", start, end)
        if stood > STOOD_STILL_S:
            yield Disturbance("sensor stood still", f"{stood:.0f} s", start, end)
