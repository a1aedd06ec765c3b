"""The characters a timeline is drawn with: the axis, and runs of cells of one tone. The same on every screen. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from forensics.reports.axis import Tick, Zone, clock, length, zone_name
from forensics.reports.lanes import NOW, Lane
from forensics.store.timeline import Window

GRID = "grid"
"""The tone of what only guides the eye."""
HERE = "now"


def begins(window: Window, zone: Zone) -> str:
    """The day a window begins: `Sat 21 Nov 2026`."""
    return f"{clock(window.since, zone):%a %d %b %Y}"


def scale(window: Window, zone: Zone) -> str:
    """By which clocks, and what a column stands for: `UTC, 10 min a column`."""
    return f"{zone_name(window.since, zone)[:12]}, {length(window.step_s)} a column"


def names(window: Window, ticks: Sequence[Tick], now: float) -> str:
    """The names of the ticks, each beginning at its own, and `now` where there is room for it."""
    line = list(" " * window.steps)
    for tick in ticks:
        line[tick.step : tick.step + len(tick.name)] = tick.name
    at = window.place(now)
    left = max(0, at - 1)
    if 0 <= at < window.steps and not "".join(line[max(0, left - 1) : left + 4]).strip():
        line[left : left + 3] = HERE
    return "".join(line)[: window.steps]


def rule(window: Window, ticks: Sequence[Tick], now: float) -> Iterator[tuple[str, str]]:
    """The line the ticks and the present stand on, as runs with their tones."""
    line = ["─"] * window.steps
    for tick in ticks:
        line[tick.step] = "┬"
    at = window.place(now)
    if not 0 <= at < window.steps:
        yield "".join(line), GRID
        return
    yield from (("".join(line[:at]), GRID), ("▼", HERE), ("".join(line[at + 1 :]), GRID))


def runs(lane: Lane, dots: Collection[int], now_at: int) -> Iterator[tuple[str, str]]:
    """A lane as runs of one tone; where there is nothing, the line of now, and dots below the ticks."""
    run, tone = "", ""
    for at, cell in enumerate(lane.cells):
        glyph, its = cell.glyph, cell.tone
        if not cell.count:
            glyph, its = (NOW, HERE) if at == now_at else ("·" if at in dots else " ", GRID)
        if its != tone:
            if run:
                yield run, tone
            run, tone = "", its
        run += glyph
    if run:
        yield run, tone
