"""What happened when, by contractor and by workstation, against a store of a few known moments."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forensics.database import Connection, open_writer
from forensics.errors import StoreError
from forensics.model import Severity, Subject, Verdict
from forensics.store import activity, reader, timeline
from forensics.store.grammar import QueryError
from forensics.store.group import Grouper
from forensics.store.timeline import Axis, Bar, Kind, Window
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, before_waiting, called, latest, observation, verdict

MINUTE = 60.0
HOUR = Window(since=NOW - 30 * MINUTE, step_s=10 * MINUTE, steps=6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Alerts of two people in three steps, a return, a return that alerts, two sightings, one of nobody known."""
    folder = tmp_path_factory.mktemp("store")
    quiet = replace(verdict(), is_alert=False)
    back = replace(quiet, items=("package:PKG-7", "returned:PKG-7", "way:portal"))
    story: list[tuple[str, float, Subject, Verdict]] = [
        ("before", -31, person("anna"), quiet),
        ("a", -30, person("anna"), verdict()),
        ("b", -21, person("anna"), replace(verdict(), severity=Severity.CRITICAL)),
        ("c", -20.5, person("anna"), replace(verdict(), severity=Severity.LOW)),
        ("d", 0, person("boris", "ws-2"), verdict()),
        ("e", 1, person("boris", "ws-2"), back),
        ("f", 2, person("boris", "ws-2"), replace(back, is_alert=True)),
        ("g", 11, person("boris", "ws-2"), quiet),
        ("h", 12, person("boris", "ws-2"), quiet),
        ("i", 29, Subject(host="", user="", process="", pid=1, method="owner"), quiet),
        ("after", 30, person("anna"), quiet),
    ]
    with Store.open(folder, actor="tester", clock=lambda: NOW) as store:
        for key, minutes, subject, decided in story:
            with store.group() as group:
                seen = observation(key, time=NOW + minutes * MINUTE, subject=subject)
                group.record(analysis(seen), decided, grouper=latest)
    return folder


def person(user: str, host: str = "ws-1") -> Subject:
    return Subject(host=host, user=user, process="cp", pid=7, method="owner")


@pytest.fixture
def connection(folder: Path) -> Connection:
    return reader.open_reader(folder)


def counted(bars: tuple[Bar, ...]) -> Counter[tuple[str, Kind, int]]:
    found: Counter[tuple[str, Kind, int]] = Counter()
    for bar in bars:
        found[bar.name, bar.kind, bar.step] += bar.count
    return found


def totals(bars: tuple[Bar, ...]) -> dict[tuple[str, Kind, int], tuple[int, int]]:
    """Of each lane and step how many, and the rank of the gravest."""
    found: dict[tuple[str, Kind, int], tuple[int, int]] = {}
    for bar in bars:
        count, worst = found.get(key := (bar.name, bar.kind, bar.step), (0, -1))
        found[key] = count + bar.count, max(worst, bar.worst.rank if bar.worst is not None else -1)
    return found


def test_counts_by_contractor_kind_and_step(connection: Connection, folder: Path) -> None:
    anna, boris = called(folder, "anna"), called(folder, "boris")
    page = timeline.bars(connection, HOUR, by="user")
    assert counted(page.bars) == {
        (anna, "alert", 0): 3,
        (boris, "alert", 3): 2,
        (boris, "returned", 3): 2,
        (boris, "seen", 4): 2,
        ("", "seen", 5): 1,
    }
    assert {bar.name: bar.worst for bar in page.bars if bar.kind == "alert"}[anna] is Severity.CRITICAL
    assert (page.count, page.before_id) == (9, None)


def test_counts_by_workstation_and_what_fits_a_query(connection: Connection) -> None:
    by_host = counted(timeline.bars(connection, HOUR, by="host").bars)
    assert {name for name, _, _ in by_host} == {"ws-1", "ws-2", ""}
    fitting = timeline.bars(connection, HOUR, by="host", query="severity:critical OR user:boris")
    assert counted(fitting.bars)["ws-1", "alert", 0] == 1
    assert counted(fitting.bars)["ws-2", "seen", 4] == 2
    with pytest.raises(QueryError):
        timeline.bars(connection, HOUR, by="host", query="nosuch:field")


