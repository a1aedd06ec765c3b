"""A timeline on the command line: lanes of characters with the sum of each, and the same as a JSON object."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from forensics.reports import axis, strokes
from forensics.reports.lanes import LEGEND, WORDS, Chart, Lane, chart
from forensics.reports.records import iso
from forensics.reports.records import record as gap_record
from forensics.store.rows import GapRow
from forensics.store.timeline import Axis, Bar, Window
from forensics.text_safety import visible

_NAME, _KIND, _COUNT = 16, 9, 7
LABEL = _NAME + _KIND + _COUNT + 2
"""Characters before the first step."""


def text(bars: Sequence[Bar], gaps: Sequence[GapRow], window: Window, zone: axis.Zone, now: float) -> Iterator[str]:
    """The axis, the lanes, and what the signs stand for."""
    drawn = chart(bars, gaps, window)
    ticks = axis.ticks(window, zone)
    yield _line(strokes.begins(window, zone), strokes.names(window, ticks, now))
    yield _line(strokes.scale(window, zone), "".join(text for text, _ in strokes.rule(window, ticks, now)))
    dots = {tick.step for tick in ticks}
    before = None
    for lane in drawn.lanes:
        name = "" if lane.name == before else visible(lane.name[:200]) or "unknown"
        label = "all" if lane.kind == "gap" else name
        before = lane.name if lane.kind != "gap" else None
        count = f"{_count(lane, gaps):>{_COUNT}}"
        cells = "".join(run for run, _ in strokes.runs(lane, dots, window.place(now)))
        yield f"{_fit(label, _NAME)} {WORDS[lane.kind]:<{_KIND}}{count} {cells}".rstrip()
    yield from _below(drawn)


def record(bars: Sequence[Bar], gaps: Sequence[GapRow], window: Window, by: Axis) -> dict[str, Any]:
    """All lanes as a JSON object, each with the steps that have something in them; gaps with their own times."""
    drawn = chart(bars, (), window, most=len(bars))
    return {
        "since": iso(window.since),
        "until": iso(window.until),
        "step_s": window.step_s,
        "by": by,
        "lanes": [
            {"name": lane.name, "kind": lane.kind, "count": lane.count, "steps": list(_steps(lane, window))}
            for lane in drawn.lanes[1:]
        ],
        "gaps": [gap_record(gap) for gap in gaps],
    }


def _steps(lane: Lane, window: Window) -> Iterator[dict[str, Any]]:
    """The steps of a lane with something in them; of alerts the gravest severity."""
    for at, cell in enumerate(lane.cells):
        if cell.count:
            worst = {"worst": cell.tone} if lane.kind == "alert" else {}
            yield {"start": iso(window.start(at)), "count": cell.count, **worst}


def _below(drawn: Chart) -> Iterator[str]:
    if len(drawn.lanes) == 1:
        yield "nothing was seen in this time"
    if drawn.left_out:
        yield f"and {drawn.left_out} more, with less"
    yield "   ".join(f"{sign} {meaning}" for sign, meaning in LEGEND)


def _line(label: str, rest: str) -> str:
    return f"{_fit(label, LABEL - 1)} {rest}".rstrip()


def _count(lane: Lane, gaps: Sequence[GapRow]) -> int:
    return len(gaps) if lane.kind == "gap" else lane.count


def _fit(text: str, columns: int) -> str:
    """Cut or pad to so many columns of a terminal; wide characters take two."""
    if sum(map(_width, text)) > columns:
        while sum(map(_width, text)) > columns - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (columns - sum(map(_width, text)))


def _width(char: str) -> int:
    return 0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
