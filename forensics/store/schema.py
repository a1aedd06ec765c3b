"""The tables of the evidence store, in versioned steps, and the check that a file is one.

All evidence is the log (`log.py`), which is only ever added to; its row ids rise with time. Every entry is keyed by
(agent, epoch, seq), an epoch being one life of one agent's store, so that the stores of many workstations can merge.
What is made from the log (alerts, incidents, the index) and what machines overwrite (heartbeats, ledger) stands apart;
`views.py` is how people ask for it in SQL.

Of what is clean and matches nothing only a tally per hour, channel and outcome remains (and, for files, the ledger):
no name, subject or digest of a person's own affairs is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from forensics.custody.keys import KEY_FILE
from forensics.database import Connection, open_reader, open_writer
from forensics.errors import StoreError
from forensics.store import activity, cases, waiting
from forensics.store.access import FAILURES, explain
from forensics.store.tables import CANARIES, INDEXED, TABLES, WATCHES
from forensics.store.takeover import LEFTOVERS, take_over

FILE_NAME = "evidence.sqlite"
LOST = (
    "the store that was here is gone or empty (its key is still here): bring it back, or `earwitness put-aside` begins"
    " a new one and says so"
)
APPLICATION_ID = 0x45575331  # "EWS1"
Step = str | Callable[[Connection], None]
"""A statement, or what needs more than one."""

_FIRST = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """CREATE TABLE epochs (
        id INTEGER PRIMARY KEY, agent TEXT NOT NULL, epoch INTEGER NOT NULL,
        started REAL NOT NULL, actor TEXT NOT NULL, process INTEGER NOT NULL, UNIQUE (agent, epoch)) STRICT""",
    """CREATE TABLE versions (
        id INTEGER PRIMARY KEY, engine TEXT NOT NULL, rules TEXT NOT NULL, register TEXT NOT NULL,
        UNIQUE (engine, rules, register)) STRICT""",
    """CREATE TABLE observations (
        id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL REFERENCES epochs(id), seq INTEGER NOT NULL,
        key TEXT NOT NULL UNIQUE, recorded REAL NOT NULL, time REAL NOT NULL,
        channel TEXT NOT NULL, direction TEXT NOT NULL, is_leaving INTEGER NOT NULL,
        name TEXT NOT NULL, source TEXT NOT NULL, destination TEXT NOT NULL,
        host TEXT NOT NULL, user TEXT NOT NULL, process TEXT NOT NULL, pid INTEGER NOT NULL, method TEXT NOT NULL,
        sensor TEXT NOT NULL, capture TEXT NOT NULL, missing TEXT NOT NULL,
        artifact_count INTEGER NOT NULL, match_count INTEGER NOT NULL,
        reason TEXT NOT NULL, items TEXT NOT NULL, versions INTEGER NOT NULL REFERENCES versions(id),
        UNIQUE (epoch, seq)) STRICT""",
    "CREATE INDEX observations_time ON observations(time)",
    """CREATE TABLE artifacts (
        id INTEGER PRIMARY KEY, observation INTEGER NOT NULL REFERENCES observations(id), number INTEGER NOT NULL,
        parent INTEGER, path TEXT NOT NULL, media_type TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
        outcome TEXT NOT NULL, reason TEXT NOT NULL, facts TEXT NOT NULL, UNIQUE (observation, number)) STRICT""",
    "CREATE INDEX artifacts_sha256 ON artifacts(sha256)",
    """CREATE TABLE matches (
        id INTEGER PRIMARY KEY, observation INTEGER NOT NULL REFERENCES observations(id), number INTEGER NOT NULL,
        artifact INTEGER NOT NULL, rule TEXT NOT NULL, matcher TEXT NOT NULL, item TEXT NOT NULL,
        package TEXT NOT NULL, score REAL NOT NULL, accepted INTEGER NOT NULL, severity TEXT NOT NULL,
        title TEXT NOT NULL, category TEXT NOT NULL, technique TEXT NOT NULL, query_start_s REAL NOT NULL,
        clip_start_s REAL NOT NULL, duration_s REAL NOT NULL, speed REAL NOT NULL, why TEXT NOT NULL,
        UNIQUE (observation, number)) STRICT""",
    "CREATE INDEX matches_item ON matches(item, observation) WHERE item != ''",
    "CREATE INDEX matches_rule ON matches(rule, observation)",
    """CREATE TABLE incidents (
        id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL REFERENCES epochs(id), seq INTEGER NOT NULL,
        title TEXT NOT NULL, severity TEXT NOT NULL, first_time REAL NOT NULL, last_time REAL NOT NULL,
        host TEXT NOT NULL, user TEXT NOT NULL, alert_count INTEGER NOT NULL, channels TEXT NOT NULL,
        state TEXT NOT NULL, owner TEXT NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL,
        state_time REAL NOT NULL, UNIQUE (epoch, seq)) STRICT""",
    "CREATE INDEX incidents_state ON incidents(state, id)",
    """CREATE TABLE incident_items (
        incident INTEGER NOT NULL REFERENCES incidents(id), rank INTEGER NOT NULL, item TEXT NOT NULL,
        PRIMARY KEY (incident, rank)) STRICT, WITHOUT ROWID""",
    "CREATE UNIQUE INDEX incident_items_item ON incident_items(item, incident)",
    """CREATE TABLE alerts (
        id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL REFERENCES epochs(id), seq INTEGER NOT NULL,
        observation INTEGER NOT NULL UNIQUE REFERENCES observations(id),
        incident INTEGER NOT NULL REFERENCES incidents(id), severity TEXT NOT NULL, title TEXT NOT NULL,
        reason TEXT NOT NULL, UNIQUE (epoch, seq)) STRICT""",
    "CREATE INDEX alerts_incident ON alerts(incident, id)",
    """CREATE TABLE alert_state (
        alert INTEGER PRIMARY KEY REFERENCES alerts(id), state TEXT NOT NULL, owner TEXT NOT NULL,
        reason TEXT NOT NULL, note TEXT NOT NULL, time REAL NOT NULL) STRICT""",
    "CREATE INDEX alert_state_state ON alert_state(state, alert)",
    """CREATE TABLE gaps (
        id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL REFERENCES epochs(id), seq INTEGER NOT NULL,
        recorded REAL NOT NULL, sensor TEXT NOT NULL, channel TEXT NOT NULL, start REAL NOT NULL, "end" REAL NOT NULL,
        cause TEXT NOT NULL, size INTEGER NOT NULL, unit TEXT NOT NULL, detail TEXT NOT NULL,
        UNIQUE (epoch, seq), UNIQUE (start, "end", sensor, channel, cause, detail)) STRICT""",
    """CREATE TABLE sensors (
        sensor TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, time REAL NOT NULL,
        counters TEXT NOT NULL, detail TEXT NOT NULL, epoch INTEGER NOT NULL REFERENCES epochs(id)) STRICT""",
    """CREATE TABLE custody (
        id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL REFERENCES epochs(id), seq INTEGER NOT NULL,
        entry TEXT NOT NULL, digest TEXT NOT NULL,
        time REAL AS (json_extract(entry, '$.time')) VIRTUAL,
        actor TEXT AS (json_extract(entry, '$.actor')) VIRTUAL,
        action TEXT AS (json_extract(entry, '$.action')) VIRTUAL,
        subject TEXT AS (json_extract(entry, '$.subject')) VIRTUAL,
        detail TEXT AS (json_extract(entry, '$.detail')) VIRTUAL,
        UNIQUE (epoch, seq)) STRICT""",
    "CREATE INDEX custody_subject ON custody(subject)",
    """CREATE TABLE content (
        sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, path TEXT NOT NULL, added REAL NOT NULL)
        STRICT, WITHOUT ROWID""",
    """CREATE TABLE ledger (
        root TEXT NOT NULL, path TEXT NOT NULL, dev INTEGER NOT NULL, ino INTEGER NOT NULL, size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY (root, path))
        STRICT, WITHOUT ROWID""",
    """CREATE TABLE tallies (
        hour INTEGER NOT NULL, channel TEXT NOT NULL, outcome TEXT NOT NULL, objects INTEGER NOT NULL,
        bytes INTEGER NOT NULL, PRIMARY KEY (hour, channel, outcome)) STRICT, WITHOUT ROWID""",
    """CREATE VIRTUAL TABLE evidence_fts USING fts5(
        name, destination, words, tags, content='', contentless_delete=1, tokenize="unicode61 tokenchars '_'")""",
    """CREATE VIEW alert_list AS
        SELECT a.id, a.incident, o.time, a.severity, a.title, a.reason, s.state, s.owner, o.channel, o.name, o.host,
               o.user, o.process, o.source, o.destination, o.items, e.agent, e.epoch, a.seq, a.observation
        FROM alerts a JOIN observations o ON o.id = a.observation JOIN alert_state s ON s.alert = a.id
        JOIN epochs e ON e.id = a.epoch""",
    """CREATE VIEW match_list AS
        SELECT m.id, m.observation, al.id AS alert, o.time, o.channel, r.path, r.media_type, r.sha256, r.outcome,
               m.rule, m.item, m.package, m.score, m.accepted, m.query_start_s, m.clip_start_s, m.duration_s, m.why
        FROM matches m JOIN observations o ON o.id = m.observation
        LEFT JOIN artifacts r ON r.observation = m.observation AND r.number = m.artifact
        LEFT JOIN alerts al ON al.observation = m.observation""",
)
_SOUND = (
    "ALTER TABLE matches ADD COLUMN programme TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE matches ADD COLUMN sound TEXT NOT NULL DEFAULT ''",
)
"""How a clip was heard, as JSON (see `sounds.py`), empty for other matches; the programme of a match's package."""
_OPAQUE = (
    """CREATE TABLE opaque (
        id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL REFERENCES epochs(id), seq INTEGER NOT NULL,
        recorded REAL NOT NULL, flow TEXT NOT NULL UNIQUE, start REAL NOT NULL, "end" REAL NOT NULL,
        protocol TEXT NOT NULL, name TEXT NOT NULL, source TEXT NOT NULL, destination TEXT NOT NULL,
        up INTEGER NOT NULL, down INTEGER NOT NULL, host TEXT NOT NULL, user TEXT NOT NULL, process TEXT NOT NULL,
        pid INTEGER NOT NULL, method TEXT NOT NULL, facts TEXT NOT NULL, UNIQUE (epoch, seq)) STRICT""",
    "CREATE INDEX opaque_start ON opaque(start)",
)
"""Connections that were not read and sent much upward; of the others only the tally of their hour remains."""
_HOLDS = (
    """CREATE TABLE holds (
        subject TEXT PRIMARY KEY, since REAL NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL)
        STRICT, WITHOUT ROWID""",
    """CREATE TABLE held (
        subject TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (subject, sha256)) STRICT, WITHOUT ROWID""",
)
"""What is not to be destroyed when its time is over: a digest (`sha256:...`), an alert or an incident; and the digests
that were ever seen to belong to it, which stay held when alerts move to another incident."""
MIGRATIONS: tuple[Sequence[Step], ...] = (
    _FIRST,
    _SOUND,
    _OPAQUE,
    (*TABLES, take_over, *LEFTOVERS, *INDEXED),
    _HOLDS,
    WATCHES,
    CANARIES,
    (activity.TABLE, activity.fill),
    waiting.STEPS,
    cases.TABLES,
)
"""Step n takes a store from version n to n + 1; a step, once released, is never edited."""
VERSION = len(MIGRATIONS)


