"""The questions people ask of the evidence; one function each, over a read-only connection.

Every function answers with a few short statements (a long reader keeps the write-ahead log from being folded back)
and raises StoreError when the database fails or the connection was interrupted. Lists are paged by id, incidents
by the id of their newest alert.
"""

from __future__ import annotations

import json
import math
import time as clock
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from forensics.database import Connection, Row
from forensics.errors import StoreError
from forensics.lineage.tree import ancestry
from forensics.model import AlertState
from forensics.store import convert, details, issued, parts, people, runs, schema, subjects, waiting
from forensics.store import lineage as descent
from forensics.store import search as language
from forensics.store.access import fetch_all, fetch_each, fetch_one, marks, question, stoppable
from forensics.store.rows import (
    AlertDetail,
    AlertRow,
    Counts,
    CustodyRow,
    GapRow,
    IncidentDetail,
    IncidentRow,
    Lineage,
    ObservationDetail,
    OpaqueRow,
    SearchHit,
    SensorRow,
    SightingRow,
)
from forensics.store.snippets import snippets
from forensics.store.texts import restored, restored_integer, stored

GAPS_AROUND_S = 900.0
"""How far from an alert's time a gap still belongs to its story."""
_DAY_S = 86_400.0
Numbers = tuple[int, int, int, int, int]
"""A file's device, inode, size, mtime and ctime, the last two in nanoseconds."""


def open_reader(folder: Path) -> Connection:
    """Open the store in `folder` read-only. Raises StoreError when there is none or it is something else.

    The register beside it, when there is one, is attached so that `recipient:` and `programme:` can be asked for.
    """
    connection = schema.open_readable(folder)
    issued.attach(connection, folder)
    parts.define(connection)
    people.define(connection, folder)
    return connection


@question
def data_version(connection: Connection) -> int:
    """A number that changes when another connection has written; cheap enough to ask several times a second."""
    row = fetch_one(connection, "PRAGMA data_version")
    return int(row[0]) if row else 0


@question
def queue(
    connection: Connection,
    *,
    state: AlertState | None = None,
    query: str = "",
    before_id: int | None = None,
    after_id: int | None = None,
    limit: int = 200,
) -> tuple[AlertRow, ...]:
    """Alerts, newest first; `after_id` alone still gives the newest ones above it. Raises QueryError, StoreError."""
    compiled = language.compile_query(query, issued.known(connection))
    if state is not None:
        compiled = compiled.in_state(state.value)
    bounds = language.Bounds(
        limit=limit,
        is_alerts=True,
        after_id=0 if after_id is None else _entry(connection, after_id, "<=", "DESC", 0),
        before_id=language.MOST if before_id is None else _entry(connection, before_id, ">=", "ASC", language.MOST),
    )
    return tuple(convert.alert_row(row) for row in runs.rows(connection, compiled, bounds))


@question
def closed(connection: Connection) -> dict[int, str]:
    """How each closed alert was closed: its number and one of CLOSE_REASONS."""
    rows = fetch_all(connection, "SELECT id, reason FROM alerts WHERE state = 'closed'")
    return {row["id"]: restored(row["reason"]) for row in rows}


@question
def latest_act(connection: Connection, *actions: str) -> CustodyRow | None:
    """The last act of one of these kinds, or None."""
    sql = f"SELECT * FROM custody WHERE id = (SELECT max(id) FROM acts WHERE action IN ({marks(len(actions))}))"
    row = fetch_one(connection, sql, [*actions])
    return None if row is None else convert.custody_row(row)


def _entry(connection: Connection, alert: int, comparison: str, order: str, otherwise: int) -> int:
    """The row id of the entry of an alert, or of the nearest one on that side."""
    sql = f"SELECT entry FROM alerts WHERE id {comparison} ? ORDER BY id {order} LIMIT 1"
    row = fetch_one(connection, sql, [alert])
    return otherwise if row is None else int(row[0])