@pytest.mark.parametrize("by", ["user", "host"])
@pytest.mark.parametrize("most", [1, 2, 4, 9])
def test_pages_add_up_to_the_whole(connection: Connection, by: Axis, most: int) -> None:
    whole, sum_of_pages, key, pages = counted(timeline.bars(connection, HOUR, by=by).bars), Counter(), None, 0
    while True:
        page = timeline.bars(connection, HOUR, by=by, before_id=key, most=most)
        sum_of_pages += counted(page.bars)
        key, pages = page.before_id, pages + 1
        if key is None:
            break
    assert sum_of_pages == whole
    assert pages == 9 // most + 1


def test_what_lies_within_a_step(connection: Connection, folder: Path) -> None:
    boris = called(folder, "boris")
    since, until = HOUR.start(3), HOUR.start(4)
    alerts = timeline.within(connection, since, until, by="user", name=boris, kind="alert")
    returns = timeline.within(connection, since, until, by="user", name=boris, kind="returned")
    assert [hit.time for hit in alerts] == [NOW + 2 * MINUTE, NOW]
    assert [(hit.kind, hit.time) for hit in returns] == [("alert", NOW + 2 * MINUTE), ("sighting", NOW + MINUTE)]
    assert timeline.within(connection, since, until, by="user", name=boris, kind="seen") == ()
    nobody = timeline.within(connection, HOUR.since, HOUR.until, by="user", name="", kind="seen")
    assert [hit.time for hit in nobody] == [NOW + 29 * MINUTE]


def test_everything_within_a_window_comes_in_pages(connection: Connection) -> None:
    first = timeline.within(connection, HOUR.since, HOUR.until, by="host", limit=4)
    rest = timeline.within(connection, HOUR.since, HOUR.until, by="host", before_id=5, limit=50)
    assert len(first) == 4
    assert {hit.time for hit in (*first, *rest)} <= {
        NOW + minutes * MINUTE for minutes in (-30, -21, -20.5, 0, 1, 2, 11, 12, 29)
    }
    every = timeline.within(connection, HOUR.since, HOUR.until, by="host")
    assert len(every) == 9


def test_every_bar_is_what_lies_within_it(connection: Connection) -> None:
    for by in ("user", "host"):
        for (name, kind, step), count in counted(timeline.bars(connection, HOUR, by=by).bars).items():
            found = timeline.within(connection, HOUR.start(step), HOUR.start(step + 1), by=by, name=name, kind=kind)
            assert len(found) == count, (name, kind, step)


def test_how_far_the_evidence_reaches(connection: Connection, tmp_path: Path) -> None:
    reach = timeline.extent(connection)
    assert reach is not None
    assert reach[0] <= NOW < reach[1]
    Store.open(tmp_path, actor="tester").close()
    assert timeline.extent(reader.open_reader(tmp_path)) is None


def test_a_damaged_value_is_a_store_error(folder: Path, tmp_path: Path) -> None:
    with Store.open(tmp_path, actor="tester", clock=lambda: NOW) as store, store.group() as group:
        group.record(analysis(observation("a")), verdict(), grouper=latest)
    damaged = open_writer(tmp_path / "evidence.sqlite")
    damaged.execute("UPDATE alerts SET severity = 'purple'")
    damaged.commit()
    damaged.close()
    with pytest.raises(StoreError, match="damaged"):
        timeline.bars(reader.open_reader(tmp_path), HOUR, by="user")


