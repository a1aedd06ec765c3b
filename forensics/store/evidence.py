"""The digest of evidence rows that custody entries carry: over the columns as they are stored, read back from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forensics.database import Connection
from forensics.store.canonical import canonical, digest_of

SHAPE = "1"
"""Names the column lists below, so that a later schema can still check what an earlier one recorded."""
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
_MATCHES = (
    "SELECT number, artifact, rule, matcher, item, package, score, accepted, severity, title, category, technique,"
    " query_start_s, clip_start_s, duration_s, speed, why FROM matches WHERE observation = ? ORDER BY number"
)
_ALERT = (
    "SELECT e.agent, e.epoch, a.seq, a.severity, a.title, a.reason FROM alerts a JOIN epochs e ON e.id = a.epoch"
    " WHERE a.observation = ?"
)
_GAP = (
    'SELECT e.agent, e.epoch, g.seq, g.recorded, g.sensor, g.channel, g.start, g."end", g.cause, g.size, g.unit,'
    " g.detail FROM gaps g JOIN epochs e ON e.id = g.epoch WHERE g.id = ?"
)


def of_observation(connection: Connection, id: int) -> str | None:
    """The digest over an observation with its artifacts, matches and alert; None when it is not there."""
    return _digest(connection, id, (_OBSERVATION, _ARTIFACTS, _MATCHES, _ALERT))


def of_gap(connection: Connection, id: int) -> str | None:
    """The digest over a gap; None when it is not there."""
    return _digest(connection, id, (_GAP,))


def _digest(connection: Connection, id: int, queries: Sequence[str]) -> str | None:
    parts: list[list[list[Any]]] = []
    for sql in queries:
        parts.append([list(row) for row in connection.execute(sql, (id,))])
    if not parts[0]:
        return None
    try:
        return f"{SHAPE}:{digest_of(canonical(parts))}"
    except (ValueError, TypeError):
        return f"{SHAPE}:"  # values no writer stores have no digest