def open_store(folder: Path, *, is_anew: bool = False) -> Connection:
    """Open the folder's store for writing, creating and migrating it as needed.

    Where a store was signed for its file is not made silently again, unless `is_anew`. Raises StoreError when the file
    is something else, damaged, gone, from a newer Earwitness, or cannot be written.
    """
    path = folder / FILE_NAME
    if path.exists() and not path.is_file():
        raise StoreError(f"{path}: not a regular file")
    if not is_anew and (folder / KEY_FILE).exists() and not (path.exists() and path.stat().st_size):
        raise StoreError(f"{path}: {LOST}")
    if path.exists() and path.stat().st_size and not is_broken_off(path):
        connection = _opened(path)
        try:
            _check(connection, path)
        finally:
            connection.close()
    connection = open_writer(path)
    try:
        migrate(connection, path)
    except FAILURES as error:
        connection.close()
        raise StoreError(f"{path}: cannot be prepared: {explain(error)}") from error
    except StoreError:
        connection.close()
        raise
    return connection


def open_readable(folder: Path) -> Connection:
    """Open the folder's store read-only, bringing one of an older Earwitness up to date first.

    Raises StoreError when there is none, the file is something else, or it is old and cannot be written.
    """
    path = folder / FILE_NAME
    if is_broken_off(path):
        open_store(folder).close()
    connection = _opened(path)
    try:
        if 0 < _check(connection, path) < VERSION:
            connection.close()
            open_store(folder).close()
            connection = _opened(path)
        if _check(connection, path) < VERSION:
            raise StoreError(f"{path}: not yet an evidence store")
    except (StoreError, *FAILURES) as error:
        connection.close()
        raise (
            error if isinstance(error, StoreError) else StoreError(f"{path}: cannot be read: {explain(error)}")
        ) from error
    return connection


