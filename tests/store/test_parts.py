import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.model import OutcomeKind
from forensics.store import index, parts, reader
from forensics.store.clauses import Clause
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, observation, verdict

NAMES = st.text(
    st.one_of(
        st.sampled_from("aB_-. %/~'\"é再生İẞ\u0301\x00\x1f\ud800\U0010f000"),
        st.characters(),
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    opened = Store.open(tmp_path_factory.mktemp("parts"), actor="tester", clock=lambda: NOW)
    yield opened._pen.connection
    opened.close()


def is_offered(connection, observation, artifacts, part):
    """Whether the index offers an observation with these names for a part."""
    expression = Clause(trigrams=parts.trigrams(part)).paths()
    if not expression:
        return True
    connection.execute("BEGIN")
    try:
        text = parts.indexed(observation, artifacts)
        connection.execute("INSERT INTO path_trigrams (rowid, paths) VALUES (1, ?)", [text])
        sql = "SELECT count(*) FROM path_trigrams WHERE path_trigrams MATCH ?"
        return bool(connection.execute(sql, [expression]).fetchone()[0])
    finally:
        connection.execute("ROLLBACK")


@settings(max_examples=150, deadline=None)
@given(name=NAMES, data=st.data())
def test_any_part_of_any_name_is_offered(connection, name, data):
    kept = parts.folded(parts.stored(name))
    start = data.draw(st.integers(0, max(0, len(kept) - 1)))
    part = kept[start : data.draw(st.integers(start + 1, max(start + 1, len(kept))))]
    seen = {"name": parts.stored(name), "source": "", "destination": ""}
    if part:
        assert is_offered(connection, seen, [], part)


@pytest.mark.parametrize(
    ("part", "trigrams"),
    [
        ("abcd", ('"abc"', '"bcd"')),
        ("再", ('"再\x1f\x1f"',)),
        ("a再", ('"a再\x1f"',)),
        ("a", ()),
        ('a"b', ('"a""b"',)),
    ],
)
def test_a_part_becomes_the_trigrams_it_is_made_of(part, trigrams):
    assert parts.trigrams(part) == trigrams


def test_long_parts_ask_for_some_of_their_trigrams_and_are_compared_whole(tmp_path):
    name = "".join(f"{number:03}-" for number in range(300)) + ".wav"
    with Store.open(tmp_path, actor="tester") as store, store.group() as group:
        group.record(analysis(observation("a", name=name)), verdict(), grouper=latest)
    connection = reader.open_reader(tmp_path)
    part = name[100:900]
    assert len(parts.trigrams(part)) <= parts.MOST_TRIGRAMS
    assert [row.id for row in reader.queue(connection, query=f"path:~{part}~")] == [1]
    assert not reader.queue(connection, query=f"path:~{part[:-9]}x{part[-8:]}~")
    connection.close()


def test_a_hostile_archive_does_not_become_the_index():
    names = {f"{number:05}-{'x' * 90}": OutcomeKind.CLEAN for number in range(2000)}
    found = analysis(inside=names)
    paths = [{"path": artifact.path} for artifact in found.artifacts]
    seen = {"name": "a", "source": "", "destination": ""}
    assert len(parts.indexed(seen, paths)) <= parts.BUDGET + 2


def test_both_indexes_are_made_again_from_the_log(tmp_path):
    with Store.open(tmp_path, actor="tester") as store:
        with store.group() as group:
            recorded = group.record(analysis(observation("a", name="holiday.zip")), verdict(), grouper=latest)
        connection = store._pen.connection
        with store._pen.transaction():
            connection.execute("DELETE FROM path_trigrams")
            assert index.rebuild(connection) == 1
        sql = "SELECT rowid FROM path_trigrams WHERE path_trigrams MATCH '\"oli\"'"
        assert [row[0] for row in connection.execute(sql)] == [recorded.observation_id]
