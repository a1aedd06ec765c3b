"""A ledger in words: a bar and the intervals of each channel, and the answer to "would we have seen it?". Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby

from forensics.coverage.model import Channel, Interval, Ledger, Level
from forensics.coverage.techniques import Sight
from forensics.text_safety import visible

WIDTH = 48
SIGNS = {Level.COVERED: "#", Level.DEGRADED: "+", Level.OPAQUE: "?", Level.BLIND: "."}
LEGEND = ", ".join(f"{sign} {level.word}" for level, sign in SIGNS.items())
_NAMED = 3
_MOST = 40
"""Intervals of a channel that are printed."""


def lines(ledger: Ledger) -> Iterator[str]:
    """The ledger for people; channels that were alike stand together."""
    yield f"from {moment(ledger.start)} to {moment(ledger.end)} ({LEGEND})"
    for _, alike in groupby(ledger.channels, key=lambda channel: (channel.intervals, channel.sensors)):
        channels = list(alike)
        first, names = channels[0], ", ".join(channel.name for channel in channels)
        yield f"[{bar(first, ledger)}] {visible(names)}"
        if first.sensors:
            yield f"  watched by {visible(', '.join(first.sensors))}"
        yield from (f"  {line(interval, ledger)}" for interval in first.intervals[:_MOST])
        if len(first.intervals) > _MOST:
            yield f"  and {len(first.intervals) - _MOST} more (--json has them all)"


def bar(channel: Channel, ledger: Ledger) -> str:
    """The window as signs from left to right, each the worst of its time, so that nothing short disappears."""
    length = (ledger.end - ledger.start) / WIDTH
    worst = [Level.COVERED] * WIDTH
    for each in channel.intervals:
        begin = min(WIDTH - 1, int((each.start - ledger.start) / length))
        stop = min(WIDTH, max(begin + 1, int(-(-(each.end - ledger.start) // length))))
        for place in range(begin, stop):
            worst[place] = max(worst[place], each.level)
    return "".join(SIGNS[level] for level in worst)


def line(interval: Interval, ledger: Ledger) -> str:
    """One interval with its causes."""
    causes = [f"{visible(words)} ({count})" if count > 1 else visible(words) for words, count in interval.causes]
    more = f" and {len(causes) - _NAMED} more" if len(causes) > _NAMED else ""
    size = f", {interval.size} bytes" if interval.size else ""
    why = f": {', '.join(causes[:_NAMED])}{more}" if causes else ""
    return f"{interval.level.word:8} {_clock(interval.start, ledger)} to {_clock(interval.end, ledger)}{size}{why}"


def answer(channel: Channel, ledger: Ledger) -> str:
    """Whether something would have been seen on a channel, in one sentence."""
    parts = []
    for level, word in ((Level.COVERED, "yes"), (Level.DEGRADED, "in part"), (Level.OPAQUE, "not what it was")):
        if spans := _spans(channel, level, ledger):
            parts.append(f"{word}, {spans}")
    if spans := _spans(channel, Level.BLIND, ledger):
        causes = sorted({words for each in channel.intervals if each.level is Level.BLIND for words, _ in each.causes})
        parts.append(f"no {spans}: {visible(', '.join(causes[:_NAMED]))}")
    return f"{visible(channel.name)}: {'; '.join(parts) or 'the window is empty'}"


def technique_lines(sights: list[Sight]) -> Iterator[str]:
    """Each technique with what was seen of it."""
    for sight in sights:
        word = {"seen": "seen", "partly": "partly seen", "not": "not seen"}[sight.seen]
        why = f" ({visible(sight.why)})" if sight.why else ""
        yield f"{word:11} {sight.technique.id} {sight.technique.name}{why}"


def moment(time: float) -> str:
    """A time to the second, in UTC."""
    return datetime.fromtimestamp(min(max(time, 0.0), 253_402_300_799.0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _spans(channel: Channel, level: Level, ledger: Ledger) -> str:
    found = [
        f"from {_clock(each.start, ledger)} to {_clock(each.end, ledger)}"
        for each in _joined(channel)
        if each.level is level
    ]
    more = f" and {len(found) - _NAMED} more times" if len(found) > _NAMED else ""
    return " and ".join(found[:_NAMED]) + more


def _joined(channel: Channel) -> Iterator[Interval]:
    """The intervals, those of one level that follow each other as one."""
    for level, group in groupby(channel.intervals, key=lambda each: each.level):
        alike = list(group)
        yield Interval(start=alike[0].start, end=alike[-1].end, level=level)


def _clock(time: float, ledger: Ledger) -> str:
    """The time of day where the window is one day, otherwise the date too."""
    text = moment(time)
    return text[11:-1] if moment(ledger.start)[:10] == moment(ledger.end)[:10] else text
