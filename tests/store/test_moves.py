"""Incidents merged, split and put back, in this store and in those that take its log over."""

import pytest

from forensics.database import open_writer
from forensics.errors import StoreError
from forensics.model import AlertState
from forensics.store import custody, reader, schema
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, match, observation, verdict


@pytest.fixture
def store(tmp_path):
    """Six alerts in three incidents: clip-0 and clip-3 in I1, and so on."""
    with Store.open(tmp_path, actor="desk") as opened:
        for number in range(6):
            item = f"C-{number % 3}"
            with opened.group() as group:
                seen = observation(f"k{number}", time=NOW + number, channel=f"channel{number}")
                found = verdict(title=f"{item} left", items=(f"item:{item}",))
                group.record(analysis(seen, [match(item=item)]), found, grouper=latest)
        yield opened


def shape(folder):
    connection = reader.open_reader(folder)
    assert custody.verify(connection) == []
    rows = reader.incidents(connection)
    found = {
        row.id: (sorted(alert.id for alert in reader.incident_detail(connection, row.id).alerts), set(row.items))
        for row in rows
    }
    assert all(row.alert_count == len(found[row.id][0]) for row in rows)
    connection.close()
    return found


BEFORE = {1: ([1, 4], {"item:C-0"}), 2: ([2, 5], {"item:C-1"}), 3: ([3, 6], {"item:C-2"})}


def last_act(folder):
    connection = reader.open_reader(folder)
    id = connection.execute("SELECT max(id) FROM acts").fetchone()[0]
    connection.close()
    return id


def test_merged_and_undone(store, tmp_path):
    assert shape(tmp_path) == BEFORE
    act = store.merge_incidents(1, [2, 3], note="one bag")
    assert shape(tmp_path) == {1: ([1, 2, 3, 4, 5, 6], {"item:C-0", "item:C-1", "item:C-2"})}
    connection = reader.open_reader(tmp_path)
    [row] = reader.incidents(connection)
    assert (row.first_time, row.last_time, len(row.channels)) == (NOW, NOW + 5, 6)
    assert reader.counts(connection).open_incidents == 1
    assert "one bag" in reader.custody(connection, "I1")[-1].detail
    connection.close()
    assert act == last_act(tmp_path)
    store.undo(act)
    assert shape(tmp_path) == BEFORE


def test_split_and_undone_and_what_moved_since_is_not_undone(store, tmp_path):
    new = store.split_incident(1, [4], note="another day")
    assert shape(tmp_path) == {**BEFORE, 1: ([1], {"item:C-0"}), new: ([4], {"item:C-0"})}
    split = last_act(tmp_path)
    store.merge_incidents(2, [new])
    with pytest.raises(StoreError, match="moved again"):
        store.undo(split)
    store.undo(last_act(tmp_path))
    store.undo(split)
    assert shape(tmp_path) == BEFORE


def test_a_later_alert_joins_where_its_kind_is_now(store, tmp_path):
    store.merge_incidents(1, [2])
    with store.group() as group:
        seen = analysis(observation("new", time=NOW + 9), [match(item="C-1")])
        group.record(seen, verdict(items=("item:C-1",)), grouper=latest)
    assert shape(tmp_path)[1][0] == [1, 2, 4, 5, 7]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda store: store.merge_incidents(1, []),
        lambda store: store.merge_incidents(1, [1]),
        lambda store: store.merge_incidents(1, [9]),
        lambda store: store.split_incident(1, [1, 4]),
        lambda store: store.split_incident(1, [2]),
        lambda store: store.split_incident(1, []),
        lambda store: store.split_incident(9, [1]),
        lambda store: store.undo(1),
        lambda store: store.undo(999),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(store, tmp_path, wrong):
    with pytest.raises(StoreError):
        wrong(store)
    assert shape(tmp_path) == BEFORE


def test_another_store_that_takes_the_log_over_has_the_same_incidents_and_may_decide_later(store, tmp_path):
    store.merge_incidents(1, [2])
    new = store.split_incident(3, [6])
    store.set_alert_state(6, AlertState.ACKNOWLEDGED, note="here")
    with Store.open(tmp_path / "centre", actor="centre") as centre:
        list(centre.merge(tmp_path))
        ours, theirs = shape(tmp_path), shape(tmp_path / "centre")
        assert sorted(ours.values(), key=str) == sorted(theirs.values(), key=str)
        assert new in ours
        centre.set_alert_state(6, AlertState.CLOSED, reason="test")
        centre.merge_incidents(1, [3])
        shape(tmp_path / "centre")
        store.set_alert_state(6, AlertState.NEW)
        list(centre.merge(tmp_path))
        shape(tmp_path / "centre")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE alerts SET incident = 3 WHERE id = 2",
        "UPDATE alerts SET incident = 2 WHERE id = 2",
        "DELETE FROM incidents WHERE id = 2",
    ],
)
def test_alerts_that_moved_without_an_act_are_found(store, tmp_path, change):
    store.merge_incidents(1, [2])
    connection = open_writer(tmp_path / schema.FILE_NAME)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(change)
    assert custody.verify(connection)
    connection.close()
