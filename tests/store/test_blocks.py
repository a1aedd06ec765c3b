import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.database import open_writer
from forensics.store import blocks

DAY_S = 86_400.0
ENTRIES = st.lists(
    st.tuples(st.integers(1, 200_000), st.integers(-3, 400).map(lambda day: day * DAY_S / 4)), min_size=1, max_size=60
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    opened = open_writer(tmp_path_factory.mktemp("blocks") / "blocks.sqlite")
    opened.execute("CREATE TABLE blocks (day INTEGER, block INTEGER, PRIMARY KEY (day, block)) WITHOUT ROWID")
    opened.execute("BEGIN")
    yield opened
    opened.close()


def keep(connection, entries):
    connection.execute("DELETE FROM blocks")
    blocks.write(connection, {blocks.of(id, time) for id, time in entries})


@settings(max_examples=60, deadline=None)
@given(entries=ENTRIES, since=st.floats(-9e5, 9e6), length=st.floats(0, 3e6), most=st.integers(1, 5))
def test_nothing_that_happened_in_the_time_is_passed_by(connection, entries, since, length, most):
    keep(connection, entries)
    found = blocks.ranges(connection, since=since, until=since + length, most=most)
    assert len(found) <= most
    assert found == sorted(found, reverse=True)
    for id, time in entries:
        if since <= time < since + length:
            assert any(low <= id <= high for low, high in found)


def test_a_few_old_times_among_new_ones_are_not_everything_between(connection):
    keep(connection, [(5000, 100 * DAY_S), (5001, 3 * DAY_S), (90_000, 101 * DAY_S)])
    assert not blocks.ranges(connection, since=40 * DAY_S, until=50 * DAY_S, most=9)
    assert blocks.ranges(connection, since=3 * DAY_S, until=4 * DAY_S, most=9) == [(4096, 5119)]
    assert len(blocks.ranges(connection, since=90 * DAY_S, most=9)) == 2
    assert blocks.ranges(connection, since=90 * DAY_S, most=1) == [(4096, 90_111)]
