"""From the runs of sensors: when a channel was watched, and what was wrong with the watching. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from forensics.coverage.model import Cause, Level
from forensics.coverage.tiling import Span, holes
from forensics.store.rows import WatchRow
from forensics.store.watches import MISSED_S, STOPPED


def spans(runs: Sequence[WatchRow]) -> list[Span]:
    """When at least one of the sensors is known to have watched.

    A run lasts from its first to its last heartbeat; where only its state or the time of day changed, to the next one.
    """
    return [(run.first, _end(run, after)) for run, after in _with_next(runs) if run.state != STOPPED]


def unwatched(runs: Sequence[WatchRow], start: float, end: float) -> list[Span]:
    """When no sensor at all is known to have watched, from the first time that one did; a missed beat is none."""
    if not runs:
        return []
    begin = max(start, min(run.first for run in runs))
    return [(a, b) for a, b in holes(begin, end, spans(runs)) if b - a > MISSED_S]


def causes(runs: Sequence[WatchRow]) -> Iterator[Cause]:
    """What was wrong: a sensor that was not well or saw only a part, one that fell silent, a clock that was set."""
    for run, after in _with_next(runs):
        if run.state == STOPPED:
            continue
        end = _end(run, after)
        if run.state != "running":
            words = f"{run.sensor}: {run.detail or run.state}"
            yield Cause(level=Level.DEGRADED, start=run.first, end=end, words=words, subject=run.sensor)
        if run.limit:
            yield Cause(level=Level.DEGRADED, start=run.first, end=end, words=run.limit, subject=run.sensor)
        if after is not None and after.opened == "clock":
            start, stop = sorted((run.last, after.first))
            yield Cause(level=Level.DEGRADED, start=start, end=stop, words="clock set", subject=run.sensor)
        until = _silent_until(run, after, runs)
        if until is not None:
            words = f"{run.sensor}: heartbeats missed"
            yield Cause(level=Level.DEGRADED, start=run.last, end=until, words=words, subject=run.sensor)


def _end(run: WatchRow, after: WatchRow | None) -> float:
    return after.first if after is not None and after.opened in ("state", "clock") else run.last


def _silent_until(run: WatchRow, after: WatchRow | None, runs: Sequence[WatchRow]) -> float | None:
    """When somebody knew again of what a sensor watched that fell silent; None when it did not, or is still beating."""
    if after is not None and after.opened in ("state", "clock"):
        return None
    returns = [each.first for each in runs if each.process != run.process and each.first > run.last]
    returns += [after.first] if after is not None else []
    latest = max(each.last for each in runs if each.process == run.process)
    return min(returns) if returns else latest if latest - run.last > MISSED_S else None


def _with_next(runs: Iterable[WatchRow]) -> Iterator[tuple[WatchRow, WatchRow | None]]:
    """Each run with the one that follows it of the same sensor."""
    ordered = sorted(runs, key=lambda run: (run.sensor, run.id))
    for _, group in groupby(ordered, key=lambda run: run.sensor):
        each = list(group)
        yield from zip(each, [*each[1:], None], strict=True)
