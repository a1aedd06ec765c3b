"""`--since`, `--until` and `--last`: which time a command is about."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from forensics.store import moments


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which observations are looked at, by their time in Unix seconds."""

    since: float
    until: float


def span_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the three options; the command is given `span`."""

    @click.option("--since", default="", help="From this time on, such as 2026-11-01 or 2026-11-01T08:00 (UTC).")
    @click.option("--until", default="", help="Before this time.")
    @click.option("--last", default="", help="The last span, such as 30d.")
    @functools.wraps(command)
    def wrapped(*args: Any, since: str, until: str, last: str, **others: Any) -> Any:
        return command(*args, span=span_of(since, until, last), **others)

    return wrapped


def span_of(since: str, until: str, last: str) -> Span:
    """The span that is meant. Raises click.UsageError and click.BadParameter."""
    if last and (since or until):
        raise click.UsageError("--last goes alone")
    if last:
        seconds = moments.span(last)
        if seconds is None:
            raise click.BadParameter("takes a span such as 12h, 7d or 4w", param_hint="--last")
        return Span(since=time.time() - seconds, until=math.inf)
    return Span(since=_moment(since, "--since", -math.inf), until=_moment(until, "--until", math.inf))


def _moment(text: str, name: str, otherwise: float) -> float:
    if not text:
        return otherwise
    moment = moments.moment(text)
    if moment is None:
        raise click.BadParameter("takes a date such as 2026-11-22 or 2026-11-22T14:30 (UTC)", param_hint=name)
    return moment
