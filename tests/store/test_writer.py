import math

import pytest

from forensics.content import Content
from forensics.errors import StoreError
from forensics.model import (
    AlertState,
    CustodyEntry,
    Excerpt,
    Gap,
    IncidentKey,
    OutcomeKind,
    SensorHealth,
    Severity,
    Subject,
)
from forensics.store import custody, reader
from forensics.store.states import Decision
from forensics.store.writer import CLOSE_REASONS, LedgerRow, Store
from tests.store.made import NOW, QUIET, analysis, called, latest, match, observation, verdict


def record(store, *args, **kwargs):
    with store.group() as group:
        return group.record(*args, **{"grouper": latest, **kwargs})


def test_an_alert_is_stored_with_everything_that_says_why(store, reading):
    whole = analysis(inside={"notes.txt": OutcomeKind.CLEAN, "secret.zip": OutcomeKind.ENCRYPTED})
    recorded = record(store, whole, verdict())
    assert recorded.is_new
    detail = reader.alert_detail(reading, recorded.alert_id)
    assert detail.alert.title == "Clip C-001 to a removable medium"
    assert detail.alert.items == ("item:C-001", "package:PKG-7")
    assert [artifact.path[-1] for artifact in detail.artifacts] == ["clip.wav", "notes.txt", "secret.zip"]
    assert [artifact.parent for artifact in detail.artifacts] == [None, 0, 0]
    assert detail.artifacts[2].outcome is OutcomeKind.ENCRYPTED
    assert detail.artifacts[1].facts == {"package.id": "PKG-7"}
    assert detail.matches[0].why == whole.matches[0].why
    assert detail.matches[0].clip_start_s == 0.25
    assert detail.missing_ranges == whole.observation.missing
    assert detail.versions == whole.versions
    assert detail.incident.id == recorded.incident_id
    assert [entry.subject for entry in detail.custody] == [f"O{recorded.observation_id}"]


def test_the_same_observation_again_changes_nothing_but_the_ledger(store, reading):
    first = record(store, analysis(), verdict())
    row = LedgerRow(root="/r", path="clip.wav", dev=1, ino=2, size=3, mtime_ns=4, ctime_ns=5)
    again = record(store, analysis(), verdict(title="Other"), ledger=row)
    assert not again.is_new
    assert (again.observation_id, again.alert_id, again.incident_id) == (
        first.observation_id,
        first.alert_id,
        first.incident_id,
    )
    assert len(reader.queue(reading)) == 1
    assert reader.counts(reading).observations == 1
    assert dict(reader.ledger(reading, "/r")) == {"clip.wav": (1, 2, 3, 4, 5)}


def test_the_same_observation_is_an_alert_beside_it_when_it_names_more_than_before(store, reading):
    first = record(store, analysis(), verdict())
    more = verdict(items=("item:C-001", "item:C-002", "package:PKG-7", "sha256:00"))
    second = record(store, analysis(), more)
    assert second.is_new
    assert second.incident_id == first.incident_id
    for again in (more, verdict(), verdict(items=("item:C-001", "sha256:01"))):
        assert not record(store, analysis(), again).is_new
    assert len(reader.queue(reading)) == 2
    third = record(store, analysis(), verdict(items=("item:C-001", "item:C-002", "item:C-003")))
    assert third.is_new
    assert custody.verify(reading) == []


def test_a_sighting_that_alerts_by_now_is_an_alert_beside_it_and_later_what_it_names_more(store, reading):
    record(store, analysis(), verdict(is_alert=False))
    more = verdict(items=("item:C-009",))
    assert [record(store, analysis(), each).is_new for each in (verdict(), verdict(), more, more)] == [
        True,
        False,
        True,
        False,
    ]


