"""Codes of speech that left, kept for a time where the configuration asks for it, so that later clips can be found.

They stand beside the log and are no evidence: what a hunt finds in them is to be confirmed by other means.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from forensics.database import Connection, Row
from forensics.model import Analysis
from forensics.store.access import fetch_each, fetch_one, question
from forensics.store.log import key_of
from forensics.store.pen import Pen
from forensics.store.texts import restored, stored, stored_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounding:
    """How one observation sounded: (artifact, start in seconds, codes as bytes); `entry` is its row id, or None.

    `time` is Unix seconds; names are as evidence would have them.
    """

    entry: int | None
    time: float
    channel: str
    host: str
    user: str
    name: str
    destination: str
    sha256: str
    codes: tuple[tuple[int, float, bytes], ...]


def keep(pen: Pen, analysis: Analysis, entry: int | None) -> None:
    """Keep the features of an analysis; inside the caller's transaction."""
    seen = analysis.observation
    values: dict[str, Any] = {
        "name": stored(seen.name),
        "destination": stored(seen.destination),
        "user": stored(seen.subject.user, 500),
    }
    pen.people.hide(values)
    about = (
        entry,
        stored_time(pen.clock()),
        stored_time(seen.time),
        stored(seen.channel, 100),
        stored(seen.subject.host, 500),
        values["user"],
        values["name"],
        values["destination"],
        analysis.artifacts[0].content.sha256,
    )
    key = key_of("F", stored(seen.key))
    pen.connection.executemany(
        "INSERT OR IGNORE INTO features VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(key, each.artifact, each.start_s, *about, each.codes) for each in analysis.features],
    )


def expire(pen: Pen, *, before: float) -> int:
    """Remove what was kept before that time (Unix seconds); how many rows. Inside the caller's transaction."""
    return int(pen.connection.execute("DELETE FROM features WHERE recorded < ?", [before]).rowcount)


def each(connection: Connection, *, since: float, until: float) -> Iterator[Sounding]:
    """What is kept of that time, observation by observation. Raises StoreError."""
    sql = "SELECT * FROM features WHERE time >= ? AND time < ? ORDER BY key, artifact, start_s"
    for _, some in groupby(fetch_each(connection, sql, [since, until]), key=lambda row: bytes(row["key"])):
        yield _sounding(list(some))


@question
def count(connection: Connection) -> int:
    """How many observations features are kept of."""
    row = fetch_one(connection, "SELECT count(DISTINCT key) FROM features")
    return int(row[0]) if row is not None else 0


def _sounding(rows: list[Row]) -> Sounding:
    row = rows[0]
    return Sounding(
        entry=row["entry"],
        time=row["time"],
        channel=restored(row["channel"]),
        host=restored(row["host"]),
        user=restored(row["user"]),
        name=restored(row["name"]),
        destination=restored(row["destination"]),
        sha256=row["sha256"],
        codes=tuple((each["artifact"], each["start_s"], bytes(each["codes"])) for each in rows),
    )