WHOLE_HOURS = Window(since=NOW // 3600 * 3600 - 48 * 3600, step_s=3600, steps=96)
DAYS = Window(since=NOW // 86_400 * 86_400 - 5 * 86_400, step_s=2 * 86_400, steps=6)
EVERYTHING = "after:1970"
"""A query that everything fits, and for which every entry is read."""


@pytest.mark.parametrize("window", [WHOLE_HOURS, DAYS], ids=["hours", "days"])
@pytest.mark.parametrize("by", ["user", "host"])
def test_what_is_counted_as_it_is_recorded_is_what_is_there(connection: Connection, window: Window, by: Axis) -> None:
    counted_before, read = (timeline.bars(connection, window, by=by, query=query) for query in ("", EVERYTHING))
    assert totals(counted_before.bars) == totals(read.bars)
    assert (counted_before.count, counted_before.before_id) == (read.count, None)
    assert read.count == 11


def test_steps_that_are_no_whole_hours_are_read(connection: Connection) -> None:
    assert activity.hours_of(HOUR.since, HOUR.step_s) is None
    assert [activity.hours_of(each.since, each.step_s) for each in (WHOLE_HOURS, DAYS)] == [1, 24]
    assert activity.hours_of(DAYS.since + 1800, 86_400) is None
    assert activity.hours_of(DAYS.since + 3600, 86_400) == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_story_is_counted_as_it_is_there(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("any")
    items = st.sampled_from(["returned:PKG-7", "item:C-1", 'odd","returned:no', "way:x", ',"returned:no'])
    with Store.open(folder, actor="tester", clock=lambda: NOW) as store:
        for number in range(data.draw(st.integers(1, 8))):
            user, host = data.draw(st.tuples(st.sampled_from(["", "anna", "\udcff\x00b"]), st.sampled_from(["", "w"])))
            hours = data.draw(st.sampled_from([-40.0, -1.0, -0.1, 0.0, 5.0, 30.0]))
            decided = replace(
                verdict(),
                is_alert=data.draw(st.booleans()),
                severity=data.draw(st.sampled_from(Severity)),
                items=tuple(data.draw(st.lists(items, max_size=3))),
            )
            seen = observation(f"k{number}", time=NOW + hours * 3600, subject=person(user, host))
            with store.group() as group:
                group.record(analysis(seen), decided, grouper=latest)
    connection = reader.open_reader(folder)
    for window in (WHOLE_HOURS, DAYS):
        for by in activity.AXES:
            pages = [timeline.bars(connection, window, by=by, query=query) for query in ("", EVERYTHING)]  # type: ignore[arg-type]
            assert totals(pages[0].bars) == totals(pages[1].bars)
            assert pages[0].count == pages[1].count
    connection.close()


def test_what_is_undone_is_not_counted(tmp_path: Path) -> None:
    def keep(store: Store, keys: str, grouper: Grouper) -> None:
        with store.group() as group:
            for key in keys:
                group.record(analysis(observation(key)), verdict(), grouper=grouper if key == "c" else latest)

    def nonsense(*_: object) -> int:
        return 999

    with Store.open(tmp_path, actor="tester", clock=lambda: NOW) as store:
        for keys in ("c", "ac", "abc"):
            with pytest.raises(StoreError):
                keep(store, keys, nonsense)
        keep(store, "b", latest)
    for query in ("", EVERYTHING):
        page = timeline.bars(reader.open_reader(tmp_path), WHOLE_HOURS, by="host", query=query)
        assert [(bar.kind, bar.count) for bar in page.bars] == [("alert", 1)]


def test_a_store_of_before_is_counted_when_it_is_opened(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    older = open_writer(copy / "evidence.sqlite")
    before_waiting(older)
    older.execute("DROP TABLE activity")
    older.execute("PRAGMA user_version = 7")
    older.commit()
    older.close()
    whole = timeline.bars(reader.open_reader(folder), WHOLE_HOURS, by="user")
    assert counted(timeline.bars(reader.open_reader(copy), WHOLE_HOURS, by="user").bars) == counted(whole.bars)


def test_what_another_store_brings_is_counted_once(folder: Path, tmp_path: Path) -> None:
    with Store.open(tmp_path, actor="tester", clock=lambda: NOW) as store:
        for _ in range(2):
            list(store.merge(folder))
    found = timeline.bars(reader.open_reader(tmp_path), WHOLE_HOURS, by="host")
    assert counted(found.bars) == counted(timeline.bars(reader.open_reader(folder), WHOLE_HOURS, by="host").bars)