def test_what_is_clean_leaves_a_tally_and_no_name(store, reading, tmp_path):
    private = observation("private", name="Grandmother.jpg", subject=Subject(host="h", user="Rosalind"))
    row = LedgerRow(root="/r", path="x", dev=1, ino=2, size=3, mtime_ns=4, ctime_ns=5)
    recorded = record(store, analysis(private, []), QUIET, ledger=row)
    assert (recorded.observation_id, recorded.alert_id, recorded.incident_id) == (None, None, None)
    assert reader.counts(reading).observations == 1
    assert reader.search(reading, "grandmother") == ()
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"Grandmother" not in everything
    assert b"Rosalind" not in everything


def test_an_unread_object_is_tallied_as_what_it_was(store, reading):
    record(store, analysis(observation(), [], inside={"a.zip": OutcomeKind.ENCRYPTED}), QUIET)
    rows = reading.execute("SELECT channel, outcome, objects FROM tallies").fetchall()
    assert [tuple(row) for row in rows] == [("removable", "encrypted", 1)]


def test_a_match_without_alert_is_kept_as_a_sighting(store, reading):
    recorded = record(store, analysis(observation(is_leaving=False)), verdict(is_alert=False, reason="not leaving"))
    assert recorded.alert_id is None
    detail = reader.observation_detail(reading, recorded.observation_id)
    assert detail.sighting.alert_id is None
    assert not detail.sighting.is_leaving
    assert reader.queue(reading) == ()


def test_a_candidate_below_the_threshold_alone_is_not_kept(store):
    assert record(store, analysis(matches=[match(accepted=False)]), QUIET).observation_id is None


def test_alerts_of_one_leak_become_one_incident(store, reading):
    ids = [
        record(store, analysis(observation("a")), verdict(severity=Severity.MEDIUM, title="copy")),
        record(
            store,
            analysis(observation("b", channel="http", time=NOW + 60)),
            verdict(severity=Severity.CRITICAL, title="upload", items=("package:PKG-7", "item:C-002")),
        ),
        record(store, analysis(observation("c", time=NOW - 5)), verdict(severity=Severity.LOW, items=("item:C-002",))),
        record(store, analysis(observation("d")), verdict(items=("item:C-999",))),
    ]
    assert [each.incident_id for each in ids] == [1, 1, 1, 2]
    incident = reader.incident_detail(reading, 1).incident
    assert (incident.title, incident.severity, incident.alert_count) == ("upload", Severity.CRITICAL, 3)
    assert (incident.first_time, incident.last_time) == (NOW - 5, NOW + 60)
    assert incident.items == ("item:C-001", "package:PKG-7", "item:C-002")
    assert incident.channels == ("removable", "http")


def test_a_closed_incident_and_one_long_past_take_no_more_alerts(store):
    first = record(store, analysis(observation("a")), verdict())
    later = record(store, analysis(observation("b", time=NOW + 90 * 86_400)), verdict())
    assert later.incident_id != first.incident_id
    store.set_incident_state(first.incident_id, AlertState.CLOSED, reason="test")
    assert record(store, analysis(observation("c")), verdict()).incident_id not in (
        first.incident_id,
        later.incident_id,
    )


def test_the_grouper_is_offered_what_is_stored(store, tmp_path):
    offered: list[IncidentKey] = []

    def grouper(found, seen, incidents):
        offered.extend(incidents)

    record(store, analysis(observation("a")), verdict())
    record(store, analysis(observation("b")), verdict(), grouper=grouper)
    assert offered == [
        IncidentKey(
            id=1,
            items=("item:C-001", "package:PKG-7"),
            host="ws-1",
            user=called(tmp_path, "user1"),
            first_time=NOW,
            last_time=NOW,
        )
    ]


def test_content_is_kept_once_under_its_digest(store, reading, tmp_path):
    content = Content.of(b"the leaked bytes" * 5000)
    for key in ("a", "b"):
        record(store, analysis(observation(key, content=content)), verdict(), kept={content.sha256: content})
    relative = reader.kept_content(reading, content.sha256)
    path = tmp_path / relative
    assert b"the leaked bytes" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert len([each for each in (tmp_path / "sealed").rglob("*") if each.is_file()]) == 1
    assert content.sha256[2:] not in relative
    assert reader.alert_detail(reading, 2).artifacts[0].is_kept


