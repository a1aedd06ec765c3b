"""The database learns what it holds: when there is much, when it has grown much, and while a monitor writes."""

import threading
from functools import partial

from forensics.expiry import Expiry
from forensics.store import reader, statistics
from forensics.store.writer import Store
from tests.store.made import analysis, latest, observation, verdict


def record(store, numbers):
    with store.group() as group:
        for number in numbers:
            group.record(analysis(observation(f"k{number}")), verdict(is_alert=False), grouper=latest)


def known(folder):
    connection = reader.open_reader(folder)
    try:
        has = "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'"
        sql = "SELECT stat FROM sqlite_stat1 WHERE idx = 'entries_key'"
        return bool(connection.execute(has).fetchone()[0]) and connection.execute(sql).fetchone()[0]
    finally:
        connection.close()


def test_it_learns_when_there_is_enough_and_again_when_that_has_doubled(tmp_path):
    with Store.open(tmp_path, actor="tester") as store:
        learn = partial(statistics.learn, store._pen.connection, at_least=100)
        record(store, range(50))
        assert not learn()
        record(store, range(50, 150))
        assert learn()
        assert not learn()
        record(store, range(150, 200))
        assert not learn()
        record(store, range(200, 400))
        assert learn()
        assert not store.learn()
    assert known(tmp_path)


def test_a_monitor_that_runs_has_it_learn(tmp_path, monkeypatch):
    monkeypatch.setattr(statistics, "FIRST_WHILE_OPEN", 100)
    with Store.open(tmp_path, actor="tester") as store:
        expiry = Expiry(store, days=1, names_days=1, features_days=0, every_s=0.05)
        expiry.start()
        assert not known(tmp_path)
        record(store, range(150))
        for _ in range(600):
            if known(tmp_path):
                break
            threading.Event().wait(0.1)
        assert known(tmp_path)
        expiry.stop()
