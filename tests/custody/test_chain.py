from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.custody import chain
from forensics.custody.chain import Kind
from tests.custody.made import AGENT, chained, heads, log

COUNT = 40
ENTRIES = log(COUNT)
HEADS = heads(ENTRIES, 10, 20, 30, COUNT)


def walked(entries, heads=HEADS):
    walk = chain.Walk(AGENT, 1, heads=heads)
    found = [(found.kind, found.first, found.last) for found in walk.breaks(entries)]
    return found, walk


def with_field(entries, seq, place, value):
    changed = list(entries[seq - 1])
    changed[place] = value
    return [*entries[: seq - 1], tuple(changed), *entries[seq:]]


def test_an_entry_is_chained_as_the_format_says():
    body = '["O1","é"]'
    data = f"{AGENT}:1:1:ab\n{body}".encode()
    assert chain.canonical(AGENT, 1, 1, "ab", body) == data
    assert chain.digest_after(chain.BEFORE_FIRST, data) == sha256(b"\0" * 32 + data).digest()
    assert chain.leaf_of(b"d" * 32) == sha256(b"\0" + b"d" * 32).digest()


def test_an_untouched_log_holds():
    found, walk = walked(iter(ENTRIES))
    assert (found, walk.size, walk.covered) == ([], COUNT, COUNT)


def test_entries_after_the_last_head_are_vouched_for_by_nobody():
    found, walk = walked(ENTRIES, HEADS[:2])
    assert (found, walk.size, walk.covered) == ([], COUNT, 20)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (3, "ff"),
        (4, '["O1",0]'),
        (5, b"x" * 32),
        (5, b"short"),
        (5, "text"),
        (3, None),
        (3, "ab\n"),
        (4, b"bytes"),
        (4, "\udcff"),
    ],
)
def test_an_edited_entry_is_named(place, value):
    found, _ = walked(with_field(ENTRIES, 15, place, value))
    assert found[0][:2] == (Kind.EDITED, 15)


def test_a_line_end_in_a_key_cannot_move_text_into_the_body():
    key, body = "ab", "x\ny"
    assert chain.canonical(AGENT, 1, 1, key, body) == chain.canonical(AGENT, 1, 1, "ab\nx", "y")
    digest = chained([(key, body)])[0][5]
    assert walked([(AGENT, 1, 1, key, body, digest)], [])[0] == []
    assert walked([(AGENT, 1, 1, "ab\nx", "y", digest)], [])[0] == [(Kind.EDITED, 1, 1)]


def test_a_changed_digest_breaks_the_tree_too():
    found, walk = walked(with_field(ENTRIES, 15, 5, b"x" * 32))
    assert found == [(Kind.EDITED, 15, 16), (Kind.REWRITTEN, 11, 20)]
    assert walk.covered == 10


def test_deleted_entries_are_named():
    found, _ = walked(ENTRIES[:11] + ENTRIES[14:])
    assert found == [(Kind.MISSING, 12, 14)]


def test_a_deletion_that_was_numbered_over_is_found():
    moved = [(*entry[:2], seq, *entry[3:]) for seq, entry in enumerate(ENTRIES[:11] + ENTRIES[12:], 1)]
    found, _ = walked(moved)
    assert found[0] == (Kind.EDITED, 12, 20)
    assert (Kind.REWRITTEN, 11, 20) in found
    assert found[-1] == (Kind.CUT, COUNT, COUNT)


def test_an_entry_put_in_is_named():
    again = (AGENT, 1, 7, "", '["A1"]', b"y" * 32)
    found, walk = walked([*ENTRIES[:7], again, *ENTRIES[7:]])
    assert (found, walk.covered) == ([(Kind.INSERTED, 7, 7)], COUNT)


def test_an_entry_of_another_log_is_named():
    other = log(9, epoch=2)
    assert walked([*ENTRIES[:7], other[7], *ENTRIES[7:]])[0] == [(Kind.INSERTED, 7, 7)]


def test_entries_in_another_order_are_named():
    swapped = [*ENTRIES[:6], ENTRIES[7], ENTRIES[6], *ENTRIES[8:]]
    assert walked(swapped)[0] == [(Kind.MISSING, 7, 7), (Kind.REORDERED, 7, 7)]


def test_a_cut_tail_is_shown_by_a_head():
    assert walked(ENTRIES[:33])[0] == [(Kind.CUT, 34, COUNT)]
    assert walked([])[0] == [(Kind.CUT, 1, COUNT)]
    assert walked(ENTRIES[:33], HEADS[:3])[0] == []


def test_a_log_chained_anew_is_shown_by_its_heads_and_bracketed():
    contents = [entry[3:5] for entry in ENTRIES]
    contents[24] = ("", '["O1","nothing happened"]')
    found, walk = walked(chained(contents))
    assert (found, walk.covered) == ([(Kind.REWRITTEN, 21, 30)], 20)


def test_two_heads_of_one_size_cannot_both_hold():
    found, _ = walked(ENTRIES, [*HEADS, (20, b"z" * 32)])
    assert len(found) == 1
    assert found[0][0] is Kind.REWRITTEN


def test_an_erased_body_leaves_all_the_rest_to_be_checked():
    found, walk = walked(log(COUNT, erased=(5, 6)))
    assert (found, walk.covered) == ([(Kind.ERASED, 5, 6)], COUNT)
    found, _ = walked(with_field(log(COUNT, erased=(5,)), 5, 5, b"x" * 32))
    assert [kind for kind, _, _ in found] == [Kind.ERASED, Kind.EDITED, Kind.REWRITTEN]


junk = st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.binary(), st.booleans(), st.just(AGENT))


@given(row=st.tuples(junk, junk, junk, junk, junk, junk), seq=st.integers(0, COUNT))
def test_anything_at_all_put_in_is_told_of(row, seq):
    assert walked([*ENTRIES[:seq], row, *ENTRIES[seq:]])[0]


@given(place=st.integers(0, 5), value=junk, seq=st.integers(1, COUNT))
def test_any_other_value_in_any_field_is_found(place, value, seq):
    if value != ENTRIES[seq - 1][place] or type(value) is not type(ENTRIES[seq - 1][place]):
        assert walked(with_field(ENTRIES, seq, place, value))[0]


def test_numbers_that_are_none_are_a_break_and_not_an_error():
    for value in (None, "7", 7.0, True):
        assert walked(with_field(ENTRIES, 7, 2, value))[0]


def test_a_break_says_where_and_what():
    assert "entry 7 " in str(chain.Break(kind=Kind.EDITED, first=7, last=7))
    assert "entries 7 to 9 " in str(chain.Break(kind=Kind.REWRITTEN, first=7, last=9))