def _opened(path: Path) -> Connection:
    """The file open for reading. Raises StoreError, which says of a damaged one what can be done."""
    try:
        return open_reader(path)
    except StoreError as error:
        if isinstance(error.__cause__, FAILURES):
            raise StoreError(f"{path}: cannot be read: {explain(error.__cause__)}") from error.__cause__
        raise


def is_broken_off(path: Path) -> bool:
    """Say whether a power cut ended the making of the file: only a writer can then bring it back to what it was."""
    return path.with_name(f"{path.name}-journal").exists()


def migrate(connection: Connection, path: Path) -> None:
    """Bring an open store to the current version, in one transaction; safe when several processes try at once."""
    if _check(connection, path) == VERSION:
        return
    from sqlite_utils import Database  # heavy, and wanted once in a store's life

    database = Database(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in MIGRATIONS[_check(connection, path) :]:
            for part in step:
                if isinstance(part, str):
                    database.execute(part)
                else:
                    part(connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _snapshot(connection: Connection) -> Iterator[None]:
    """One view of the database for several reads, so that another process preparing it is seen before or after."""
    is_ours = not connection.in_transaction
    if is_ours:
        connection.execute("BEGIN")
    try:
        yield
    finally:
        if is_ours:
            connection.rollback()


def _check(connection: Connection, path: Path) -> int:
    """The store's version, 0 for an empty database; raises StoreError when it is not ours to touch."""
    try:
        with _snapshot(connection):
            application = int(connection.execute("PRAGMA application_id").fetchone()[0])
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            tables = int(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    except FAILURES as error:
        raise StoreError(f"{path}: cannot be read: {explain(error)}") from error
    if application == 0 and version == 0 and tables == 0:
        return 0
    if application != APPLICATION_ID:
        raise StoreError(f"{path}: a database, but not an evidence store; it was left untouched")
    if version > VERSION:
        raise StoreError(f"{path}: made by a newer Earwitness (schema {version}, this one knows {VERSION})")
    return version