@question
def incidents(
    connection: Connection,
    *,
    state: AlertState | None = None,
    among: Collection[int] | None = None,
    before_alert: int | None = None,
    limit: int = 200,
) -> tuple[IncidentRow, ...]:
    """Incidents, the one with the newest alert first; paged by `latest_alert`. `among` are ids, a thousand at most."""
    where = ["i.alert_count > 0"]
    parameters: list[str | int] = []
    if state is not None:
        where.append("i.state = ?")
        parameters.append(state.value)
    if among is not None:
        where.append(f"i.id IN ({marks(len(among))})")
        parameters.extend(among)
    if before_alert is not None:
        where.append("i.latest < ?")
        parameters.append(before_alert)
    sql = f"SELECT i.* FROM incidents i WHERE {' AND '.join(where)} ORDER BY i.latest DESC LIMIT ?"
    return details.incident_rows(connection, fetch_all(connection, sql, [*parameters, limit]))


@question
def alert_detail(connection: Connection, id: int) -> AlertDetail | None:
    """Everything on one alert, or None when there is no such alert."""
    sql = f"{details.SIGHTING} WHERE o.id = (SELECT entry FROM alerts WHERE id = ?)"
    row = fetch_one(connection, sql, [id])
    if row is None:
        return None
    observation = observation_detail(connection, row["id"])
    incident = details.incident(connection, row["incident"])
    if observation is None or incident is None:
        raise StoreError(f"alert A{id} has lost its observation or incident; the evidence store is damaged")
    return AlertDetail(
        alert=convert.alert_row(row),
        incident=incident,
        artifacts=observation.artifacts,
        matches=observation.matches,
        missing_ranges=observation.missing_ranges,
        versions=observation.versions,
        custody=custody(connection, f"A{id}", f"O{row['id']}", *(f"sha256:{each}" for each in json.loads(row["kept"]))),
        gaps=observation.gaps,
    )


@question
def observation_detail(connection: Connection, id: int) -> ObservationDetail | None:
    """Everything on one kept observation, or None when there is no such observation."""
    row = fetch_one(connection, f"{details.SIGHTING} WHERE o.id = ?", [id])
    if row is None:
        return None
    around = gaps(connection, since=row["time"] - GAPS_AROUND_S, until=row["time"] + GAPS_AROUND_S, limit=50)
    return ObservationDetail(
        sighting=convert.sighting_row(row),
        artifacts=details.artifacts(connection, id),
        matches=details.matches(connection, id),
        missing_ranges=convert.range_list(row["missing"]),
        versions=details.versions(connection, row["log"], row["versions"]),
        custody=custody(connection, f"O{id}"),
        gaps=around,
    )


@question
def incident_detail(connection: Connection, id: int) -> IncidentDetail | None:
    """One incident with its alerts and the sightings of the same items around it, or None."""
    incident = details.incident(connection, id)
    if incident is None:
        return None
    sql = f"{details.SIGHTING} WHERE o.id IN (SELECT entry FROM alerts WHERE incident = ?) ORDER BY o.alert LIMIT 1000"
    alerts = tuple(convert.alert_row(row) for row in fetch_all(connection, sql, [id]))
    return IncidentDetail(
        incident=incident,
        alerts=alerts,
        sightings=details.related(connection, incident),
        custody=custody(connection, f"I{id}"),
    )


@question
def lineage(connection: Connection, id: int, *, alert: int | None = None) -> Lineage | None:
    """How the content of an incident went from sighting to sighting, alerted on or not; None without the incident.

    With `alert`, only what led to that one of its alerts.
    """
    incident = details.incident(connection, id)
    if incident is None:
        return None
    alerts = fetch_all(connection, "SELECT entry FROM alerts WHERE incident = ?", [id])
    related = details.related(connection, incident)
    known = descent.lineage(connection, [*(row["entry"] for row in alerts), *(seen.id for seen in related)])
    if alert is None:
        return known
    sightings, edges = ancestry(known.sightings, known.edges, f"A{alert}")
    return replace(known, sightings=sightings, edges=edges)


