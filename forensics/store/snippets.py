"""Search hits with the passage that shows why they were found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from forensics.database import Connection, Row
from forensics.model import Severity
from forensics.store.access import fetch_all
from forensics.store.rows import SearchHit
from forensics.store.texts import restored

WIDTH = 120


def snippets(connection: Connection, rows: Sequence[Row], words: Sequence[str]) -> tuple[SearchHit, ...]:
    """One hit per row of `search.statement`."""
    return tuple(_hit(connection, row, words) for row in rows)


def _hit(connection: Connection, row: Row, words: Sequence[str]) -> SearchHit:
    sql = "SELECT * FROM matches WHERE observation = ? AND accepted ORDER BY number LIMIT 20"
    matches = fetch_all(connection, sql, [row["id"]])
    is_alert = row["alert"] is not None
    severities = [Severity(match["severity"]) for match in matches]
    severity = Severity(row["severity"]) if is_alert else max(severities, key=_rank, default=Severity.INFO)
    return SearchHit(
        kind="alert" if is_alert else "sighting",
        id=row["alert"] if is_alert else row["id"],
        time=row["time"],
        severity=severity,
        channel=row["channel"],
        title=restored(row["title"] if is_alert else row["reason"]),
        name=restored(row["name"]),
        snippet=_passage(_passages(connection, row, matches), words),
        state=row["state"] or "",
        host=restored(row["host"]),
        user=restored(row["user"]),
        destination=restored(row["destination"]),
    )


def _passages(connection: Connection, row: Row, matches: Sequence[Row]) -> Iterator[str]:
    """What a hit may be shown by, the most telling first."""
    for match in matches:
        for _, label, _, _, text in json.loads(match["why"]):
            yield restored(f"{label}: {text}" if label and text else text or label)
    yield restored(row["reason"])
    for match in matches:
        yield restored(match["title"])
    sql = "SELECT path FROM artifacts WHERE observation = ? ORDER BY number LIMIT 200"
    for artifact in fetch_all(connection, sql, [row["id"]]):
        yield " » ".join(restored(part) for part in json.loads(artifact["path"]))


def _passage(passages: Iterator[str], words: Sequence[str]) -> str:
    first = ""
    for text in passages:
        first = first or text
        folded = text.casefold()
        places = [place for word in words if (place := folded.find(word)) >= 0]
        if places:
            return _around(text, min(places))
    return _around(first, 0)


def _around(text: str, place: int) -> str:
    start = max(0, min(place - WIDTH // 3, len(text) - WIDTH))
    end = start + WIDTH
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _rank(severity: Severity) -> int:
    return severity.rank
