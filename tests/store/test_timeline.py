"""What happened when, by contractor and by workstation, against a store of a few known moments."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from forensics.database import Connection
from forensics.errors import StoreError
from forensics.model import Severity, Subject, Verdict
from forensics.store import reader, timeline
from forensics.store.grammar import QueryError
from forensics.store.timeline import Axis, Bar, Kind, Window
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, called, latest, observation, verdict

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
    from forensics.database import open_writer

    damaged = open_writer(tmp_path / "evidence.sqlite")
    damaged.execute("UPDATE alerts SET severity = 'purple'")
    damaged.commit()
    damaged.close()
    with pytest.raises(StoreError, match="damaged"):
        timeline.bars(reader.open_reader(tmp_path), HOUR, by="user")
