"""The store bench asks what it says it asks: the same rows every time, with the skew that is claimed, and questions
that find some."""

from collections import Counter
from itertools import islice

from tests.benchmarks import store_peers, store_timeline
from tests.benchmarks.bench_store import build, sizes
from tests.benchmarks.store_queries import ask, questions
from tests.benchmarks.store_rows import Rows


def test_rows_are_the_same_for_the_same_seed_and_skewed():
    rows = list(Rows().stream(0, 400))
    assert [a.observation.name for a, _ in rows] == [a.observation.name for a, _ in Rows().stream(0, 400)]
    users = Counter(analysis.observation.subject.user for analysis, _ in rows)
    assert users.most_common(1)[0][1] > 30
    assert len(users) > 80
    assert 5 <= sum(verdict.is_alert for _, verdict in rows) <= 45


def test_a_small_store_is_built_measured_and_asked(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("tests.benchmarks.bench_store.SINGLES", 5)
    monkeypatch.setattr("tests.benchmarks.bench_store.HUNDREDS", 200)
    build(tmp_path, 400)
    assert "| 1000 | 195 |" in capsys.readouterr().out
    assert len(list(sizes(tmp_path / "evidence.sqlite", 400))) == 5
    connection = store_peers.reader.open_reader(tmp_path)
    for name, draw in islice(questions(400).items(), 40):
        timing = ask(connection, draw, times=2, drop=lambda: None)
        assert timing.found or name not in ("latest", "state", "all but", "prefix, two letters"), name
    lines = list(store_timeline.table(connection, 400))
    assert any(line.startswith("| 10 min | 56 | user | 39") for line in lines)
    connection.close()
