"""A canary is recognised after triage and by exactly its bytes: nothing else is hidden by one that lies beside it."""

from dataclasses import replace
from pathlib import Path

import pytest

from forensics.content import Content
from forensics.model import AlertState, Scope, Severity
from forensics.policy import load
from forensics.recorder import Entry, Recorder
from forensics.resources import rules_folder
from forensics.selfcheck.kit import Kit
from forensics.store import custody, reader
from forensics.store.canaries import FOUND, Canary
from forensics.store.writer import Store
from forensics.workers import Result
from tests.store.made import analysis, match, name_custodians, observation


@pytest.fixture
def store(tmp_path):
    name_custodians(tmp_path, 2)
    with Store.open(tmp_path, actor="watch") as opened:
        yield opened


@pytest.fixture
def kit(store):
    return Kit(store.selfcheck_secret())


def issued(store, kit, content: bytes, *, secret: Kit | None = None, channel="removable") -> int:
    now = round(store._pen.clock(), 3)
    sha256 = Content.of(content).sha256
    said = {"channel": channel, "sensor": "files:removable:/x", "destination": "x", "nonce": "01", "sha256": sha256}
    canary = Canary(**said, sent=now, due=now + 60)
    return store.issue_canary(replace(canary, seal=(secret or kit).seal(*canary.said)))


def found(kit, key: str, content: bytes, *, by=("audio", "text"), also=(), **seen):
    """What the pipeline makes of the canary: known by its sound and its words."""
    matches = [match(matcher=each, rule=f"registered-{each}", item=kit.clip, package=kit.package) for each in by]
    return analysis(observation(key, content=Content.of(content), **seen), [*matches, *also])


def record(store, *analyses, reports=None):
    recorder = Recorder(store=store, policy=load(rules_folder() / "policy.toml"), folder=store.folder)
    kept = [Result(analysis=each, kept={"0" * 64: Content.of(b"kept")}) for each in analyses]
    return recorder.record([Entry(result=each) for each in kept])


def alerts(folder: Path):
    connection = reader.open_reader(folder)
    try:
        assert custody.verify(connection) == []
        return {row.id: (row.state, row.severity, row.incident_id) for row in reader.queue(connection)}
    finally:
        connection.close()


def test_its_alert_is_closed_as_a_test_in_an_incident_of_its_own(store, kit):
    id = issued(store, kit, b"canary")
    [report] = record(store, found(kit, "k1", b"canary"))
    assert (report.alert, report.canary.id, report.canary.outcome) == (None, id, FOUND)
    connection = reader.open_reader(store.folder)
    detail = reader.alert_detail(connection, report.recorded.alert_id)
    assert (detail.alert.state, detail.alert.severity) == (AlertState.CLOSED, Severity.INFO)
    assert (detail.alert.user, detail.alert.host) == ("", "ws-1"), "it is no deed of who runs the monitor"
    assert not any(artifact.is_kept for artifact in detail.artifacts), "there is nothing in it to be kept"
    assert reader.closed(connection) == {report.recorded.alert_id: "test"}
    connection.close()
    [again] = record(store, found(kit, "k1", b"canary"))
    assert (again.alert, again.recorded.is_new) == (None, False), "the same act seen again is the same"
    assert len(alerts(store.folder)) == 1


def test_nothing_but_its_bytes_is_a_canary(store, kit):
    issued(store, kit, b"canary")
    beside = match(item="C-001", package="PKG-7")
    [leak] = record(store, found(kit, "k1", b"canary and a leak", also=[beside]))
    assert leak.alert["severity"] == "high"
    [own] = record(store, found(kit, "k2", b"canary"))
    assert own.canary.outcome == FOUND
    assert own.recorded.incident_id != leak.recorded.incident_id
    [copied] = record(store, found(kit, "k3", b"canary", name="copy.zip"))
    assert copied.alert["severity"] == "high", "a digest is a test once"
    states = {state for state, _, incident in alerts(store.folder).values() if incident != own.recorded.incident_id}
    assert states == {AlertState.NEW}


def test_of_two_at_once_one_is_the_test(store, kit):
    issued(store, kit, b"canary")
    reports = record(store, found(kit, "k1", b"canary"), found(kit, "k2", b"canary"))
    assert [report.alert is None for report in reports] == [True, False]


def test_another_channel_or_a_forged_issue_is_no_test(store, kit):
    issued(store, kit, b"canary", channel="http")
    [report] = record(store, found(kit, "k1", b"canary"))
    assert report.alert is not None
    issued(store, kit, b"a leak", secret=Kit(bytes(32)))
    [report] = record(store, found(kit, "k2", b"a leak"))
    assert report.alert is not None, "who can write into the table, but has not the key, hides nothing"


@pytest.mark.parametrize(
    ("by", "lack"),
    [(("text",), "not known again by audio"), (("audio",), "not known again by text"), ((), "by audio and text")],
)
def test_what_did_not_know_it_again_is_said(store, kit, by, lack):
    issued(store, kit, b"canary")
    [report] = record(store, found(kit, "k1", b"canary", by=by))
    assert report.canary.outcome == ""
    assert lack in report.canary.lack


def test_that_no_alert_came_of_it_is_said(store, kit):
    issued(store, kit, b"canary")
    store.suppress(Scope(channel="removable"), until=store._pen.clock() + 100, reason="a move")
    [report] = record(store, found(kit, "k1", b"canary"))
    assert report.canary.outcome == ""
    assert "no alert came of it: suppressed by S1" in report.canary.lack


def test_in_a_folder_for_work_it_is_a_sighting(store, kit):
    issued(store, kit, b"canary", channel="work")
    [report] = record(store, found(kit, "k1", b"canary", channel="work", is_leaving=False))
    assert (report.canary.outcome, report.recorded.alert_id) == (FOUND, None)
