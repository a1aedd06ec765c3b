import contextlib
import random

import pytest

from forensics.database import DatabaseError, open_writer
from forensics.errors import StoreError
from forensics.model import AlertState, Gap, Severity
from forensics.register.storage import Issue, RegisterWriter
from forensics.store import custody, reader
from forensics.store.grammar import QueryError
from forensics.store.shapes import OBSERVATION
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, match, observation, verdict


def fill(store, count, **values):
    with store.group() as group:
        for number in range(count):
            group.record(
                analysis(observation(f"k{number}")), verdict(items=(f"item:{number}",), **values), grouper=latest
            )


def test_the_queue_is_paged_by_id(store, reading):
    fill(store, 25)
    first = reader.queue(reading, limit=10)
    assert [row.id for row in first] == list(range(25, 15, -1))
    second = reader.queue(reading, limit=10, before_id=first[-1].id)
    assert [row.id for row in second] == list(range(15, 5, -1))
    assert [row.id for row in reader.queue(reading, after_id=22)] == [25, 24, 23]
    assert [row.id for row in reader.queue(reading, after_id=22, query="user:user1", limit=2)] == [25, 24]
    assert [row.id for row in reader.queue(reading, before_id=3, query="clip user:user1")] == [2, 1]
    assert [row.id for row in reader.incidents(reading, before_alert=4)] == [3, 2, 1]


def test_states_filter_queue_and_incidents(store, reading):
    fill(store, 4)
    store.set_incident_state(2, AlertState.ACKNOWLEDGED)
    assert [row.id for row in reader.queue(reading, state=AlertState.ACKNOWLEDGED)] == [2]
    assert [row.id for row in reader.incidents(reading, state=AlertState.NEW)] == [4, 3, 1]
    assert [row.id for row in reader.queue(reading, query="state:ack")] == [2]
    assert [row.id for row in reader.queue(reading, query="-state:ack", state=AlertState.NEW)] == [4, 3, 1]


def test_a_new_alert_brings_its_incident_to_the_top_and_paging_skips_nothing(store, reading):
    fill(store, 25)
    with store.group() as group:
        for key, item in (("again-3", "item:3"), ("again-9", "item:9"), ("again-3b", "item:3")):
            group.record(analysis(observation(key)), verdict(items=(item,)), grouper=latest)
    expected = [4, 10, *(id for id in range(25, 0, -1) if id not in (4, 10))]
    paged, before = [], None
    while rows := reader.incidents(reading, before_alert=before, limit=7):
        paged += [row.id for row in rows]
        before = rows[-1].latest_alert
    assert paged == expected
    assert [row.latest_alert for row in reader.incidents(reading, limit=3)] == [28, 27, 25]
    assert [row.id for row in reader.incidents(reading, among={1, 4, 10}, state=AlertState.NEW)] == [4, 10, 1]
    assert reader.incidents(reading, among=()) == ()
    detail = reader.incident_detail(reading, 4)
    assert detail is not None
    assert detail.incident.latest_alert == 28


def test_the_data_version_moves_when_somebody_writes(store, reading):
    before = reader.data_version(reading)
    assert reader.data_version(reading) == before
    fill(store, 1)
    assert reader.data_version(reading) != before


def test_counts(store, reading):
    fill(store, 3)
    with store.group() as group:
        group.gap(Gap(sensor="a", channel="c", start=NOW - 10, end=NOW, cause="new"))
        group.gap(Gap(sensor="a", channel="c", start=NOW - 900_000, end=NOW - 800_000, cause="old"))
    store.set_alert_state(1, AlertState.CLOSED, reason="duplicate")
    counts = reader.counts(reading, now=NOW)
    assert (counts.new_alerts, counts.open_incidents, counts.gaps_last_day, counts.observations) == (2, 3, 1, 3)


def test_what_is_not_there_is_none(store, reading):
    assert reader.alert_detail(reading, 9) is None
    assert reader.incident_detail(reading, 9) is None
    assert reader.observation_detail(reading, 9) is None
    assert reader.gap(reading, 9) is None
    assert reader.kept_content(reading, "0" * 64) is None


def test_an_alert_shows_the_gaps_around_it(store, reading):
    fill(store, 1)
    with store.group() as group:
        for offset in (-5000, -600, 600, 5000):
            group.gap(Gap(sensor="n", channel="http", start=NOW + offset, end=NOW + offset + 1, cause="drop"))
    starts = [gap.start - NOW for gap in reader.alert_detail(reading, 1).gaps]
    assert starts == [600, -600]


def test_an_incident_shows_sightings_of_the_same_clip(store, reading):
    with store.group() as group:
        work = analysis(observation("work", is_leaving=False), [match(item="C-001:candidate-2")])
        group.record(work, verdict(is_alert=False, reason="seen, but not leaving"), grouper=latest)
        other = analysis(observation("other", is_leaving=False), [match(item="C-0011")])
        group.record(other, verdict(is_alert=False), grouper=latest)
        group.record(analysis(observation("gone")), verdict(), grouper=latest)
    detail = reader.incident_detail(reading, 1)
    assert [row.id for row in detail.sightings] == [3]
    assert [row.severity for row in detail.alerts] == [Severity.HIGH]


