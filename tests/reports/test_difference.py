"""Words of two passages side by side."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forensics.reports.difference import difference


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_word_of_either_is_lost(left: str, issued: str) -> None:
    stretches = difference(left, issued)
    assert " ".join(each.left for each in stretches).split() == left.split()
    assert " ".join(each.issued for each in stretches).split() == issued.split()


def test_of_the_end_of_a_passage_that_is_cut_nothing_is_said() -> None:
    found = [(each.kind, each.left, each.issued) for each in difference("a b", "a b c d", is_cut=True)]
    assert found == [("same", "a b", "a b"), ("unkept", "", "c d")]
    found = [(each.kind, each.left, each.issued) for each in difference("a x", "a b c d", is_cut=True)]
    assert found == [("same", "a", "a"), ("changed", "x", "b"), ("unkept", "", "c d")]


def test_changes_are_named() -> None:
    found = [(each.kind, each.left, each.issued) for each in difference("a  b, c x", "z a b d")]
    assert found == [("missing", "", "z"), ("same", "a  b,", "a b"), ("changed", "c x", "d")]
