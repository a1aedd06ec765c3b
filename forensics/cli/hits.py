"""Search hits in the formats of `earwitness search`: for people, as JSON lines, as CSV and for Timesketch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from forensics.cli.dossier import hit_lines
from forensics.cli.records import hit_id, hit_record
from forensics.reports.records import iso
from forensics.reports.tables import csv_lines
from forensics.store.rows import SearchHit

COLUMNS = ("id", "time", "severity", "state", "channel", "user", "host", "destination", "name", "title", "passage")


def table(hits: Iterable[SearchHit]) -> Iterator[str]:
    """Lines for people."""
    for hit in hits:
        yield from hit_lines(hit)


def jsonl(hits: Iterable[SearchHit]) -> Iterator[str]:
    """One JSON object a line, in ASCII."""
    for hit in hits:
        yield json.dumps(hit_record(hit))


def csv(hits: Iterable[SearchHit]) -> Iterator[str]:
    """A table that no spreadsheet takes for formulas."""
    for line in csv_lines(COLUMNS, (_cells(hit) for hit in hits)):
        yield line.rstrip("\r\n")


def timesketch(hits: Iterable[SearchHit]) -> Iterator[str]:
    """JSON lines with the three fields that Timesketch wants of each: message, datetime, timestamp_desc."""
    for hit in hits:
        subject = f"{hit.user or 'unknown user'} on {hit.host or 'unknown host'}"
        message = f"{hit.severity.value}: {hit.title} [{hit.name}] by {hit.channel}, {subject}"
        stamp = {"message": message, "datetime": iso(hit.time), "timestamp_desc": f"{hit.kind.capitalize()} seen"}
        rest = {name: value for name, value in hit_record(hit).items() if name != "time"}
        yield json.dumps({**stamp, **rest})


FORMATS: Mapping[str, Callable[[Iterable[SearchHit]], Iterator[str]]] = {
    "table": table,
    "jsonl": jsonl,
    "csv": csv,
    "timesketch": timesketch,
}


def _cells(hit: SearchHit) -> list[Any]:
    return [
        hit_id(hit),
        iso(hit.time),
        hit.severity.value,
        hit.state,
        hit.channel,
        hit.user,
        hit.host,
        hit.destination,
        hit.name,
        hit.title,
        hit.snippet,
    ]