def test_recipients_and_programmes_are_asked_of_the_register(store, tmp_path):
    with RegisterWriter.open(tmp_path) as register:
        for package, programme, recipient in (("PKG-7", "translator", "Vendor_A"), ("PKG-8", "dictation", "Vendor B")):
            register.add_package(Issue(package=package, programme=programme, recipient=recipient), [])
    with store.group() as group:
        group.record(analysis(observation("a")), verdict(), grouper=latest)
        group.record(analysis(observation("b"), [match(package="PKG-8")]), verdict(), grouper=latest)
    connection = reader.open_reader(tmp_path)
    found = {
        "recipient:vendor_a": [1],
        'recipient:"vendor b"': [2],
        "recipient:vendor*": [2, 1],
        "recipient:vendor%": [],
        "programme:dictation": [2],
        "program:dict*": [2],
        "-programme:dictation": [1],
        "programme:nobody": [],
        "recipient:\udcff": [],
    }
    for query, alerts in found.items():
        assert [row.id for row in reader.queue(connection, query=query)] == alerts, query
    connection.close()


def test_a_damaged_register_leaves_the_store_readable(store, tmp_path):
    fill(store, 1)
    (tmp_path / "register.sqlite").write_bytes(b"not a register" * 100)
    connection = reader.open_reader(tmp_path)
    assert len(reader.queue(connection)) == 1
    with pytest.raises(QueryError):
        reader.search(connection, "recipient:x")


def test_an_interrupted_question_is_an_error_a_caller_can_catch(store, reading):
    fill(store, 30)
    reading.set_progress_handler(lambda: 1, 1)
    with pytest.raises(StoreError, match="interrupted"):
        reader.queue(reading, query="clip OR -clip state:new")
    reading.set_progress_handler(None, 0)
    assert len(reader.queue(reading)) == 30


def test_the_reader_cannot_write(store, reading):
    with pytest.raises(DatabaseError):
        reading.execute("DELETE FROM meta")


def ask_everything(folder):
    """Every question there is; only StoreError may come of it. Returns how many were answered."""
    answered = 0
    with contextlib.suppress(StoreError):
        connection = reader.open_reader(folder)
        for ask in (
            lambda: reader.queue(connection, limit=1000),
            lambda: reader.queue(connection, limit=1000, query="user:user1 clip"),
            lambda: reader.incidents(connection),
            lambda: reader.search(connection, "clip", limit=1000),
            lambda: [reader.alert_detail(connection, id) for id in (1, 20, 40)],
            lambda: [reader.incident_detail(connection, id) for id in (1, 20, 40)],
            lambda: reader.gaps(connection),
            lambda: reader.sensors(connection),
            lambda: reader.counts(connection),
            lambda: reader.observations_of(connection, "0"),
            lambda: custody.verify(connection),
        ):
            with contextlib.suppress(StoreError):
                ask()
                answered += 1
        connection.close()
    return answered


def test_damage_anywhere_in_the_file_is_never_a_traceback(tmp_path):
    with Store.open(tmp_path, actor="tester") as store:
        fill(store, 40)
        with store.group() as group:
            group.gap(Gap(sensor="n", channel="http", start=NOW, end=NOW, cause="drop"))
    path = tmp_path / "evidence.sqlite"
    whole = path.read_bytes()
    dice = random.Random(5)
    answered = []
    for _ in range(40):
        damaged = bytearray(whole)
        for _ in range(30):
            place = dice.randrange(100, len(whole))
            damaged[place : place + 4] = dice.randbytes(4)
        path.write_bytes(bytes(damaged))
        answered.append(ask_everything(tmp_path))
    assert min(answered) < 11
    path.write_bytes(whole)
    assert ask_everything(tmp_path) == 11


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE alerts SET severity = 'dire'",
        "UPDATE alerts SET state = 'odd'",
        "UPDATE entries SET body = '[1' WHERE kind = 'O'",
        "UPDATE entries SET body = '{}'",
        "UPDATE entries SET body = '[\"O1\"]'",
        *(
            f"UPDATE entries SET body = json_set(body, '$[{OBSERVATION.index(name)}]', {value})"
            for name, value in (
                ("items", "1"),
                ("items", "json('[1]')"),
                ("missing", "json('{}')"),
                ("missing", "json('[[1]]')"),
                ("artifacts", "1"),
                ("artifacts", "json('[1, [2], [0, null, \"\", 1, 2, 3, 4, 5, 6]]')"),
                ("matches", "json('[[]]')"),
                ("matches", "json('[[0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, [[]]]]')"),
                ("versions", "'x'"),
                ("time", "'x'"),
            )
        ),
        "UPDATE incidents SET channels = 'x'",
        "DELETE FROM entries",
        "DELETE FROM entries WHERE kind = 'V'",
        "DELETE FROM logs",
    ],
)
def test_values_no_writer_stores_are_damage(tmp_path, change):
    with Store.open(tmp_path, actor="tester") as store:
        fill(store, 2)
    connection = open_writer(tmp_path / "evidence.sqlite")
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(change)
    connection.close()
    ask_everything(tmp_path)
