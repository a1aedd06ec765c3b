"""The parts that details are put together from."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.database import Connection, Row
from forensics.model import Versions
from forensics.store import convert
from forensics.store.access import fetch_all, fetch_one
from forensics.store.rows import ArtifactRow, IncidentRow, MatchRow, SightingRow
from forensics.store.shapes import GENERATION
from forensics.store.tags import tag
from forensics.store.texts import restored, stored

SIGHTING = "SELECT o.* FROM observations o"
MAX_ITEMS = 100


def incident(connection: Connection, id: int) -> IncidentRow | None:
    """One incident, or None."""
    sql = "SELECT * FROM incidents WHERE id = ?"
    rows = incident_rows(connection, fetch_all(connection, sql, [id]))
    return rows[0] if rows else None


def incident_rows(connection: Connection, rows: Sequence[Row]) -> tuple[IncidentRow, ...]:
    """Incidents with their first MAX_ITEMS items."""
    return tuple(convert.incident_row(row, _items(connection, row["id"])) for row in rows)


def _items(connection: Connection, incident: int) -> tuple[str, ...]:
    sql = "SELECT item FROM incident_items WHERE incident = ? ORDER BY rank LIMIT ?"
    return tuple(restored(row["item"]) for row in fetch_all(connection, sql, [incident, MAX_ITEMS]))


def artifacts(connection: Connection, observation: int) -> tuple[ArtifactRow, ...]:
    """The container tree, by number."""
    sql = (
        "SELECT r.*, EXISTS (SELECT 1 FROM content c WHERE c.sha256 = r.sha256) AS is_kept"
        " FROM artifacts r WHERE observation = ? ORDER BY number"
    )
    return tuple(convert.artifact_row(row) for row in fetch_all(connection, sql, [observation]))


def matches(connection: Connection, observation: int) -> tuple[MatchRow, ...]:
    """What matched, accepted ones first."""
    sql = "SELECT * FROM matches WHERE observation = ? ORDER BY accepted DESC, number"
    return tuple(convert.match_row(row) for row in fetch_all(connection, sql, [observation]))


def versions(connection: Connection, log: int, seq: int) -> Versions:
    """What engine, rules and register made a verdict."""
    sql = "SELECT engine, rules, register FROM versions WHERE log = ? AND seq = ?"
    row = fetch_one(connection, sql, [log, seq])
    if row is None:
        return Versions()
    rules, _, number = row[1].partition(GENERATION)
    generation = int(number) if number.isascii() and number.isdigit() else 0
    return Versions(engine=row[0], rules=rules, index=row[2], generation=generation)


def related(connection: Connection, incident: IncidentRow) -> tuple[SightingRow, ...]:
    """Sightings on the same host, without an alert, of the incident's clips, texts or digests; oldest first."""
    clips = [item.removeprefix("item:") for item in incident.items if item.startswith("item:")][:MAX_ITEMS]
    digests = [item.removeprefix("sha256:") for item in incident.items if item.startswith("sha256:")][:MAX_ITEMS]
    ties = [tag("sha256", digest) for digest in digests] + [tag("clip", stored(clip)) for clip in clips]
    if not ties:
        return ()
    host = f' AND "{tag("host", stored(incident.host))}"' if incident.host else ""
    match = "(" + " OR ".join(f'"{tie}"' for tie in ties) + f"){host}"
    sql = (
        f"{SIGHTING} WHERE o.id IN (SELECT rowid FROM evidence_fts WHERE evidence_fts MATCH ?)"
        " AND o.alert IS NULL AND o.host = ? ORDER BY o.id DESC LIMIT 200"
    )
    rows = fetch_all(connection, sql, [match, stored(incident.host)])
    return tuple(convert.sighting_row(row) for row in reversed(rows))
