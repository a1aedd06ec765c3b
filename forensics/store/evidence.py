"""The digest of evidence rows that custody entries carry: over the columns as they are stored, read back from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forensics.database import Connection
from forensics.store.canonical import canonical, digest_of

SHAPE = "2"
"""Names the columns a digest is over, so that what an earlier schema recorded can still be checked."""
_OBSERVATION = (
    "SELECT e.agent, e.epoch, o.seq, o.key, o.recorded, o.time, o.channel, o.direction, o.is_leaving, o.name,"
    " o.source, o.destination, o.host, o.user, o.process, o.pid, o.method, o.sensor, o.capture, o.missing,"
    " o.artifact_count, o.match_count, o.reason, o.items, v.engine, v.rules, v.register FROM observations o"
    " JOIN epochs e ON e.id = o.epoch JOIN versions v ON v.id = o.versions WHERE o.id = ?"
)
_ARTIFACTS = (
    "SELECT number, parent, path, media_type, size, sha256, outcome, reason, facts FROM artifacts"
    " WHERE observation = ? ORDER BY number"
)
_MATCH = (
    "number, artifact, rule, matcher, item, package, score, accepted, severity, title, category, technique,"
    " query_start_s, clip_start_s, duration_s, speed, why"
)
_MATCHES: Mapping[str, str] = {
    "1": f"SELECT {_MATCH} FROM matches WHERE observation = ? AND programme = '' AND sound = '' ORDER BY number",
    "2": f"SELECT {_MATCH}, programme, sound FROM matches WHERE observation = ? ORDER BY number",
}
"""By shape; what the first one did not know must not have been added since."""
_ALERT = (
    "SELECT e.agent, e.epoch, a.seq, a.severity, a.title, a.reason FROM alerts a JOIN epochs e ON e.id = a.epoch"
    " WHERE a.observation = ?"
)
_GAP = (
    'SELECT e.agent, e.epoch, g.seq, g.recorded, g.sensor, g.channel, g.start, g."end", g.cause, g.size, g.unit,'
    " g.detail FROM gaps g JOIN epochs e ON e.id = g.epoch WHERE g.id = ?"
)
_OPAQUE = (
    'SELECT e.agent, e.epoch, q.seq, q.recorded, q.flow, q.start, q."end", q.protocol, q.name, q.source, q.destination,'
    " q.up, q.down, q.host, q.user, q.process, q.pid, q.method, q.facts"
    " FROM opaque q JOIN epochs e ON e.id = q.epoch WHERE q.id = ?"
)


def shape_of(digest: str) -> str:
    """The shape a digest was taken in; the present one where it names none that is known."""
    shape = digest.partition(":")[0]
    return shape if shape in _MATCHES else SHAPE


def of_observation(connection: Connection, id: int, shape: str = SHAPE) -> str | None:
    """The digest over an observation with its artifacts, matches and alert; None when it is not there."""
    return _digest(connection, id, shape, (_OBSERVATION, _ARTIFACTS, _MATCHES[shape], _ALERT))


def of_gap(connection: Connection, id: int, shape: str = SHAPE) -> str | None:
    """The digest over a gap; None when it is not there."""
    return _digest(connection, id, shape, (_GAP,))


def of_opaque(connection: Connection, id: int, shape: str = SHAPE) -> str | None:
    """The digest over a connection that was not read; None when it is not there."""
    return _digest(connection, id, shape, (_OPAQUE,))


def _digest(connection: Connection, id: int, shape: str, queries: Sequence[str]) -> str | None:
    parts: list[list[list[Any]]] = []
    for sql in queries:
        parts.append([list(row) for row in connection.execute(sql, (id,))])
    if not parts[0]:
        return None
    try:
        return f"{shape}:{digest_of(canonical(parts))}"
    except (ValueError, TypeError):
        return f"{shape}:"  # values no writer stores have no digest