@question
def gaps(
    connection: Connection, *, since: float = 0.0, until: float = math.inf, limit: int = 200
) -> tuple[GapRow, ...]:
    """Gaps that touch the interval, newest first."""
    sql = 'SELECT * FROM gaps WHERE start <= ? AND "end" >= ? ORDER BY start DESC, id DESC LIMIT ?'
    return tuple(convert.gap_row(row) for row in fetch_all(connection, sql, [until, since, limit]))


@question
def gap(connection: Connection, id: int) -> GapRow | None:
    """One gap, or None."""
    row = fetch_one(connection, "SELECT * FROM gaps WHERE id = ?", [id])
    return convert.gap_row(row) if row is not None else None


@question
def opaque(
    connection: Connection, *, words: Sequence[str] = (), since: float = 0.0, until: float = math.inf, limit: int = 200
) -> tuple[OpaqueRow, ...]:
    """Connections that were not read and hold every word in a name, an address, a user or a process; newest first."""
    where = "".join(" AND instr(lower(name || ' ' || destination || ' ' || user || ' ' || process), ?)" for _ in words)
    sql = f'SELECT * FROM opaque WHERE "end" >= ? AND start <= ?{where} ORDER BY start DESC, id DESC LIMIT ?'
    values = [since, until, *(stored(word).lower() for word in words), limit]
    return tuple(convert.opaque_row(row) for row in fetch_all(connection, sql, values))


@question
def opaque_around(connection: Connection, seen: AlertRow | SightingRow) -> tuple[OpaqueRow, ...]:
    """Connections of the same user that were not read, within some minutes of what was seen; newest first."""
    if not seen.user:
        return ()
    since, until = seen.time - GAPS_AROUND_S, seen.time + GAPS_AROUND_S
    found = opaque(connection, words=[seen.user], since=since, until=until, limit=50)
    return tuple(row for row in found if row.user == seen.user)


@question
def opaque_flow(connection: Connection, id: int) -> OpaqueRow | None:
    """One connection that was not read, or None."""
    row = fetch_one(connection, "SELECT * FROM opaque WHERE id = ?", [id])
    return convert.opaque_row(row) if row is not None else None


@question
def sensors(connection: Connection) -> tuple[SensorRow, ...]:
    """The last heartbeat of every sensor, by name."""
    sql = (
        "SELECT sensor, kind, state, last AS time, after AS counters, detail, is_open FROM watches"
        " WHERE id IN (SELECT max(id) FROM watches GROUP BY sensor) ORDER BY sensor"
    )
    return tuple(convert.sensor_row(row) for row in fetch_all(connection, sql))


@question
def counts(connection: Connection, *, now: float | None = None) -> Counts:
    """The numbers of the status bar; `now` is the present unless given."""
    day_ago = (clock.time() if now is None else now) - _DAY_S
    row = fetch_one(connection, 'SELECT count(*) FROM gaps WHERE "end" >= ?', [day_ago])
    gaps = int(row[0]) if row else 0
    alerts, incidents, objects = waiting.counts(connection)
    return Counts(new_alerts=alerts, open_incidents=incidents, gaps_last_day=gaps, observations=objects)


@question
def search(
    connection: Connection,
    query: str,
    *,
    limit: int = 50,
    before_id: int | None = None,
    is_over: Callable[[], bool] | None = None,
) -> tuple[SearchHit, ...]:
    """Alerts and sightings that fit the query, newest first, the next page from the row id of the last one on.

    Raises QueryError with the column; StoreError, also when `is_over` said that it is time to stop.
    """
    compiled = language.compile_query(query, issued.known(connection))
    bounds = language.Bounds(limit=limit, before_id=language.MOST if before_id is None else before_id)
    with stoppable(connection, is_over):
        return snippets(connection, runs.rows(connection, compiled, bounds), compiled.words)


@question
def row_id(connection: Connection, name: str) -> int | None:
    """The row id of an alert or observation as `search` names it (`A12`, `O57`), or None when it is neither."""
    letter, number = name[:1].upper(), name[1:]
    if letter not in "AO" or not number.isdecimal() or len(number) > 18:
        return None
    if letter == "O":
        return int(number)
    row = fetch_one(connection, "SELECT entry FROM alerts WHERE id = ?", [int(number)])
    return None if row is None else int(row["entry"])


