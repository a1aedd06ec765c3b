import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.custody import tree
from forensics.errors import Malformed
from tests.custody.definition import LEAVES, MANY, ROOTS, plain_root


def grown(leaves):
    frontier = tree.Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier


def test_the_roots_known_from_certificate_transparency():
    assert tree.root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert [tree.root_of(LEAVES[:size]).hex() for size in range(1, 9)] == ROOTS


@given(size=st.integers(0, len(MANY)))
def test_a_root_is_that_of_the_definition(size):
    assert tree.root_of(MANY[:size]) == plain_root(MANY[:size])


@given(size=st.integers(0, len(MANY)), stop=st.integers(0, len(MANY)))
def test_a_frontier_is_taken_up_where_it_was_left(size, stop):
    stop = min(stop, size)
    kept = grown(MANY[:stop]).to_bytes()
    again = tree.Frontier.from_bytes(kept)
    for leaf in MANY[stop:size]:
        again.append(leaf)
    assert (again.size, again.root()) == (size, plain_root(MANY[:size]))


@pytest.mark.parametrize("data", [b"", b"\0" * 7, b"\0" * 7 + b"\3" + b"x" * 32, b"\0" * 8 + b"x" * 32])
def test_a_frontier_that_is_none_is_refused(data):
    with pytest.raises(Malformed):
        tree.Frontier.from_bytes(data)
