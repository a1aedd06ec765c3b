from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.database import open_writer
from forensics.store import blocks

DAY_S = 86_400.0
ENTRIES = st.lists(
    st.tuples(st.integers(1, 200_000) | st.integers(1, 3000), st.integers(-3, 400).map(lambda day: day * DAY_S / 4)),
    min_size=1,
    max_size=60,
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    opened = open_writer(tmp_path_factory.mktemp("blocks") / "blocks.sqlite")
    opened.execute("CREATE TABLE blocks (day INTEGER, block INTEGER, PRIMARY KEY (day, block)) WITHOUT ROWID")
    opened.execute("CREATE TABLE strays (day INTEGER, id INTEGER, PRIMARY KEY (day, id)) WITHOUT ROWID")
    opened.execute("BEGIN")
    yield opened
    opened.close()


def keep(connection, entries, diary=None):
    diary = diary or blocks.Diary()
    connection.execute("DELETE FROM blocks")
    connection.execute("DELETE FROM strays")
    for id, time in entries:
        diary.note(id, time)
    diary.write(connection)


@settings(max_examples=60, deadline=None)
@given(entries=ENTRIES, since=st.floats(-9e5, 9e6), length=st.floats(0, 3e6), most=st.integers(1, 5))
def test_nothing_that_happened_in_the_time_is_passed_by(connection, entries, since, length, most):
    keep(connection, entries)
    found = blocks.ranges(connection, since=since, until=since + length, most=most)
    assert len(found) <= most
    assert found == sorted(found, reverse=True)
    assert all(later > high for (later, _), (_, high) in pairwise(found)), "what lies in two ranges is found twice"
    for id, time in entries:
        if since <= time < since + length:
            assert any(low <= id <= high for low, high in found)


def test_a_few_old_times_among_new_ones_are_not_everything_between(connection):
    new = [(id, 100 * DAY_S) for id in range(5000, 5200)]
    keep(connection, [*new, (5200, 3 * DAY_S), (5201, 100 * DAY_S), (90_000, 101 * DAY_S), (90_001, 101 * DAY_S)])
    assert not blocks.ranges(connection, since=40 * DAY_S, until=50 * DAY_S, most=9)
    assert blocks.ranges(connection, since=3 * DAY_S, until=4 * DAY_S, most=9) == [(5200, 5200)]
    assert len(blocks.ranges(connection, since=90 * DAY_S, most=9)) == 2
    assert blocks.ranges(connection, since=90 * DAY_S, most=1) == [(4096, 90_111)]


def test_old_and_new_times_by_turns_are_looked_for_once(connection):
    keep(connection, [(id, (3 + id % 2) * DAY_S) for id in range(2, 9)])
    assert blocks.ranges(connection, since=3 * DAY_S, until=5 * DAY_S, most=9) == [(0, 1023)]
    assert blocks.ranges(connection, since=4 * DAY_S, until=5 * DAY_S, most=9) == [(7, 7), (5, 5), (3, 3)]


def test_many_old_times_are_looked_for_by_blocks(connection):
    entries = [(id, (3 if id % 2 else 100) * DAY_S) for id in range(1, 9000)]
    keep(connection, entries)
    found = blocks.ranges(connection, since=3 * DAY_S, until=4 * DAY_S, most=9)
    assert found == [(0, 9215)]


def test_what_was_noted_is_forgotten_again(connection):
    diary = blocks.Diary()
    diary.note(1, 0.0)
    mark = diary.mark()
    diary.note(2, 5 * DAY_S)
    diary.note(3, 5 * DAY_S)
    diary.back_to(mark)
    keep(connection, [], diary)
    assert not blocks.ranges(connection, since=5 * DAY_S, until=6 * DAY_S, most=9)
    assert blocks.ranges(connection, since=0.0, until=DAY_S, most=9) == [(0, 1023)]
