"""Stores of every earlier schema open, keep what they held, and are whole afterwards.

`older/3.sqlite.gz` is a store as schema 3 left it: six observations (k0 to k5) of which four raised alerts, six gaps,
an unread connection, decisions. The ones before it differ in the columns and the table that they did not have yet.
"""

import gzip
import json
from pathlib import Path

import pytest

from forensics.database import open_writer
from forensics.model import AlertState, Gap
from forensics.store import custody, reader, schema
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, observation, verdict

OLDER = Path(__file__).parent / "older" / "3.sqlite.gz"
UNDO = {
    3: (),
    2: ("DROP TABLE opaque",),
    1: ("DROP TABLE opaque", "ALTER TABLE matches DROP COLUMN sound", "ALTER TABLE matches DROP COLUMN programme"),
}


@pytest.fixture(params=sorted(UNDO))
def older(tmp_path, request):
    path = tmp_path / schema.FILE_NAME
    path.write_bytes(gzip.decompress(OLDER.read_bytes()))
    connection = open_writer(path)
    for statement in UNDO[request.param]:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {request.param}")
    connection.close()
    return tmp_path


def test_what_it_held_is_there_and_whole(older):
    connection = reader.open_reader(older)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == schema.VERSION
    assert custody.verify(connection) == []
    alerts = reader.queue(connection)
    assert [(row.id, row.incident_id, row.name, row.state) for row in alerts] == [
        (4, 1, "clip-5-\udcff.wav", AlertState.CLOSED),
        (3, 1, "clip-4-\udcff.wav", AlertState.CLOSED),
        (2, 1, "clip-2-\udcff.wav", AlertState.CLOSED),
        (1, 1, "clip-1-\udcff.wav", AlertState.CLOSED),
    ]
    detail = reader.alert_detail(connection, 2)
    assert [row.path[-1] for row in detail.artifacts] == ["clip-2-\udcff.wav", "notes.txt"]
    assert detail.versions.rules == "r1"
    assert len(reader.search(connection, "clip:C-001 outcome:matched user:user1")) == 6
    assert len(reader.gaps(connection)) == 6
    assert [row.sensor for row in reader.sensors(connection)] == ["files"]
    assert reader.incident_detail(connection, 1).incident.alert_count == 4
    connection.close()


def test_the_old_chain_is_kept_word_for_word(older):
    connection = reader.open_reader(older)
    rows = connection.execute("SELECT action, subject, about, facts FROM acts ORDER BY id").fetchall()
    kept = [json.loads(json.loads(row["facts"])["was"]) for row in rows if "was" in json.loads(row["facts"])]
    assert [entry["id"] for entry in kept] == list(range(1, len(kept) + 1))
    assert rows[-1]["action"] == "take over"
    assert kept[-1]["action"] == "read"
    read = next(row for row in rows if row["action"] == "read")
    assert read["about"].startswith("A:")
    assert [row.action for row in reader.custody(connection, "A1")] == ["state", "read"]
    connection.close()


def test_it_goes_on_where_it_was_and_records_nothing_twice(older):
    with Store.open(older, actor="tester", clock=lambda: NOW) as store, store.group() as group:
        again = group.record(analysis(observation("k2")), verdict(), grouper=latest)
        new = group.record(analysis(observation("new")), verdict(), grouper=latest)
        gap = group.gap(Gap(sensor="net", channel="http", start=NOW, end=NOW + 1, cause="drop"))
    assert (again.is_new, again.alert_id) == (False, 2)
    assert (new.is_new, new.alert_id) == (True, 5)
    connection = reader.open_reader(older)
    assert reader.gap(connection, gap).start == NOW
    assert len(reader.gaps(connection)) == 6
    assert custody.verify(connection) == []
    connection.close()
