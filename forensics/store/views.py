"""The read-only views through which people ask the log in SQL, and the statements that make them.

Their columns are a promise: `sqlite-utils`, datasette and the reader use them. Each is made of the shapes, so that no
field can be missing in one and present in the other.
"""

from __future__ import annotations

from collections.abc import Sequence

from forensics.store.shapes import ACT, ARTIFACT, GAP, MATCH, OBSERVATION, OPAQUE, VERSIONS

_ELSEWHERE = frozenset({"shape", "versions", "artifacts", "matches", "alert", "kept", "suppressed"})
_EMPTY = {
    "programme": "''",
    "why": "'[]'",
    "category": "''",
    "technique": "''",
    "query_start_s": "0.0",
    "clip_start_s": "0.0",
    "duration_s": "0.0",
    "speed": "1.0",
    "sound": "''",
    "kept": "'[]'",
    "suppressed": "''",
    "reason": "''",
    "facts": "'{}'",
}


def field(fields: Sequence[str], name: str, body: str = "e.body") -> str:
    """The SQL expression for one field of a body."""
    found = f"json_extract({body}, '$[{fields.index(name)}]')"
    return f"coalesce({found}, {_EMPTY[name]})" if name in _EMPTY else found


def columns(fields: Sequence[str], body: str = "e.body", *, without: frozenset[str] = _ELSEWHERE) -> str:
    """The SQL columns for the fields of a body, by their names."""
    return ", ".join(f'{field(fields, name, body)} AS "{name}"' for name in fields if name not in without)


VIEWS: tuple[tuple[str, str], ...] = (
    (
        "observations",
        f"SELECT e.id, e.log, l.agent, l.epoch, e.seq, lower(hex(e.key)) AS key, {columns(OBSERVATION)},"
        f" {field(OBSERVATION, 'kept')} AS kept, {field(OBSERVATION, 'suppressed')} AS suppressed,"
        f" {field(OBSERVATION, 'versions')} AS versions,"
        " a.id AS alert, a.incident, a.severity, a.title, a.state, a.owner"
        " FROM entries e CROSS JOIN logs l ON l.id = e.log LEFT JOIN alerts a ON a.entry = e.id"
        " WHERE e.kind = 'O'",
    ),
    (
        "artifacts",
        f"SELECT e.id AS observation, {columns(ARTIFACT, 'r.value')} FROM entries e,"
        f" json_each(e.body, '$[{OBSERVATION.index('artifacts')}]') r WHERE e.kind = 'O'",
    ),
    (
        "matches",
        f"SELECT e.id AS observation, {columns(MATCH, 'm.value')} FROM entries e,"
        f" json_each(e.body, '$[{OBSERVATION.index('matches')}]') m WHERE e.kind = 'O'",
    ),
    (
        "alert_list",
        "SELECT alert AS id, incident, id AS observation, time, severity, title, reason, state, owner, channel, name,"
        " host, user, process, source, destination, items, agent, epoch, seq FROM observations"
        " WHERE alert IS NOT NULL",
    ),
    (
        "match_list",
        "SELECT m.*, o.time, o.channel, o.alert, r.path, r.media_type, r.sha256, r.outcome"
        " FROM matches m JOIN observations o ON o.id = m.observation"
        " LEFT JOIN artifacts r ON r.observation = m.observation AND r.number = m.artifact",
    ),
    (
        "gaps",
        f"SELECT e.id, l.agent, l.epoch, e.seq, {columns(GAP)} FROM entries e CROSS JOIN logs l ON l.id = e.log"
        " WHERE e.kind = 'G'",
    ),
    (
        "opaque",
        f"SELECT e.id, l.agent, l.epoch, e.seq, {columns(OPAQUE)} FROM entries e CROSS JOIN logs l ON l.id = e.log"
        " WHERE e.kind = 'Q'",
    ),
    (
        "versions",
        f"SELECT e.id, e.log, e.seq, {columns(VERSIONS)} FROM entries e WHERE e.kind = 'V'",
    ),
    (
        "acts",
        f"SELECT e.id, l.agent, l.epoch, e.seq, {columns(ACT)}, lower(hex(e.digest)) AS digest"
        " FROM entries e CROSS JOIN logs l ON l.id = e.log WHERE e.kind = 'C'",
    ),
    (
        "custody",
        "SELECT id, time, actor, action, subject, detail, digest FROM acts UNION ALL"
        f" SELECT e.id, {field(OBSERVATION, 'recorded')}, {field(VERSIONS, 'actor', 'v.body')}, 'record', 'O' || e.id,"
        " iif(a.id IS NULL, 'sighting', 'alert A' || a.id || ' in incident I' || a.incident), lower(hex(e.digest))"
        f" FROM entries e LEFT JOIN entries v ON v.log = e.log AND v.seq = {field(OBSERVATION, 'versions')}"
        " LEFT JOIN alerts a ON a.entry = e.id WHERE e.kind = 'O' UNION ALL"
        f" SELECT e.id, {field(GAP, 'recorded')}, {field(GAP, 'sensor')}, 'gap', 'G' || e.id, {field(GAP, 'cause')},"
        " lower(hex(e.digest)) FROM entries e WHERE e.kind = 'G' UNION ALL"
        f" SELECT e.id, {field(OPAQUE, 'recorded')}, 'network', 'opaque', 'Q' || e.id, {field(OPAQUE, 'protocol')},"
        " lower(hex(e.digest)) FROM entries e WHERE e.kind = 'Q'",
    ),
)
INDEXES: tuple[str, ...] = (
    f"CREATE INDEX entries_gaps ON entries({field(GAP, 'start', 'body')}) WHERE kind = 'G'",
    f"CREATE INDEX entries_opaque ON entries({field(OPAQUE, 'start', 'body')}) WHERE kind = 'Q'",
    f"CREATE INDEX entries_acts ON entries({field(ACT, 'about', 'body')}) WHERE kind = 'C'",
    "CREATE INDEX entries_versions ON entries(log, seq) WHERE kind = 'V'",
)
