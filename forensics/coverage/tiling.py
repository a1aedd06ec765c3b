"""Spans of time over a window, and the causes that lie over each, as intervals that fill it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from forensics.coverage.model import Cause, Interval, Level

Span = tuple[float, float]
NOBODY = "no sensor ran"


def tile(start: float, end: float, watched: Iterable[Span], causes: Sequence[Cause]) -> tuple[Interval, ...]:
    """The intervals of `[start, end)`: blind where nobody watched, otherwise as bad as the worst cause.

    Neighbours of the same level and causes are one. The bytes of a cause are counted once, where it begins.
    """
    if not start < end:
        return ()
    lost = [Cause(level=Level.BLIND, start=a, end=b, words=NOBODY) for a, b in holes(start, end, watched)]
    told = [cause for cause in (*causes, *lost) if cause.start < end and cause.end > start]
    edges = sorted({start, end, *(_within(time, start, end) for cause in told for time in (cause.start, cause.end))})
    opening: dict[float, list[Cause]] = {}
    for cause in told:
        opening.setdefault(_within(cause.start, start, end), []).append(cause)
    intervals: list[Interval] = []
    standing: list[Cause] = []
    for begin, stop in pairwise(edges):
        new = opening.get(begin, [])
        standing = [cause for cause in standing if cause.end > begin] + new
        _append(intervals, _interval(begin, stop, standing, sum(cause.size for cause in new)))
    return tuple(intervals)


def _interval(start: float, end: float, causes: Sequence[Cause], size: int) -> Interval:
    words = Counter(cause.words for cause in causes)
    level = max((cause.level for cause in causes), default=Level.COVERED)
    return Interval(start=start, end=end, level=level, causes=tuple(sorted(words.items())), size=size)


def _append(intervals: list[Interval], new: Interval) -> None:
    if intervals and (intervals[-1].level, intervals[-1].causes) == (new.level, new.causes):
        last = intervals.pop()
        new = Interval(start=last.start, end=new.end, level=new.level, causes=new.causes, size=last.size + new.size)
    intervals.append(new)


def holes(start: float, end: float, spans: Iterable[Span]) -> Iterable[Span]:
    """What of the window no span covers."""
    reached = start
    for begin, stop in sorted(spans):
        if begin > reached:
            yield reached, min(begin, end)
        reached = max(reached, stop)
        if reached >= end:
            return
    yield reached, end


def _within(time: float, start: float, end: float) -> float:
    return min(max(time, start), end)
