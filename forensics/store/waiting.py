"""How many alerts and incidents wait for somebody, of how many objects, and which alert is each incident's newest.

Triggers keep both where the rows change, whoever changes them, so that what the console asks at every change of the
store costs the same over a million alerts as over ten.
"""

from __future__ import annotations

from forensics.database import Connection
from forensics.store.access import fetch_all

_OPEN = "({row}.state IN ('new', 'acknowledged') AND {row}.alert_count > 0)"
_IS, _WAS = _OPEN.format(row="NEW"), _OPEN.format(row="OLD")
_LATEST = "coalesce((SELECT max(id) FROM alerts WHERE incident = incidents.id), 0)"


def _trigger(name: str, event: str, does: str, when: str = "") -> str:
    return f"CREATE TRIGGER {name} {event} {f'WHEN {when} ' if when else ''}BEGIN {does}; END"


def _add(number: str, name: str) -> str:
    return f"UPDATE waiting SET count = count + {number} WHERE name = '{name}'"


STEPS: tuple[str, ...] = (
    "CREATE TABLE waiting (name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "INSERT INTO waiting SELECT 'alerts', count(*) FROM alerts WHERE state = 'new'",
    f"INSERT INTO waiting SELECT 'incidents', count(*) FROM incidents WHERE {_OPEN.format(row='incidents')}",
    "ALTER TABLE incidents ADD COLUMN latest INTEGER NOT NULL DEFAULT 0",
    f"UPDATE incidents SET latest = {_LATEST}",
    "DROP INDEX incidents_state",
    "CREATE INDEX incidents_state ON incidents(state, latest) WHERE alert_count > 0",
    "CREATE INDEX incidents_latest ON incidents(latest) WHERE alert_count > 0",
    _trigger(
        "alert_comes",
        "AFTER INSERT ON alerts",
        "UPDATE incidents SET latest = max(latest, NEW.id) WHERE id = NEW.incident; "
        + _add("(NEW.state = 'new')", "alerts"),
    ),
    _trigger(
        "alert_turns",
        "AFTER UPDATE OF state ON alerts",
        _add("(NEW.state = 'new') - (OLD.state = 'new')", "alerts"),
        "(NEW.state = 'new') <> (OLD.state = 'new')",
    ),
    _trigger(
        "alert_moves",
        "AFTER UPDATE OF incident ON alerts",
        f"UPDATE incidents SET latest = {_LATEST} WHERE id IN (OLD.incident, NEW.incident)",
        "NEW.incident <> OLD.incident",
    ),
    "INSERT INTO waiting SELECT 'objects', coalesce(sum(objects), 0) FROM tallies WHERE outcome <> 'protected'",
    _trigger("objects_come", "AFTER INSERT ON tallies", _add("NEW.objects", "objects"), "NEW.outcome <> 'protected'"),
    _trigger(
        "objects_grow",
        "AFTER UPDATE OF objects ON tallies",
        _add("NEW.objects - OLD.objects", "objects"),
        "NEW.outcome <> 'protected'",
    ),
    _trigger("incident_comes", "AFTER INSERT ON incidents", _add("1", "incidents"), _IS),
    _trigger(
        "incident_turns",
        "AFTER UPDATE OF state, alert_count ON incidents",
        _add(f"{_IS} - {_WAS}", "incidents"),
        f"{_IS} <> {_WAS}",
    ),
)
"""Nothing ever deletes an alert, an incident or a tally, so nothing is taken away for that."""


def counts(connection: Connection) -> tuple[int, int, int]:
    """Alerts that are new, incidents that are not closed and hold any, objects looked at. Raises StoreError."""
    found = {row["name"]: int(row["count"]) for row in fetch_all(connection, "SELECT name, count FROM waiting", ())}
    return found["alerts"], found["incidents"], found["objects"]
