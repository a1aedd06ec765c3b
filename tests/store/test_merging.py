"""Stores of several machines merge into one: nothing twice, nothing lost, and every chain goes on being checked."""

import pytest

from forensics.database import open_writer
from forensics.errors import StoreError
from forensics.model import AlertState, Gap, Subject
from forensics.store import custody, reader, schema
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, observation, verdict


def fill(folder, host, first, count):
    with Store.open(folder, actor=host) as store, store.group() as group:
        for number in range(first, first + count):
            subject = Subject(host=host, user="user1", process="cp", pid=42, method="owner")
            seen = observation(f"k{number}", subject=subject, time=NOW + number, name=f"clip-{number}.wav")
            group.record(analysis(seen), verdict(is_alert=number % 2 == 0), grouper=latest)
            group.gap(Gap(sensor="net", channel="http", start=NOW + number, end=NOW + number, cause="drop"))


def merge(folder, *others):
    with Store.open(folder, actor="centre") as store:
        return [taken for other in others for taken in store.merge(other)]


@pytest.fixture
def agents(tmp_path):
    for host in ("ws-1", "ws-2"):
        fill(tmp_path / host, host, 0, 6)
        with Store.open(tmp_path / host, actor="desk") as store:
            store.set_alert_state(2, AlertState.ACKNOWLEDGED, note=f"mine on {host}")
            store.set_incident_state(1, AlertState.CLOSED, reason="test", owner=host)
    return tmp_path / "ws-1", tmp_path / "ws-2"


def entries(folder):
    connection = reader.open_reader(folder)
    found = [
        tuple(row)
        for row in connection.execute(
            "SELECT l.agent, e.seq, e.body, e.digest FROM entries e JOIN logs l ON l.id = e.log WHERE NOT l.is_own"
            " ORDER BY l.agent, e.seq"
        )
    ]
    assert custody.verify(connection) == []
    connection.close()
    return found


def test_two_stores_become_one_that_is_whole_and_answers_for_both(agents, tmp_path):
    centre = tmp_path / "centre"
    taken = merge(centre, *agents)
    assert [each.added == each.size > 0 for each in taken] == [True, True]
    connection = reader.open_reader(centre)
    assert custody.verify(connection) == []
    assert len(reader.search(connection, "clip:C-001")) == 12
    assert len(reader.search(connection, "clip:C-001 host:ws-2")) == 6
    assert {(row.host, row.state) for row in reader.incidents(connection)} == {
        ("ws-1", AlertState.CLOSED),
        ("ws-2", AlertState.CLOSED),
    }
    rows = reader.queue(connection)
    assert len(rows) == 6
    assert {row.state for row in rows} == {AlertState.CLOSED}
    [ours] = [row for row in rows if row.host == "ws-2" and row.name == "clip-2.wav"]
    acts = reader.alert_detail(connection, ours.id).custody
    assert [act.action for act in acts if act.action == "state"] == ["state", "state"]
    assert len(reader.gaps(connection)) == 12
    assert reader.alert_detail(connection, ours.id).versions.rules == "r1"
    connection.close()


def test_the_same_again_adds_nothing_and_what_is_new_is_added(agents, tmp_path):
    centre, (first, _) = tmp_path / "centre", agents
    merge(centre, *agents)
    before = entries(centre)
    assert [each.added for each in merge(centre, *agents)] == [0, 0]
    assert entries(centre) == before
    fill(first, "ws-1", 4, 4)
    [taken] = merge(centre, first)
    assert taken.added > 0
    assert len(entries(centre)) == len(before) + taken.added
    connection = reader.open_reader(centre)
    assert len(reader.search(connection, "host:ws-1")) == 8
    connection.close()


def test_a_store_that_merged_others_can_itself_be_merged(agents, tmp_path):
    first, second = agents
    merge(first, second)
    merge(tmp_path / "centre", first, second)
    connection = reader.open_reader(tmp_path / "centre")
    assert len(reader.search(connection, "clip:C-001")) == 12
    assert custody.verify(connection) == []
    connection.close()


def test_another_story_is_refused_and_what_is_whole_stays(agents, tmp_path):
    centre, (first, second) = tmp_path / "centre", agents
    merge(centre, first)
    connection = open_writer(first / schema.FILE_NAME)
    size = connection.execute("SELECT size FROM logs").fetchone()[0]
    connection.execute("UPDATE entries SET digest = zeroblob(32) WHERE seq = ?", [size])
    connection.close()
    with pytest.raises(StoreError, match="another story"):
        merge(centre, first)
    connection = open_writer(second / schema.FILE_NAME)
    connection.execute("UPDATE entries SET body = replace(body, 'clip', 'plic') WHERE seq = 5")
    connection.close()
    with pytest.raises(StoreError, match="does not hold"):
        merge(centre, second)
    entries(centre)


def test_its_own_copy_adds_nothing_and_a_longer_one_is_refused(agents, tmp_path):
    first, _ = agents
    copy = tmp_path / "copy"
    copy.mkdir()
    connection = open_writer(first / schema.FILE_NAME)
    connection.execute("VACUUM INTO ?", [str(copy / schema.FILE_NAME)])
    connection.close()
    assert [each.added for each in merge(first, copy)] == [0]
    (copy / "signing.key").write_bytes((first / "signing.key").read_bytes())
    (copy / "signing.key").chmod(0o600)
    fill(copy, "ws-1", 10, 3)
    with pytest.raises(StoreError, match="set back"):
        merge(first, copy)
