import math

from hypothesis import given
from hypothesis import strategies as st

from forensics.store.texts import (
    LATEST,
    restored,
    restored_integer,
    stored,
    stored_count,
    stored_integer,
    stored_real,
    stored_time,
)

ANY = st.text(st.characters(exclude_categories=()), max_size=60)
ODD = st.text(st.sampled_from("a\ud800\udcff\udfff\U0010f000\U0010f7ff\U0010f800\U0010f801"), max_size=12)


@given(text=st.one_of(ANY, ODD))
def test_every_text_is_valid_in_the_database_and_comes_back(text):
    stored(text).encode()
    assert restored(stored(text)) == text


def test_long_text_is_cut_and_says_so():
    assert stored("x" * 10, 4) == "xxxx…[6 more]"


@given(number=st.integers(0, (1 << 64) - 1))
def test_inodes_of_64_bits_come_back(number):
    assert -(1 << 63) <= stored_integer(number) < 1 << 63
    assert restored_integer(stored_integer(number)) == number


@given(value=st.one_of(st.floats(), st.just(math.nan)), count=st.integers())
def test_numbers_stay_within_what_the_database_holds(value, count):
    assert math.isfinite(stored_real(value))
    assert abs(stored_time(value)) <= LATEST
    assert -(1 << 63) <= stored_count(count) < 1 << 63