@question
def custody(connection: Connection, *names: str) -> tuple[CustodyRow, ...]:
    """What was recorded of these subjects (`A12`, `O5`, `I3`) and done with them, oldest first, the last 500."""
    about = [subjects.resolve(connection, stored(subject)) for subject in names]
    entries = [int(name[1:]) for name in names if name[:1] in "OGQ" and name[1:].isdecimal()]
    sql = (
        f"SELECT * FROM custody WHERE id IN ({marks(len(entries))}) OR id IN"
        f" (SELECT id FROM acts WHERE about IN ({marks(len(about))}) ORDER BY id DESC LIMIT 500) ORDER BY id"
    )
    return tuple(convert.custody_row(row) for row in fetch_all(connection, sql, [*entries, *about]))


@question
def log_page(
    connection: Connection, *, before: int | None = None, limit: int = 200, is_acts_only: bool = False
) -> tuple[CustodyRow, ...]:
    """Entries of the log, newest first, those below the id `before`; all of them, or what people and programs did."""
    top = language.MOST if before is None else before
    kind = "INDEXED BY entries_acts WHERE kind = 'C' AND" if is_acts_only else "WHERE"
    ids = fetch_all(connection, f"SELECT id FROM entries {kind} id < ? ORDER BY id DESC LIMIT ?", [top, limit])
    if not ids:
        return ()
    if is_acts_only:
        sql = f"SELECT * FROM acts WHERE id IN ({marks(len(ids))}) ORDER BY id DESC"
        rows = fetch_all(connection, sql, [row["id"] for row in ids])
    else:
        sql = "SELECT * FROM custody WHERE id BETWEEN ? AND ? ORDER BY id DESC"
        rows = fetch_all(connection, sql, [ids[-1]["id"], ids[0]["id"]])
    return tuple(convert.custody_row(row) for row in rows)


@question
def deeds(
    connection: Connection, action: str, *, before: int | None = None, limit: int = 200
) -> tuple[CustodyRow, ...]:
    """The acts of one kind (`export`), newest first, those below the id `before`."""
    top = language.MOST if before is None else before
    sql = (
        "SELECT * FROM acts WHERE id IN (SELECT id FROM entries WHERE kind = 'C' AND id < ? AND instr(body, ?))"
        " AND action = ? ORDER BY id DESC LIMIT ?"
    )
    rows = fetch_all(connection, sql, [top, json.dumps(action), action, limit])
    return tuple(convert.custody_row(row) for row in rows)


@question
def observations_of(connection: Connection, digest: str, *, limit: int = 50) -> tuple[SightingRow, ...]:
    """Kept observations holding an artifact whose SHA-256 begins with `digest` (lower-case hex), newest first."""
    compiled = language.compile_query(f"sha256:{digest}")
    rows = runs.rows(connection, compiled, language.Bounds(limit=limit))
    return tuple(convert.sighting_row(row) for row in rows)


@question
def kept_content(connection: Connection, sha256: str) -> str | None:
    """Where the kept bytes of a digest lie, relative to the store's folder, or None when they were not kept."""
    row = fetch_one(connection, "SELECT path FROM content WHERE sha256 = ?", [stored(sha256)])
    return str(row["path"]) if row is not None else None


def ledger(connection: Connection, root: str) -> Iterator[tuple[str, Numbers]]:
    """What is known of the files under a root, one by one, for there may be millions: path and numbers when read."""
    sql = "SELECT path, dev, ino, size, mtime_ns, ctime_ns FROM ledger WHERE root = ?"
    for row in fetch_each(connection, sql, [stored(root)]):
        yield _known(row)


@question
def _known(row: Row) -> tuple[str, Numbers]:
    path, device, inode, size, mtime_ns, ctime_ns = row
    return restored(path), (restored_integer(device), restored_integer(inode), size, mtime_ns, ctime_ns)
