"""What a rule may ask of a whole observation: how much of what is in it, and the circumstances it was seen in. Pure.

Each condition is told with its value, so that a miss can say what would have to be otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from forensics import ways
from forensics.model import Analysis, Match, OutcomeKind

_DOCUMENTS = re.compile(r"application/(pdf|msword|rtf|vnd\.(openxmlformats|oasis|ms-)|epub)|text/(rtf|html)|message/")
_ARCHIVES = re.compile(r"application/(zip|x-(7z|tar|rar|bzip|xz|lha|cpio|archive|iso)|gzip|vnd\.rar|vnd\.ms-cab|zstd)")
_UNREAD = (OutcomeKind.ENCRYPTED, OutcomeKind.TOO_LARGE, OutcomeKind.TIMED_OUT, OutcomeKind.UNREADABLE)
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Span(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number from `min` to `max`, both included; no `max` is none."""

    min: int = 0
    max: int | None = None

    def __str__(self) -> str:
        return f"{self.min} or more" if self.max is None else f"{self.min} to {self.max}"

    def holds(self, value: int) -> bool:
        """Say whether the number lies within."""
        return self.min <= value and (self.max is None or value <= self.max)


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[rule.match]` of a rule of the kind `package`: all that is set must hold.

    Counts are over everything in the observation, at any depth; `clips`, `units` and `candidates` as decoders counted
    them, `packages` the different ones it names, `unread` what could not be opened or was not read to its end.
    `destinations` and `processes` are patterns with `*` and `?`; `hours` from and to, UTC, over midnight too; `rules`
    are other rules that match as well, `not_rules` ones that do not.
    """

    size: Span | None = None
    artifacts: Span | None = None
    depth: Span | None = None
    audio: Span | None = None
    pictures: Span | None = None
    documents: Span | None = None
    archives: Span | None = None
    unread: Span | None = None
    packages: Span | None = None
    clips: Span | None = None
    units: Span | None = None
    candidates: Span | None = None
    channels: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    hours: tuple[int, int] | None = None
    days: tuple[Day, ...] = ()
    rules: tuple[str, ...] = ()
    not_rules: tuple[str, ...] = ()


def problem(asked: Asked) -> str:
    """What is wrong with what is asked; empty when nothing is."""
    if asked == Asked():
        return "asks nothing and would match everything"
    if asked.hours is not None and not all(0 <= hour <= 24 for hour in asked.hours):
        return "has hours that are not from 0 to 24"
    spans = {name: getattr(asked, name) for name in asked.__struct_fields__}
    for name, span in spans.items():
        if isinstance(span, Span) and span.max is not None and span.max < span.min:
            return f"asks for {name} that can never be {span}"
    return ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing asked, what it came to, and whether that is enough."""

    text: str
    value: str
    is_true: bool


def conditions(asked: Asked, analysis: Analysis, matches: Sequence[Match]) -> Iterator[Condition]:
    """Every condition that is set, with its value; `matches` are those of other rules."""
    for name, count in _counts(analysis):
        span = getattr(asked, name)
        if span is not None:
            yield Condition(f"{name} {span}", str(count), span.holds(count))
    seen = analysis.observation
    if asked.channels:
        named = {seen.channel, ways.family(seen.channel)}
        yield Condition(f"channel {_any(asked.channels)}", seen.channel, bool(named & set(asked.channels)))
    yield from _patterns("destination", asked.destinations, seen.destination)
    yield from _patterns("process", asked.processes, seen.subject.process)
    moment = datetime.fromtimestamp(seen.time, UTC)
    if asked.hours is not None:
        first, last = asked.hours
        is_within = first <= moment.hour < last if first <= last else moment.hour >= first or moment.hour < last
        yield Condition(f"hour {first} to {last} UTC", str(moment.hour), is_within)
    if asked.days:
        day = _DAYS[moment.weekday()]
        yield Condition(f"day {_any(asked.days)}", day, day in asked.days)
    found = {match.rule for match in matches if match.accepted}
    for rule in asked.rules:
        yield Condition(f"rule {rule} matches", "yes" if rule in found else "no", rule in found)
    for rule in asked.not_rules:
        yield Condition(f"rule {rule} does not match", "yes" if rule in found else "no", rule not in found)


def _counts(analysis: Analysis) -> Iterator[tuple[str, int]]:
    kinds = [artifact.media_type for artifact in analysis.artifacts]
    yield "size", analysis.artifacts[0].content.size
    yield "artifacts", len(kinds)
    yield "depth", max(len(artifact.path) for artifact in analysis.artifacts)
    yield "audio", sum(kind.startswith("audio/") for kind in kinds)
    yield "pictures", sum(kind.startswith("image/") for kind in kinds)
    yield "documents", sum(bool(_DOCUMENTS.match(kind)) for kind in kinds)
    yield "archives", sum(bool(_ARCHIVES.match(kind)) for kind in kinds)
    yield "unread", sum(outcome.kind in _UNREAD for outcome in analysis.outcomes)
    yield "packages", len({package for artifact in analysis.artifacts for package in artifact.packages})
    for name in ("clips", "units", "candidates"):
        told = (artifact.facts.get(name, "") for artifact in analysis.artifacts)
        yield name, sum(int(value) for value in told if value.isascii() and value.isdigit() and len(value) < 16)


def _patterns(name: str, wanted: Sequence[str], value: str) -> Iterator[Condition]:
    if wanted:
        is_true = any(fnmatchcase(value.casefold(), pattern.casefold()) for pattern in wanted)
        yield Condition(f"{name} {_any(wanted)}", value or "unknown", is_true)


def _any(words: Sequence[str]) -> str:
    return " or ".join(words)
