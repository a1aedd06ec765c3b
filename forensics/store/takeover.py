"""An older store's rows become entries of a log.

What stood in tables of its own is written as bodies in the order it was recorded, under the keys it had, so that
nothing is recorded twice; the old chain of custody is kept word for word, each entry as the detail of an act, after an
act that says how many there were and with which digest they ended.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from forensics.custody.chain import BEFORE_FIRST
from forensics.custody.tree import Frontier
from forensics.database import Connection, Row
from forensics.store import blocks, index
from forensics.store.log import Log, key_of
from forensics.store.shapes import ACT, ARTIFACT, MATCH, OBSERVATION, OPAQUE, packed, trimmed

LEFTOVERS = (
    "DROP TABLE alert_state",
    *(
        f"DROP TABLE old_{name}"
        for name in (
            "alerts",
            "incident_items",
            "artifacts",
            "matches",
            "observations",
            "incidents",
            "gaps",
            "opaque",
            "custody",
            "versions",
        )
    ),
    "DROP TABLE epochs",
)
"""What goes when everything was taken over; `sensors` loses its epoch."""
_JSON_FIELDS = frozenset({"missing", "items", "path", "facts", "why"})


def take_over(connection: Connection) -> None:
    """Write every old row as an entry of this store's own log, and make the alerts and incidents anew from them."""
    agent = _agent(connection)
    sql = "INSERT INTO logs (agent, epoch, started, is_own, size, digest, frontier) VALUES (?, 1, ?, 1, 0, ?, ?)"
    empty = Frontier().to_bytes()
    id = int(connection.execute(sql, (agent, time.time(), BEFORE_FIRST, empty)).lastrowid or 0)
    _keep_sensors(connection)
    log = Log(connection, id=id, agent=agent, epoch=1)
    log.begin()
    taken = _Takeover(connection, log)
    taken.run()
    log.finish()
    taken.diary.write(connection)


def _agent(connection: Connection) -> str:
    row = connection.execute("SELECT value FROM meta WHERE name = 'agent'").fetchone()
    connection.execute("DELETE FROM meta WHERE name = 'agent'")
    return str(row[0]) if row is not None else uuid.uuid4().hex


def _keep_sensors(connection: Connection) -> None:
    connection.execute("CREATE TABLE new_sensors AS SELECT sensor, kind, state, time, counters, detail FROM sensors")
    connection.execute("DROP TABLE sensors")
    connection.execute(
        "CREATE TABLE sensors (sensor TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, time REAL NOT NULL,"
        " counters TEXT NOT NULL, detail TEXT NOT NULL) STRICT"
    )
    connection.execute("INSERT INTO sensors SELECT * FROM new_sensors")
    connection.execute("DROP TABLE new_sensors")