def test_content_that_is_gone_or_changed_becomes_a_gap(store, reading, tmp_path):
    file = tmp_path / "changing.wav"
    file.write_bytes(b"before" * 20_000)
    changed = Content.at(file)
    assert changed.sha256
    file.write_bytes(b"beyond" * 20_000)
    gone = Content.recorded(size=5, sha256="0" * 64)
    recorded = record(store, analysis(), verdict(), kept={changed.sha256: changed, gone.sha256: gone})
    assert recorded.alert_id == 1
    causes = sorted(gap.cause for gap in reader.gaps(reading))
    assert causes == [
        "content not kept: the bytes changed after they were examined",
        "content not kept: the bytes of this content are not at hand",
    ]
    assert [each for each in (tmp_path / "sealed").rglob("*") if each.is_file()] == []


HOSTILE = "a\x00b\x1b]52;c;x\x07\u202e\udcff\U0010f000\U0010f800 '\"; DROP TABLE alerts; -- [/b] %s {0}"


def test_hostile_text_comes_back_as_it_was(store, reading):
    seen = observation(
        HOSTILE, name=HOSTILE, source=HOSTILE, destination=HOSTILE, subject=Subject(host=HOSTILE, process=HOSTILE)
    )
    why = (Excerpt(kind="bytes", label=HOSTILE, offset=1 << 70, length=-1, text=HOSTILE),)
    found = match(rule=HOSTILE, item=HOSTILE, package=HOSTILE, title=HOSTILE, why=why)
    whole = analysis(seen, [found], inside={HOSTILE: OutcomeKind.CLEAN}, media_type=HOSTILE)
    record(store, whole, verdict(title=HOSTILE, reason=HOSTILE, items=(f"item:{HOSTILE}",)))
    detail = reader.alert_detail(reading, 1)
    assert (detail.alert.name, detail.alert.process, detail.alert.title) == (HOSTILE, HOSTILE, HOSTILE)
    assert detail.artifacts[1].path == (HOSTILE, HOSTILE)
    assert detail.matches[0].why == why
    assert detail.alert.items == (f"item:{HOSTILE}",)
    assert reader.incident_detail(reading, 1).incident.items == (f"item:{HOSTILE}",)
    assert custody.verify(reading) == []
    assert reader.search(reading, "drop tab*")
    store.set_alert_state(1, AlertState.ACKNOWLEDGED, note=HOSTILE, owner=HOSTILE)
    assert reader.queue(reading)[0].owner == HOSTILE
    assert custody.verify(reading) == []


def test_numbers_no_database_holds_are_bounded(store, reading):
    seen = observation(time=math.inf, subject=Subject(pid=1 << 80))
    record(store, analysis(seen, [match(score=math.nan, speed=math.inf)]), verdict())
    with store.group() as group:
        group.gap(Gap(sensor="s", channel="c", start=-math.inf, end=math.nan, cause="x", size=1 << 90))
        huge = (1 << 64) - 1
        group.remember(LedgerRow(root="/", path="\udcff", dev=huge, ino=huge, size=1, mtime_ns=-5, ctime_ns=1))
    assert reader.alert_detail(reading, 1).matches[0].score == 0.0
    assert dict(reader.ledger(reading, "/")) == {"\udcff": (huge, huge, 1, -5, 1)}
    assert custody.verify(reading) == []


def test_a_vast_tree_keeps_what_matters(store, reading):
    inside = {f"{number}.txt": OutcomeKind.CLEAN for number in range(6000)}
    inside["last.zip"] = OutcomeKind.ENCRYPTED
    whole = analysis(observation(), [match(artifact=5999)], inside=inside)
    record(store, whole, verdict())
    detail = reader.alert_detail(reading, 1)
    numbers = {artifact.number for artifact in detail.artifacts}
    assert len(numbers) == 5000
    assert {0, 5999, 6001} <= numbers
    assert reading.execute("SELECT artifact_count FROM observations").fetchone()[0] == 6002


