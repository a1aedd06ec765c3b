"""What waits is counted where it changes: the same as counting it anew, whatever was done."""

import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.database import Connection, open_writer
from forensics.errors import StoreError
from forensics.model import AlertState
from forensics.store import reader, waiting
from forensics.store.states import Decision
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, before_waiting, latest, observation, verdict

ANEW = (
    "SELECT (SELECT count(*) FROM alerts WHERE state = 'new'),"
    " (SELECT count(*) FROM incidents WHERE state IN ('new', 'acknowledged') AND alert_count > 0),"
    " (SELECT coalesce(sum(objects), 0) FROM tallies WHERE outcome <> 'protected')"
)
NEWEST = "SELECT id, latest, (SELECT coalesce(max(a.id), 0) FROM alerts a WHERE a.incident = i.id) FROM incidents i"
STATES = st.sampled_from([AlertState.NEW, AlertState.ACKNOWLEDGED, AlertState.CLOSED])
DEEDS = st.one_of(
    st.tuples(st.just("arrive"), st.integers(0, 2), st.booleans()),
    st.tuples(st.sampled_from("AI"), st.integers(1, 4), STATES),
    st.tuples(st.just("merge"), st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.just("undo"), st.just(0), st.just(0)),
)


def check(connection: Connection) -> None:
    assert waiting.counts(connection) == tuple(connection.execute(ANEW).fetchone())
    assert all(row[1] == row[2] for row in connection.execute(NEWEST))


def do(store: Store, deed: tuple, number: int, back: list) -> None:
    kind, first, second = deed
    if kind == "arrive":
        found = verdict(is_alert=second, items=(f"item:{first}",))
        with store.group() as group:
            group.record(analysis(observation(f"k{number}", time=NOW + number)), found, grouper=latest)
    elif kind == "merge" and first != second:
        store.merge_incidents(first, [second], note="")
    elif kind == "undo" and back:
        store.decide(back.pop())
    elif kind in ("A", "I"):
        reason = "test" if second is AlertState.CLOSED else ""
        back.append(store.decide([Decision(kind=kind, id=first, state=second, reason=reason)]))


@settings(max_examples=40, deadline=None)
@given(deeds=st.lists(DEEDS, max_size=14))
def test_whatever_is_done(tmp_path_factory: pytest.TempPathFactory, deeds: list) -> None:
    folder = tmp_path_factory.mktemp("store")
    back: list = []
    with Store.open(folder, actor="desk", clock=lambda: NOW) as store:
        for number, deed in enumerate(deeds):
            with suppress(StoreError):  # where nothing is there yet to be decided on
                do(store, deed, number, back)
            connection = reader.open_reader(folder)
            check(connection)
            connection.close()


def test_a_store_of_before_and_what_another_brings(tmp_path: Path) -> None:
    with Store.open(tmp_path / "one", actor="desk", clock=lambda: NOW) as store:
        for number in range(5):
            do(store, ("arrive", number % 2, True), number, [])
        do(store, ("A", 2, AlertState.CLOSED), 0, [])
    copy = Path(shutil.copytree(tmp_path / "one", tmp_path / "older"))
    older = open_writer(copy / "evidence.sqlite")
    before_waiting(older)
    older.commit()
    older.close()
    with Store.open(tmp_path / "two", actor="desk", clock=lambda: NOW) as store:
        list(store.merge(tmp_path / "one"))
    for folder in ("one", "older", "two"):
        connection = reader.open_reader(tmp_path / folder)
        check(connection)
        assert waiting.counts(connection)[:2] == (4, 2)
        connection.close()


def test_a_page_reads_no_more_rows_than_it_shows(tmp_path: Path) -> None:
    with Store.open(tmp_path, actor="desk", clock=lambda: NOW) as store:
        do(store, ("arrive", 0, True), 0, [])
    connection = reader.open_reader(tmp_path)
    for state in ("AND state = 'new' ", ""):
        sql = f"SELECT * FROM incidents WHERE alert_count > 0 {state}AND latest < 9 ORDER BY latest DESC LIMIT 9"
        [plan] = connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
        assert "USING INDEX incidents_" in plan["detail"]
