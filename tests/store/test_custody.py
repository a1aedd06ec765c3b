import random

import pytest

from forensics.database import DatabaseError, open_writer
from forensics.model import AlertState, CustodyEntry, Gap, OutcomeKind
from forensics.store import custody, reader, schema
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, observation, verdict


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A store with a bit of everything that custody covers."""
    folder = tmp_path_factory.mktemp("filled")
    with Store.open(folder, actor="tester", clock=lambda: NOW) as store:
        for number in range(12):
            with store.group() as group:
                whole = analysis(observation(f"k{number}"), inside={"notes.txt": OutcomeKind.CLEAN})
                group.record(whole, verdict(is_alert=number % 3 != 0), grouper=latest)
                group.gap(Gap(sensor="net", channel="http", start=NOW + number, end=NOW + number + 1, cause="drop"))
        store.set_alert_state(2, AlertState.ACKNOWLEDGED, note="mine")
        store.set_incident_state(1, AlertState.CLOSED, reason="true leak")
        with store.group() as group:
            group.custody(CustodyEntry(actor="x", action="read", subject="A1", detail="", time=NOW))
    return folder


@pytest.fixture
def copy(filled, tmp_path):
    """A copy to tamper with, as somebody with the file and the sqlite3 tool would."""
    source = open_writer(filled / schema.FILE_NAME)
    source.execute("VACUUM INTO ?", [str(tmp_path / schema.FILE_NAME)])
    source.close()
    connection = open_writer(tmp_path / schema.FILE_NAME)
    connection.execute("PRAGMA foreign_keys = OFF")
    yield connection
    connection.close()


def test_an_untouched_store_is_whole(copy):
    assert custody.verify(copy) == []


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("UPDATE entries SET body = replace(body, 'tester', 'nobody') WHERE kind = 'C'", "C"),
        ("DELETE FROM entries WHERE id = 7", "log "),
        ("DELETE FROM entries WHERE id = (SELECT max(id) FROM entries)", "log "),
        ("UPDATE entries SET body = replace(body, 'ws-1', 'ws-2') WHERE id = 5", "O5"),
        ("UPDATE entries SET body = body || ' ' WHERE id = 5", "O5"),
        ("UPDATE entries SET kind = 'G' WHERE id = 5", "G5"),
        ("UPDATE entries SET key = x'00' WHERE id = 5", "O5"),
        ("UPDATE entries SET seq = 1000 WHERE id = 4", "log "),
        ("UPDATE entries SET digest = zeroblob(32) WHERE id = 5", "O5"),
        ("UPDATE entries SET log = 9 WHERE id = 5", "O5"),
        ("UPDATE logs SET size = size + 1", "log "),
        ("UPDATE heads SET note = replace(note, 'time 1', 'time 2')", "head "),
        ("UPDATE heads SET size = size - 1", "head "),
        ("UPDATE alerts SET severity = 'low' WHERE id = 1", "A1"),
        ("UPDATE alerts SET state = 'new' WHERE id = 2", "A2"),
        ("DELETE FROM alerts WHERE id = 2", "O"),
        ("UPDATE incidents SET reason = 'authorised' WHERE id = 1", "I1"),
        ("DELETE FROM incidents WHERE id = 1", "A1"),
        ("UPDATE alerts SET incident = 5 WHERE id = 3", "A3"),
        ("INSERT INTO alerts SELECT 99, 2, incident, severity, title, state, '', '', '', 0 FROM alerts LIMIT 1", "A99"),
    ],
)
def test_what_was_changed_is_named(copy, change, broken):
    copy.execute(change)
    assert any(found.subject.startswith(broken) for found in custody.verify(copy))


def test_entries_in_another_order_are_found(copy):
    copy.execute("UPDATE entries SET seq = -1 WHERE seq = 4")
    copy.execute("UPDATE entries SET seq = 4 WHERE seq = 5")
    copy.execute("UPDATE entries SET seq = 5 WHERE seq = -1")
    assert custody.verify(copy)


def test_an_entry_made_up_and_put_at_the_end_is_found(copy):
    copy.execute(
        "INSERT INTO entries (log, seq, kind, body, digest) SELECT log, seq + 1, kind, body, digest FROM entries"
        " ORDER BY id DESC LIMIT 1"
    )
    assert custody.verify(copy)


COVERED = {
    "entries": ("log", "seq", "kind", "key", "body", "digest"),
    "logs": ("agent", "epoch", "size", "digest"),
    "heads": ("size", "note"),
    "alerts": ("entry", "incident", "severity", "title", "state", "owner", "reason", "note"),
    "incidents": ("log", "seq", "state", "owner", "reason", "note"),
}


def _changed(value, dice):
    if isinstance(value, int | float):
        return value + dice.choice((-1, 1))
    if not value:
        return "x" if value is not None else b"x"
    if isinstance(value, bytes):
        return bytes(reversed(value))
    place = dice.randrange(len(value))
    other = chr((ord(value[place]) + dice.randrange(1, 90)) % 0x7F or 0x41)
    return value[:place] + other + value[place + 1 :]


def test_every_random_change_of_one_value_is_found(copy):
    dice = random.Random(20261122)
    found = 0
    for _ in range(250):
        table = dice.choice(list(COVERED))
        column = dice.choice(COVERED[table])
        id = "size" if table == "heads" else "rowid"
        row = dice.choice(copy.execute(f'SELECT {id} AS row, "{column}" AS value FROM {table}').fetchall())
        changed = _changed(row["value"], dice)
        if changed == row["value"]:
            continue
        try:
            copy.execute("BEGIN")
            copy.execute(f'UPDATE {table} SET "{column}" = ? WHERE {id} = ?', (changed, row["row"]))
            assert custody.verify(copy), (table, column, row["value"], changed)
            found += 1
        except DatabaseError:
            continue  # the database itself refused the change
        finally:
            copy.execute("ROLLBACK")
    assert found > 200


def test_bytes_that_are_no_text_are_a_break_and_not_an_error(copy):
    copy.execute("UPDATE entries SET body = CAST(x'5b224f31ff41225d' AS TEXT) WHERE id = 3")
    copy.execute("UPDATE entries SET body = CAST(x'7b2261223a22ff227d' AS TEXT) WHERE id = 5")
    subjects = {found.subject for found in custody.verify(copy)}
    assert {"O3", "O5"} <= subjects


def test_the_reader_can_verify(filled):
    connection = reader.open_reader(filled)
    assert custody.verify(connection) == []
    connection.close()
