"""Suppressions: no alert, but a sighting that counts; each has an end, and no other rule's find goes with it."""

from dataclasses import replace

import pytest

from forensics import triage
from forensics.database import open_writer
from forensics.errors import StoreError
from forensics.model import OutcomeKind, Scope, Subject
from forensics.store import custody, reader, schema, suppressions
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, match, observation, verdict


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        self.now += 0.001
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    with Store.open(tmp_path, actor="desk", clock=clock) as opened:
        yield opened


def decided(store, found):
    """As the recorder decides: about people by the names evidence gives them."""
    called = replace(found, observation=store.named(found.observation))
    return triage.suppress(verdict(), called, store.suppressions())


def record(store, key, matches=None, **seen):
    found = analysis(observation(key, **seen), matches)
    with store.group() as group:
        return group.record(found, decided(store, found), grouper=latest)


def listed(folder):
    connection = reader.open_reader(folder)
    assert custody.verify(connection) == []
    found = {row.suppression.id: (row.hits, row.ended) for row in suppressions.listed(connection)}
    connection.close()
    return found


def test_what_fits_is_seen_and_counted_but_no_alert_until_it_ends(store, tmp_path, clock):
    id = store.suppress(Scope(rule="registered-audio", user="user1"), until=NOW + 100, reason="a test")
    quiet = record(store, "a")
    assert (quiet.observation_id is not None, quiet.alert_id) == (True, None)
    assert record(store, "b", subject=Subject(host="ws-1", user="user2")).alert_id is not None
    assert listed(tmp_path) == {id: (1, None)}
    connection = reader.open_reader(tmp_path)
    assert "suppressed by S1 (a test)" in reader.observation_detail(connection, quiet.observation_id).sighting.reason
    connection.close()
    clock.now += 101
    assert store.suppressions() == ()
    assert record(store, "c").alert_id is not None
    assert record(store, "a").alert_id is not None


def test_another_rule_on_the_same_file_still_alerts(store):
    store.suppress(Scope(rule="registered-audio"), until=NOW + 100, reason="a test")
    both = [match(), match(rule="other", item="", package="")]
    assert record(store, "a", both).alert_id is not None
    assert record(store, "b", [match(), match(rule="other", accepted=False)]).alert_id is None


@pytest.mark.parametrize(
    ("scope", "is_quiet"),
    [
        (Scope(channel="removable"), True),
        (Scope(channel="http"), False),
        (Scope(item="C-001"), True),
        (Scope(item="C-001", host="ws-2"), False),
        (Scope(package="PKG-7", destination="file:///media/"), True),
        (Scope(destination="file:///media/sticky"), False),
    ],
)
def test_all_that_is_said_must_hold(store, scope, is_quiet):
    store.suppress(scope, until=NOW + 100, reason="a test")
    assert (record(store, "a").alert_id is None) is is_quiet


def test_what_could_not_be_read_is_suppressed_and_counted_too(store, tmp_path):
    store.suppress(Scope(user="user1"), until=NOW + 100, reason="a test")
    found = analysis(observation("a"), [], inside={"x.zip": OutcomeKind.ENCRYPTED})
    with store.group() as group:
        recorded = group.record(found, decided(store, found), grouper=latest)
    assert (recorded.observation_id is not None, recorded.alert_id) == (True, None)
    assert listed(tmp_path) == {1: (1, None)}


def test_it_can_be_ended_and_what_cannot_be_is_refused(store, tmp_path, clock):
    id = store.suppress(Scope(user="user1"), until=NOW + 100, reason="a test")
    store.end_suppression(id, reason="wrong person")
    assert record(store, "a").alert_id is not None
    assert listed(tmp_path) == {id: (0, pytest.approx(NOW, abs=1))}
    for wrong in (
        lambda: store.end_suppression(id),
        lambda: store.end_suppression(9),
        lambda: store.suppress(Scope(), until=NOW + 9, reason="x"),
        lambda: store.suppress(Scope(user="u"), until=NOW - 9, reason="x"),
        lambda: store.suppress(Scope(user="u"), until=NOW + 9, reason=""),
    ):
        with pytest.raises(StoreError):
            wrong()


def test_those_of_other_machines_are_known_but_do_not_hold_here(store, tmp_path, clock):
    store.suppress(Scope(user="user1"), until=NOW + 100, reason="a test")
    store.end_suppression(store.suppress(Scope(user="user2"), until=NOW + 100, reason="a test"))
    record(store, "a")
    with Store.open(tmp_path / "centre", actor="centre", clock=clock) as centre:
        list(centre.merge(tmp_path))
        assert centre.suppressions() == ()
    assert listed(tmp_path / "centre") == {1: (1, None), 2: (0, pytest.approx(NOW, abs=1))}


@pytest.mark.parametrize(
    "change",
    ["UPDATE suppressions SET until = until + 1", "UPDATE suppressions SET scope = '{}'", "DELETE FROM suppressions"],
)
def test_a_change_without_an_act_is_found(store, tmp_path, change):
    store.suppress(Scope(user="user1"), until=NOW + 100, reason="a test")
    connection = open_writer(tmp_path / schema.FILE_NAME)
    connection.execute(change)
    assert custody.verify(connection)
    connection.close()