def test_a_failing_record_undoes_itself_and_not_its_group(store, reading):
    def broken(found, seen, incidents):
        raise RuntimeError("the grouper fell over")

    with store.group() as group:
        group.record(analysis(observation("a")), verdict(), grouper=latest)
        with pytest.raises(RuntimeError):
            group.record(analysis(observation("b")), verdict(), grouper=broken)
        with pytest.raises(StoreError, match="not offered"):
            group.record(analysis(observation("c")), verdict(), grouper=lambda *_: 99)
        group.record(analysis(observation("d")), verdict(), grouper=latest)
    assert [row.id for row in reader.queue(reading)] == [2, 1]
    assert reading.execute("SELECT sum(objects) FROM tallies").fetchone()[0] == 2
    assert custody.verify(reading) == []


def test_tallies_of_several_groups_add_up(store, reading):
    for keys in ("abc", "de"):
        with store.group() as group:
            for key in keys:
                group.record(analysis(observation(key, content=Content.of(b"12345")), []), QUIET, grouper=latest)
    rows = reading.execute("SELECT channel, outcome, objects, bytes FROM tallies").fetchall()
    assert [tuple(row) for row in rows] == [("removable", "clean", 5, 25)]


def test_a_group_that_fails_leaves_nothing(store, reading):
    def interrupted():
        with store.group() as group:
            group.record(analysis(), verdict(), grouper=latest)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert reader.queue(reading) == ()
    assert record(store, analysis(), verdict()).alert_id == 1
    assert custody.verify(reading) == []


def states_of(reading):
    return [
        [tuple(row) for row in reading.execute(f"SELECT id, state, owner, reason, note FROM {table}").fetchall()]
        for table in ("alerts", "incidents")
    ]


def test_decisions_are_taken_back_together(store, reading):
    for key in "abc":
        record(store, analysis(observation(key)), verdict())
    store.set_alert_state(1, AlertState.CLOSED, reason="duplicate", note="seen before")
    before = states_of(reading)
    closing = Decision(kind="I", id=1, state=AlertState.CLOSED, reason="true leak", note="handed on", owner="lee")
    back = store.decide([Decision(kind="A", id=2, state=AlertState.ACKNOWLEDGED), closing])
    assert [row.state for row in reader.queue(reading)] == [AlertState.CLOSED] * 3
    again = store.decide(back)
    assert states_of(reading) == before
    store.decide(again)
    assert sorted(reader.closed(reading).values()) == ["duplicate", "true leak", "true leak"]
    assert custody.verify(reading) == []


def test_decisions_are_all_taken_or_none(store, reading):
    record(store, analysis(observation("a")), verdict())
    before = states_of(reading)
    with pytest.raises(StoreError, match="A77"):
        store.decide([Decision(kind="A", id=id, state=AlertState.ACKNOWLEDGED) for id in (1, 77)])
    assert states_of(reading) == before


def test_states_change_with_reason_owner_and_custody(store, reading):
    record(store, analysis(observation("a")), verdict())
    record(store, analysis(observation("b")), verdict())
    store.set_alert_state(1, AlertState.ACKNOWLEDGED, note="looking")
    assert reader.queue(reading, state=AlertState.ACKNOWLEDGED)[0].owner == "tester"
    with pytest.raises(StoreError, match="true leak"):
        store.set_alert_state(1, AlertState.CLOSED)
    with pytest.raises(StoreError, match="A77"):
        store.set_alert_state(77, AlertState.ACKNOWLEDGED)
    with pytest.raises(StoreError, match="I77"):
        store.set_incident_state(77, AlertState.ACKNOWLEDGED)
    store.set_incident_state(1, AlertState.CLOSED, reason=CLOSE_REASONS[0], owner="lee")
    assert [row.state for row in reader.queue(reading)] == [AlertState.CLOSED] * 2
    assert reader.counts(reading).new_alerts == reader.counts(reading).open_incidents == 0
    details = [entry.detail for entry in reader.alert_detail(reading, 1).custody]
    assert details == [
        "alert A1 in incident I1",
        "new -> acknowledged: looking",
        "acknowledged -> closed: true leak",
    ]
    assert custody.verify(reading) == []


