"""Canaries in the store: issued beforehand, seen once, each step an act that `verify` holds the table against."""

from dataclasses import replace

import pytest

from forensics.database import open_writer
from forensics.errors import StoreError
from forensics.model import SensorHealth
from forensics.store import canaries, custody, reader, schema, standing
from forensics.store.canaries import BROKEN_OFF, FOUND, MISSED, Canary, Sighting
from forensics.store.standing import Brief
from forensics.store.writer import Store
from tests.store.made import NOW


def beat(store, sensor, time):
    store.heartbeat(SensorHealth(sensor=sensor, kind="k", state="running", time=time))


def briefly(folder):
    connection = reader.open_reader(folder)
    try:
        return standing.brief(connection)
    finally:
        connection.close()


SEEN = Sighting(key="k", by="audio, text", lack="")


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    with Store.open(tmp_path / "one", actor="watch", clock=clock) as opened:
        yield opened


def canary(number, **values):
    made = Canary(
        channel="http",
        sensor="network:lo",
        destination="http://127.0.0.1:1/",
        nonce=str(number),
        sha256=f"{number:064x}",
        sent=NOW,
        due=NOW + 60,
    )
    return replace(made, **values)


def looked(folder):
    connection = reader.open_reader(folder)
    try:
        assert custody.verify(connection) == []
        return {each.id: each for each in canaries.newest(connection, 100)}, standing.selfcheck(connection)
    finally:
        connection.close()


def test_a_canary_is_seen_once_and_says_how_soon(store, clock):
    id = store.issue_canary(canary(1))
    clock.now += 2.5
    found = store.see_canary(id, SEEN)
    assert (found.outcome, found.detected_s, found.by) == (FOUND, 2.5, "audio, text")
    with pytest.raises(StoreError, match="seen before"):
        store.see_canary(id, SEEN)
    with pytest.raises(StoreError, match="were a canary before"):
        store.issue_canary(canary(1, nonce="other"))
    assert store.end_canary(id, MISSED, "too late").outcome == FOUND, "what ended stays as it is"
    assert looked(store.folder)[0] == {id: found}


def test_what_comes_late_or_is_not_known_again_is_not_found(store, clock):
    late, odd, left = (store.issue_canary(canary(number)) for number in range(3))
    assert store.see_canary(odd, replace(SEEN, lack="not known again by audio")).outcome == ""
    clock.now += 61
    assert store.see_canary(late, SEEN).outcome == ""
    store.end_canary(late, MISSED, "seen only after 61 s")
    store.end_canary(left, BROKEN_OFF)
    seen = store.see_canary(left, SEEN)
    assert (seen.outcome, seen.seen) == (BROKEN_OFF, clock.now), "that it came after all is said, too"
    connection = reader.open_reader(store.folder)
    assert [each.id for each in canaries.under_way(connection)] == [odd]
    connection.close()


def test_how_it_stands_by_sensor_and_channel(store, clock):
    for number in range(20):
        id = store.issue_canary(canary(number, sent=clock.now, due=clock.now + 60))
        clock.now += number + 1
        store.see_canary(id, SEEN)
    gone = store.issue_canary(canary(50, channel="removable", sensor="files:removable:/media/x"))
    store.end_canary(gone, MISSED, "not seen within 60 s")
    store.issue_canary(canary(51))
    store.plan_canaries(NOW + 3600)
    beat(store, "files:removable:/media/x", NOW)
    beat(store, "network:lo", NOW + 60)
    files, network = looked(store.folder)[1].standings
    assert (files.channel, files.missed, files.p50_s, files.is_missed) == ("removable", 1, None, True)
    assert (network.sent, network.seen, network.p50_s, network.p95_s) == (21, 20, 10.0, 19.0)
    assert network.last.nonce == "19", "of the one under way nothing is known yet"
    assert looked(store.folder)[1].next == NOW + 3600
    assert briefly(store.folder) == Brief(next=NOW + 3600, missed=("removable",))
    beat(store, "network:lo", NOW + 600)
    assert not looked(store.folder)[1].missed, "the medium is gone"
    assert briefly(store.folder).missed == ()
    store.plan_canaries(None)
    assert looked(store.folder)[1].next is None


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO canaries (log, seq, channel, sensor, destination, nonce, sha256, sent, due, seal)"
        " SELECT log, 9999, channel, sensor, destination, nonce, 'a leak''s', sent, due, seal FROM canaries",
        "UPDATE canaries SET sha256 = 'a leak''s'",
        "UPDATE canaries SET outcome = 'seen', seen = 1.0",
        "DELETE FROM canaries",
    ],
)
def test_what_was_not_written_in_the_log_is_found(store, sql):
    store.issue_canary(canary(1))
    connection = open_writer(store.folder / schema.FILE_NAME)
    connection.execute(sql)
    assert custody.verify(connection) != []
    connection.close()


def test_other_stores_take_them_over_and_know_none_of_them_as_their_own(store, clock, tmp_path):
    id = store.issue_canary(canary(1))
    store.see_canary(id, SEEN)
    store.end_canary(store.issue_canary(canary(2)), MISSED, "not seen")
    with Store.open(tmp_path / "two", actor="desk", clock=clock) as other:
        list(other.merge(store.folder))
        assert other.issued_canary(canary(1).sha256) is None
        connection = reader.open_reader(other.folder)
        assert custody.verify(connection) == []
        rows = connection.execute("SELECT nonce, outcome FROM canaries ORDER BY nonce").fetchall()
        assert [tuple(row) for row in rows] == [("1", FOUND), ("2", MISSED)]
        assert standing.selfcheck(connection).standings == ()
        connection.close()
