"""The tables of the log and of what is made from it, as statements."""

from __future__ import annotations

import json

from forensics.store.shapes import SHAPES
from forensics.store.views import INDEXES, VIEWS

_OLD = ("observations", "artifacts", "matches", "incidents", "incident_items", "alerts", "gaps", "custody", "versions")
_INDEX = (
    "CREATE VIRTUAL TABLE evidence_fts USING fts5("
    "name, destination, words, tags, content='', contentless_delete=1, tokenize=\"unicode61 tokenchars '_'\")"
)
_TRIGRAMS = (
    "CREATE VIRTUAL TABLE path_trigrams USING fts5("
    "paths, content='', contentless_delete=1, detail=none, tokenize=\"trigram case_sensitive 1\")"
)
TABLES: tuple[str, ...] = (
    "DROP VIEW match_list",
    "DROP VIEW alert_list",
    "DROP TABLE evidence_fts",
    *(f"ALTER TABLE {name} RENAME TO old_{name}" for name in (*_OLD, "opaque")),
    """CREATE TABLE logs (
        id INTEGER PRIMARY KEY, agent TEXT NOT NULL, epoch INTEGER NOT NULL, started REAL NOT NULL,
        is_own INTEGER NOT NULL, size INTEGER NOT NULL, digest BLOB NOT NULL, frontier BLOB NOT NULL,
        UNIQUE (agent, epoch)) STRICT""",
    "CREATE UNIQUE INDEX logs_own ON logs(is_own) WHERE is_own",
    """CREATE TABLE entries (
        id INTEGER PRIMARY KEY, log INTEGER NOT NULL REFERENCES logs(id), seq INTEGER NOT NULL,
        kind TEXT NOT NULL, key BLOB, body TEXT NOT NULL, digest BLOB NOT NULL, UNIQUE (log, seq)) STRICT""",
    "CREATE UNIQUE INDEX entries_key ON entries(key, log) WHERE key IS NOT NULL",
    """CREATE TABLE incidents (
        id INTEGER PRIMARY KEY AUTOINCREMENT, log INTEGER NOT NULL REFERENCES logs(id), seq INTEGER NOT NULL,
        title TEXT NOT NULL, severity TEXT NOT NULL, first_time REAL NOT NULL, last_time REAL NOT NULL,
        host TEXT NOT NULL, user TEXT NOT NULL, alert_count INTEGER NOT NULL, channels TEXT NOT NULL,
        state TEXT NOT NULL, owner TEXT NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL,
        state_time REAL NOT NULL, UNIQUE (log, seq)) STRICT""",
    """CREATE TABLE incident_items (
        incident INTEGER NOT NULL REFERENCES incidents(id), rank INTEGER NOT NULL, item TEXT NOT NULL,
        PRIMARY KEY (incident, rank)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE alerts (
        id INTEGER PRIMARY KEY AUTOINCREMENT, entry INTEGER NOT NULL UNIQUE REFERENCES entries(id),
        incident INTEGER NOT NULL REFERENCES incidents(id), severity TEXT NOT NULL, title TEXT NOT NULL,
        state TEXT NOT NULL, owner TEXT NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL,
        state_time REAL NOT NULL) STRICT""",
    """CREATE TABLE heads (
        log INTEGER NOT NULL REFERENCES logs(id), size INTEGER NOT NULL, time REAL NOT NULL, note TEXT NOT NULL,
        PRIMARY KEY (log, size)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE witnessed (
        witness TEXT NOT NULL, log INTEGER NOT NULL REFERENCES logs(id), size INTEGER NOT NULL, time REAL NOT NULL,
        PRIMARY KEY (witness, log)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE stamps (
        log INTEGER NOT NULL REFERENCES logs(id), size INTEGER NOT NULL, time REAL NOT NULL, authority TEXT NOT NULL,
        answer BLOB NOT NULL, PRIMARY KEY (log, size, authority)) STRICT""",
    """CREATE TABLE features (
        key BLOB NOT NULL, artifact INTEGER NOT NULL, start_s REAL NOT NULL, entry INTEGER, recorded REAL NOT NULL,
        time REAL NOT NULL, channel TEXT NOT NULL, host TEXT NOT NULL, user TEXT NOT NULL, name TEXT NOT NULL,
        destination TEXT NOT NULL, sha256 TEXT NOT NULL, codes BLOB NOT NULL, PRIMARY KEY (key, artifact, start_s))
        STRICT""",
    "CREATE INDEX features_recorded ON features(recorded)",
    """CREATE TABLE blocks (
        day INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (day, block)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE strays (
        day INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (day, id)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE saved_queries (
        name TEXT PRIMARY KEY, query TEXT NOT NULL, actor TEXT NOT NULL, time REAL NOT NULL)
        STRICT, WITHOUT ROWID""",
    """CREATE TABLE suppressions (
        id INTEGER PRIMARY KEY AUTOINCREMENT, log INTEGER NOT NULL REFERENCES logs(id), seq INTEGER NOT NULL,
        scope TEXT NOT NULL, until REAL NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL, made REAL NOT NULL,
        ended REAL, UNIQUE (log, seq)) STRICT""",
    "CREATE TABLE shapes (name TEXT PRIMARY KEY, fields TEXT NOT NULL) STRICT",
    *(f"INSERT INTO shapes VALUES ('{name}', '{json.dumps(list(fields))}')" for name, fields in SHAPES.items()),
    _INDEX,
    _TRIGRAMS,
)
"""What is there before the old rows are taken over."""
INDEXED: tuple[str, ...] = (
    *INDEXES,
    "CREATE INDEX incidents_state ON incidents(state, id)",
    "CREATE UNIQUE INDEX incident_items_item ON incident_items(item, incident)",
    "CREATE INDEX alerts_incident ON alerts(incident, id)",
    "CREATE INDEX alerts_state ON alerts(state, entry)",
    *(f"CREATE VIEW {name} AS {sql}" for name, sql in VIEWS),
)
WATCHES: tuple[str, ...] = (
    """CREATE TABLE watches (
        id INTEGER PRIMARY KEY, log INTEGER NOT NULL REFERENCES logs(id), sensor TEXT NOT NULL, kind TEXT NOT NULL,
        channels TEXT NOT NULL, "limit" TEXT NOT NULL, process TEXT NOT NULL, state TEXT NOT NULL,
        opened TEXT NOT NULL, first REAL NOT NULL, first_boot REAL NOT NULL, last REAL NOT NULL,
        last_boot REAL NOT NULL, beats INTEGER NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
        detail TEXT NOT NULL, told REAL NOT NULL, is_open INTEGER NOT NULL) STRICT""",
    "INSERT INTO watches SELECT NULL, l.id, sensor, kind, '[]', '', '', state, 'start', time, 0.0, time, 0.0, 1,"
    " counters, counters, detail, time, 1 FROM sensors, logs l WHERE l.is_own",
    "DROP TABLE sensors",
    "CREATE UNIQUE INDEX watches_open ON watches(sensor, process) WHERE is_open",
    "CREATE INDEX watches_sensor ON watches(sensor, id)",
    "CREATE VIEW sensors AS SELECT sensor, kind, state, last AS time, after AS counters, detail FROM watches w"
    " WHERE id = (SELECT max(id) FROM watches x WHERE x.sensor = w.sensor)",
)
"""Every unbroken run of a sensor in one state (`watches.py`), and the last heartbeat of each."""
CANARIES: tuple[str, ...] = (
    """CREATE TABLE canaries (
        id INTEGER PRIMARY KEY AUTOINCREMENT, log INTEGER NOT NULL REFERENCES logs(id), seq INTEGER NOT NULL,
        channel TEXT NOT NULL, sensor TEXT NOT NULL, destination TEXT NOT NULL, nonce TEXT NOT NULL,
        sha256 TEXT NOT NULL, sent REAL NOT NULL, due REAL NOT NULL, seal TEXT NOT NULL,
        seen REAL NOT NULL DEFAULT 0.0, "by" TEXT NOT NULL DEFAULT '', key TEXT NOT NULL DEFAULT '',
        lack TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
        ended REAL NOT NULL DEFAULT 0.0, UNIQUE (log, seq)) STRICT""",
    "CREATE INDEX canaries_sha256 ON canaries(sha256)",
    "CREATE INDEX canaries_under_way ON canaries(id) WHERE outcome = ''",
)
"""What the self-check sent and what became of it (`canaries.py`)."""
