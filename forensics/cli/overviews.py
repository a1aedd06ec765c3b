"""What `search --facets`, `--histogram` and `--explain` print, for people and as JSON."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from forensics.reports.records import iso
from forensics.store.overview import Explanation, Overview
from forensics.text_safety import visible

MOST_VALUES = 10
"""Values of a facet for people; JSON has all."""
MOST_BARS = 60
_WIDTH = 50
"""Columns of the longest bar."""


def overview_lines(found: Overview, step_s: float) -> Iterator[str]:
    """The counts by field, then the times as bars; without a step no times."""
    yield f"{found.count} fit" if found.is_whole else f"of the newest {found.count} that fit; there are more"
    for field, counts in found.facets.items():
        yield field
        for value, count in counts.most_common(MOST_VALUES):
            yield f"  {count:>9}  {visible(value)}"
        if len(counts) > MOST_VALUES:
            yield f"             and {len(counts) - MOST_VALUES} more"
    if step_s:
        yield from _bars(found.times, step_s)


def overview_record(found: Overview, step_s: float) -> dict[str, Any]:
    """The same as a JSON object."""
    times = [{"start": iso(start), "count": count} for start, count in sorted(found.times.items())]
    return {
        "count": found.count,
        "is_whole": found.is_whole,
        "facets": {field: dict(counts.most_common()) for field, counts in found.facets.items()},
        **({"step_s": step_s, "times": times} if step_s else {}),
    }


def explanation_lines(found: Explanation) -> Iterator[str]:
    """How one alternative is looked for."""
    yield f"MATCH   {visible(found.match) or '(nothing is asked of the word index)'}"
    if found.trigrams:
        yield f"PATHS   {visible(found.trigrams)}"
    yield f"SQL     {found.sql}"
    yield f"VALUES  {', '.join(visible(str(value)) for value in found.parameters)}"
    yield f"RANGES  {', '.join(f'{low}-{high}' for low, high in found.ranges)}"
    for step in found.plan:
        yield f"PLAN    {visible(step)}"


def explanation_record(found: Explanation) -> Mapping[str, Any]:
    """The same as a JSON object."""
    return {
        "match": found.match,
        "paths": found.trigrams,
        "sql": found.sql,
        "values": list(found.parameters),
        "ranges": [list(each) for each in found.ranges],
        "plan": list(found.plan),
    }


def caret_lines(query: str, column: int) -> tuple[str, str]:
    """The query, and a caret under the column (from 1) where it cannot be read."""
    before = visible(query[: column - 1])
    width = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in before)
    return f"  {visible(query)}", f"  {' ' * width}^"


def _bars(times: Counter[float], step_s: float) -> Iterator[str]:
    if not times:
        return
    most = max(times.values())
    for start in sorted(times)[-MOST_BARS:]:
        name = iso(start)[: 10 if step_s >= 86_400 else 16]
        yield f"{name}  {times[start]:>9}  {'#' * max(1, round(times[start] / most * _WIDTH))}"
    if len(times) > MOST_BARS:
        yield f"and {len(times) - MOST_BARS} earlier"
