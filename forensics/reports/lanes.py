"""What happened becomes lanes of cells, a column for each step of time: the drawing without a screen. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from forensics.model import Severity
from forensics.store.rows import GapRow
from forensics.store.timeline import KINDS, Bar, Kind, Window

LaneKind = Kind | Literal["gap"]
WORDS: Mapping[LaneKind, str] = {"alert": "alerts", "returned": "returns", "seen": "others", "gap": "not seen"}
"""What stands beside a lane."""
BLOCKS = "▁▂▃▄▅▆▇█"
RETURN, HATCH, NOW = "←", "╱", "│"
LEGEND = (
    (" ".join(severity.value[0].upper() for severity in reversed(list(Severity))), "alerts, the gravest of them"),
    (RETURN, "sanctioned returns"),
    (f"{BLOCKS[0]}{BLOCKS[3]}{BLOCKS[-1]}", "others, the more the higher"),
    (HATCH, "not seen"),
    (NOW, "now"),
)
"""Every sign of a drawing and what it stands for."""
LEAST = len(BLOCKS)
"""What the highest block stands for at least: one sighting is a low one."""
MOST = 300
"""Contractors or workstations that are drawn, those with the gravest alerts first."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One step of a lane: how many, and the sign that stands for them (empty where there is nothing).

    `tone` names what colours it: a severity, or the lane's kind.
    """

    count: int = 0
    glyph: str = ""
    tone: str = ""


EMPTY = Cell()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """All of one kind by one contractor or on one workstation; the lane of gaps has no name."""

    name: str
    kind: LaneKind
    cells: tuple[Cell, ...]

    @property
    def key(self) -> tuple[str, LaneKind]:
        """What a lane is known by from one reading to the next."""
        return self.name, self.kind

    @property
    def count(self) -> int:
        """How many in all; a gap counts in every step it touches."""
        return sum(cell.count for cell in self.cells)

    def nearest(self, step: int) -> int | None:
        """The step with something in it that lies nearest, or None."""
        return min(
            (at for at, cell in enumerate(self.cells) if cell.count), key=lambda at: abs(at - step), default=None
        )

    def following(self, step: int, direction: int) -> int | None:
        """The next step with something in it, to the right (1) or to the left (-1), or None."""
        end = len(self.cells) if direction > 0 else -1
        return next((at for at in range(step + direction, end, direction) if self.cells[at].count), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The lanes of a window, the one of gaps first; `most` is what the highest block of others stands for.

    `left_out` counts those for whom there was no room.
    """

    window: Window
    lanes: tuple[Lane, ...]
    most: int
    left_out: int


def chart(bars: Iterable[Bar], gaps: Iterable[GapRow], window: Window, *, most: int = MOST) -> Chart:
    """Lay out what was counted; bars of the same place are added up, those outside the window left out."""
    by_name = _by_name(bars, window)
    names = sorted(by_name, key=lambda name: _rank(name, by_name[name]))
    highest = max((bar.count for found in by_name.values() for bar in found.get("seen", {}).values()), default=0)
    highest = max(highest, LEAST)
    lanes = [_gap_lane(gaps, window)]
    for name in names[:most]:
        lanes += [_lane(name, kind, by_name[name][kind], window, highest) for kind in KINDS if kind in by_name[name]]
    return Chart(window=window, lanes=tuple(lanes), most=highest, left_out=max(0, len(names) - most))


def summed(bars: Iterable[Bar]) -> tuple[Bar, ...]:
    """Bars of the same place as one each, so that many pages of them are as few as the places."""
    found: dict[tuple[str, Kind, int], Bar] = {}
    for bar in bars:
        before = found.get(key := (bar.name, bar.kind, bar.step))
        found[key] = bar if before is None else _joined(before, bar)
    return tuple(found.values())


def level(count: int, highest: int) -> int:
    """How high a block stands for a count, 1 to 8: by its root, so that few beside many are told from none and one."""
    return min(len(BLOCKS), max(1, math.ceil(len(BLOCKS) * math.sqrt(count / highest))))


_Lanes = dict[Kind, dict[int, Bar]]


def _by_name(bars: Iterable[Bar], window: Window) -> dict[str, _Lanes]:
    found: dict[str, _Lanes] = {}
    for bar in summed(bars):
        if 0 <= bar.step < window.steps and bar.count > 0:
            found.setdefault(bar.name, {}).setdefault(bar.kind, {})[bar.step] = bar
    return found


def _joined(one: Bar, other: Bar) -> Bar:
    """Two bars of the same place as one."""
    worst = max((bar.worst for bar in (one, other) if bar.worst), key=lambda severity: severity.rank, default=None)
    return replace(one, count=one.count + other.count, worst=worst)


def _rank(name: str, lanes: _Lanes) -> tuple[int, int, int, str]:
    """The gravest alerts first, then the most alerts, then the most of anything."""
    alerts = lanes.get("alert", {}).values()
    worst = max((bar.worst.rank for bar in alerts if bar.worst is not None), default=-1)
    counted = sum(bar.count for steps in lanes.values() for bar in steps.values())
    return -worst, -sum(bar.count for bar in alerts), -counted, name


def _lane(name: str, kind: Kind, steps: Mapping[int, Bar], window: Window, highest: int) -> Lane:
    cells = tuple(_cell(steps[at], highest) if at in steps else EMPTY for at in range(window.steps))
    return Lane(name=name, kind=kind, cells=cells)


def _cell(bar: Bar, highest: int) -> Cell:
    if bar.kind == "alert":
        worst = bar.worst or Severity.INFO
        return Cell(bar.count, worst.value[0].upper(), worst.value)
    return Cell(bar.count, RETURN if bar.kind == "returned" else BLOCKS[level(bar.count, highest) - 1], bar.kind)


def _gap_lane(gaps: Iterable[GapRow], window: Window) -> Lane:
    """Each gap hatches every step it touches, one of a moment the step it lies in."""
    counts = [0] * window.steps
    for gap in gaps:
        for at in touched(gap, window):
            counts[at] += 1
    return Lane(name="", kind="gap", cells=tuple(Cell(n, HATCH, "gap") if n else EMPTY for n in counts))


def touched(gap: GapRow, window: Window) -> Sequence[int]:
    """The steps of the window that a gap touches."""
    first, last = window.place(gap.start), window.place(gap.end)
    if gap.end > gap.start and window.start(last) == gap.end:
        last -= 1
    return range(max(first, 0), min(max(first, last), window.steps - 1) + 1)
