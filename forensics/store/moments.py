"""Dates and spans as people type them into a query, also half typed. All dates are UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})?(?:-(\d{1,2})?(?:[T ](\d{1,2})?(?::(\d{1,2})?(?::(\d{1,2})?(?:\.\d*)?)?)?Z?)?)?)?"
)
_SPAN = re.compile(r"(\d{1,6}(?:\.\d{0,3})?)(s|m|h|d|w)?")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


def moment(text: str) -> float | None:
    """The beginning of the year, month, day, hour, minute or second named, in Unix seconds, or None."""
    hit = _DATE.fullmatch(text.strip())
    if hit is None:
        return None
    given = [int(part) if part else None for part in hit.groups()]
    year, month, day, hour, minute, second = given
    try:
        date = datetime(year or 1, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=UTC)
    except ValueError:
        return None
    return date.timestamp()


def span(text: str) -> float | None:
    """Seconds in `90s`, `30m`, `12h`, `7d`, `2w` (a bare number counts days), or None."""
    hit = _SPAN.fullmatch(text.strip().lower())
    return float(hit[1]) * _SECONDS[hit[2] or "d"] if hit is not None else None