def test_gaps_heartbeats_and_entries_are_kept(store, reading):
    gap = Gap(sensor="net", channel="http", start=NOW, end=NOW + 5, cause="packets dropped", size=17, unit="packets")
    with store.group() as group:
        first = group.gap(gap)
        assert group.gap(gap) == first
        group.custody(CustodyEntry(actor="x", action="export", subject="I1", detail="bundle", time=NOW))
        store.heartbeat(SensorHealth(sensor="net", kind="network", state="running", time=NOW, counters={"seen": 5}))
    store.heartbeat(SensorHealth(sensor="net", kind="network", state="degraded", time=NOW + 1))
    assert [row.cause for row in reader.gaps(reading)] == ["packets dropped"]
    assert reader.gaps(reading, since=NOW + 6) == ()
    assert [(row.state, row.counters) for row in reader.sensors(reading)] == [("degraded", {})]
    assert [entry.actor for entry in reader.custody(reading, "I1")] == ["x"]
    assert custody.verify(reading) == []


def test_what_was_scanned_under_other_rules_is_forgotten_once(store, reading):
    row = LedgerRow(root="/r", path="a", dev=1, ino=2, size=3, mtime_ns=4, ctime_ns=5)
    assert store.scan_under("first") == 0
    with store.group() as group:
        group.remember(row)
    assert store.scan_under("first") == 0
    assert dict(reader.ledger(reading, "/r")) == {"a": (1, 2, 3, 4, 5)}
    assert store.scan_under("second") == 1
    assert dict(reader.ledger(reading, "/r")) == {}
    with store.group() as group:
        group.remember(row)
    assert store.scan_under("second") == 0
    assert store.scan_under("second", what="register") == 1
    assert store.scan_under("second", what="register") == 0


def test_the_ledger_forgets_files_that_are_gone(store, reading):
    with store.group() as group:
        group.remember(LedgerRow(root="/r", path="a", dev=1, ino=2, size=3, mtime_ns=4, ctime_ns=5))
        group.forget("/r", "a")
    assert dict(reader.ledger(reading, "/r")) == {}


def test_entries_are_numbered_without_a_hole_whoever_writes_them(tmp_path, store):
    with Store.open(tmp_path, actor="second") as second:
        record(store, analysis(observation("a")), verdict())
        record(second, analysis(observation("b")), verdict())
        record(store, analysis(observation("c")), verdict())
    connection = reader.open_reader(tmp_path)
    rows = connection.execute("SELECT kind, seq FROM entries ORDER BY id").fetchall()
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert "".join(row["kind"] for row in rows) == "CVOVOO"
    assert {row["epoch"] for row in connection.execute("SELECT epoch FROM observations")} == {1}
    assert custody.verify(connection) == []


def pages(store, limit):
    """Let the database grow no further than `limit` pages; it then says that it is full."""
    store._pen.connection.execute(f"PRAGMA max_page_count = {limit}")


def test_a_database_full_in_mid_group_stores_whole_records_only(store, reading):
    pages(store, store._pen.connection.execute("PRAGMA page_count").fetchone()[0] + 10)

    def record_many():
        with store.group() as group:
            for number in range(1000):
                group.record(analysis(observation(f"a{number}")), verdict(), grouper=latest)

    with pytest.raises(StoreError, match="full"):
        record_many()
    assert reader.queue(reading) == ()

    failures = 0

    def record_on():
        nonlocal failures
        with store.group() as group:
            for number in range(300):
                try:
                    group.record(analysis(observation(f"b{number}")), verdict(), grouper=latest)
                except StoreError:
                    failures += 1

    try:
        record_on()
    except StoreError:
        failures += 1
    assert failures
    pages(store, 1 << 30)
    record(store, analysis(observation("after")), verdict())
    stored = reader.queue(reading, limit=1000)
    assert stored[0].id == len(stored)
    assert len(reader.queue(reading, query="clip:C-001", limit=1000)) == len(stored)
    assert custody.verify(reading) == []
