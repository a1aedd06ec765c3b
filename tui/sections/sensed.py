"""How each sensor does: its state, how far behind it is, what it lost, its last canary, its budgets and counters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content

from forensics.store.sensing import RESTING, Sensing, Use
from tui import wording
from tui.formatting import EMPTY, Line, Piece, Safe, content, fit, line, safe

INDENT = 12
BAR = 6
NEARLY = 0.9
"""A budget of which so large a share is used stands out."""


def lines(sensors: Sequence[Sensing], now: float) -> list[Line]:
    """Some rows a sensor."""
    return [row for sensor in sensors for row in _sensor(sensor, now)]


def _sensor(sensor: Sensing, now: float) -> Iterator[Line]:
    is_resting = sensor.is_well and sensor.state in RESTING
    colour = "$quiet" if is_resting else "$good" if sensor.is_well else "bold $warning"
    mark = Safe("· ") if is_resting else Safe("✓ ") if sensor.is_well else Safe("! ")
    heard = Safe(f"   {safe(sensor.row.kind)}, heard {wording.ago(now - sensor.row.time)}")
    lead = content((mark, colour), (fit(safe(sensor.state, limit=20), 10), colour))
    yield lead, content((safe(sensor.row.sensor), "quiet" if is_resting else "bold"), (heard, "$quiet"))
    if is_resting:
        return
    if sensor.row.detail:
        yield line((safe(sensor.row.detail), "$quiet" if sensor.is_well else "$warning"), indent=INDENT)
    yield _row(_losses(sensor, now))
    if sensor.uses:
        yield _row(map(_use, sensor.uses))
    if sensor.counted:
        yield _row(_count(Safe(safe(name).replace("_", " ")), count) for name, count in sensor.counted.items())


def _losses(sensor: Sensing, now: float) -> Iterator[Content]:
    if sensor.lag_s is not None:
        yield _count(Safe("lag"), sensor.lag_s, unit=Safe(" s"))
    if sensor.dropped is not None:
        yield _count(Safe("dropped"), sensor.dropped, is_bad=True)
    yield _count(Safe("gaps in 24 h"), sensor.gaps, is_bad=True)
    for words, standing in sensor.canary_words:
        colour = "bold $warning" if standing.is_missed else ""
        yield content((safe(words, limit=100), colour), (Safe(f" {wording.ago(now - standing.last.sent)}"), "$quiet"))
    if not sensor.canaries and sensor.counted:
        yield content((Safe("no canary yet"), "$quiet"))


def _use(use: Use) -> Content:
    share = min(1.0, use.used / use.allowed)
    full = int(share * BAR) or int(share > 0)
    bar = Safe("█" * full + "░" * (BAR - full))
    is_high = share >= NEARLY
    return content((bar, "$quiet"), (Safe(f" {safe(use.words)}"), "bold $warning" if is_high else ""))


def _count(name: Safe, count: int, *, unit: Safe = EMPTY, is_bad: bool = False) -> Content:
    """A figure; one that is zero steps back."""
    colour = "$quiet" if not count else "bold $warning" if is_bad else ""
    return content((Safe(f"{name} "), "$quiet"), (Safe(f"{count:,}{unit}"), colour))


def _row(pieces: Iterator[Content] | map[Content]) -> Line:
    joined: Piece | Content = Content("   ").join(list(pieces))
    return line(joined, indent=INDENT)