class _Takeover:
    def __init__(self, connection: Connection, log: Log) -> None:
        self.diary = blocks.Diary()
        self._connection = connection
        self._log = log
        self._versions: dict[int, int] = {}
        self._entries: dict[str, str] = {}
        self._founders: dict[int, int] = {}

    def run(self) -> None:
        """Observations, gaps and unread connections as they were recorded, then the old chain."""
        rows = self._connection.execute(
            "SELECT 'O' AS kind, id, recorded FROM old_observations UNION ALL SELECT 'G', id, recorded FROM old_gaps"
            " UNION ALL SELECT 'Q', id, recorded FROM old_opaque ORDER BY recorded, kind, id"
        ).fetchall()
        take = {"O": self._observation, "G": self._gap, "Q": self._opaque}
        for row in rows:
            take[row["kind"]](row["id"])
        self._custody()

    def _observation(self, id: int) -> None:
        row = self._one("old_observations", id)
        artifacts = [_array(ARTIFACT, each) for each in self._of("old_artifacts", id)]
        matches = [_array(MATCH, each) for each in self._of("old_matches", id)]
        versions = self._version(row["versions"], row["recorded"])
        alert = self._connection.execute(
            "SELECT a.*, s.state, s.owner, s.reason AS why, s.note, s.time AS state_time FROM old_alerts a"
            " JOIN alert_state s ON s.alert = a.id WHERE a.observation = ?",
            [id],
        ).fetchone()
        founder = self._founder(alert["incident"]) if alert is not None else 0
        said = None if alert is None else [alert["severity"], alert["title"], founder]
        values = [_value(row, name) for name in OBSERVATION[1 : OBSERVATION.index("versions")]]
        body = trimmed(OBSERVATION, ["O1", *values, versions, artifacts, matches, said, []])
        entry = self._log.append(body, key=key_of("O", row["key"]))
        self.diary.note(entry.id, row["time"])
        self._entries[f"O{id}"] = self._name("O", entry.seq)
        if alert is not None:
            self._alert(alert, entry.id, entry.seq)
        index.add(self._connection, [index.document_of(entry.id, json.loads(packed(body)))])

    def _alert(self, alert: Row, entry: int, seq: int) -> None:
        self._connection.execute(
            "INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                alert["id"],
                entry,
                alert["incident"],
                alert["severity"],
                alert["title"],
                *(alert[name] for name in ("state", "owner", "why", "note", "state_time")),
            ),
        )
        self._entries[f"A{alert['id']}"] = self._name("A", seq)

    def _founder(self, incident: int) -> int:
        """The number of the entry that began an incident: the one recorded next, when it is new here."""
        if incident in self._founders:
            return self._founders[incident]
        seq = self._log.head.size + 1
        row = self._one("old_incidents", incident)
        names = [name for name in row.keys() if name not in ("id", "epoch", "seq")]  # noqa: SIM118 - a Row, no mapping
        marks = ", ".join("?" * (len(names) + 3))
        self._connection.execute(
            f"INSERT INTO incidents (id, log, seq, {', '.join(names)}) VALUES ({marks})",
            (incident, self._log.id, seq, *(row[name] for name in names)),
        )
        sql = "INSERT INTO incident_items SELECT * FROM old_incident_items WHERE incident = ?"
        self._connection.execute(sql, [incident])
        self._entries[f"I{incident}"] = self._name("I", seq)
        self._founders[incident] = seq
        return seq

    def _gap(self, id: int) -> None:
        row = self._one("old_gaps", id)
        values = [row[name] for name in ("sensor", "channel", "start", "end", "cause", "size", "unit", "detail")]
        identity = [row[name] for name in ("start", "end", "sensor", "channel", "cause", "detail")]
        entry = self._log.append(["G1", row["recorded"], *values], key=key_of("G", packed(identity)))
        self._entries[f"G{id}"] = self._name("G", entry.seq)

    def _opaque(self, id: int) -> None:
        row = self._one("old_opaque", id)
        body = ["Q1", row["recorded"], *(_value(row, name) for name in OPAQUE[2:])]
        entry = self._log.append(trimmed(OPAQUE, body), key=key_of("Q", row["flow"]))
        self._entries[f"Q{id}"] = self._name("Q", entry.seq)

    def _version(self, id: int, recorded: float) -> int:
        if id not in self._versions:
            row = self._one("old_versions", id)
            body = ["V1", recorded, "", row["engine"], row["rules"], row["register"]]
            self._versions[id] = self._log.append(body).seq
        return self._versions[id]

    def _custody(self) -> None:
        rows = self._connection.execute("SELECT id, entry, digest FROM old_custody ORDER BY id")
        count, last = 0, ""
        for row in rows:
            count, last = count + 1, row["digest"]
            self._log.append(trimmed(ACT, ["C1", *self._act(row)]))
        if count:
            detail = f"{count} entries of an older chain, which ended in {last}"
            self._log.append(trimmed(ACT, ["C1", time.time(), "earwitness", "take over", "store", "store", detail, {}]))

    def _act(self, row: Row) -> Iterator[Any]:
        """The old entry as an act, with its very bytes, and the digest it had when those were others."""
        text = str(row["entry"])
        facts: dict[str, Any] = {"was": text}
        if hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() != row["digest"]:
            facts["said"] = row["digest"]
        try:
            entry = json.loads(text)
        except ValueError:
            entry = {}
        if isinstance(entry.get("state"), dict):
            facts["state"] = entry["state"]
        subject = str(entry.get("subject", f"C{row['id']}"))
        yield float(entry.get("time", 0.0))
        yield from (str(entry.get("actor", "")), str(entry.get("action", "unreadable")), subject)
        yield from (self._entries.get(subject, subject), str(entry.get("detail", "")), facts)

    def _name(self, letter: str, seq: int) -> str:
        return f"{letter}:{self._log.agent}:{self._log.epoch}:{seq}"

    def _one(self, table: str, id: int) -> Row:
        row: Row = self._connection.execute(f"SELECT * FROM {table} WHERE id = ?", [id]).fetchone()
        return row

    def _of(self, table: str, observation: int) -> list[Row]:
        sql = f"SELECT * FROM {table} WHERE observation = ? ORDER BY number"
        return list(self._connection.execute(sql, [observation]))


def _array(fields: tuple[str, ...], row: Row) -> list[Any]:
    return trimmed(fields, [_value(row, name) for name in fields])


def _value(row: Row, name: str) -> Any:
    return json.loads(row[name]) if name in _JSON_FIELDS else row[name]
