"""Shares of a key: any two give it back, one says nothing of it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.sealing.shares import joined, split

SECRETS = st.binary(min_size=32, max_size=32)


@given(secret=SECRETS, slope=SECRETS, count=st.integers(2, 12))
def test_any_two_shares_give_the_secret_back(secret: bytes, slope: bytes, count: int) -> None:
    parts = dict(enumerate(split(secret, slope, count), 1))
    for pair in itertools.permutations(parts, 2):
        assert joined({number: parts[number] for number in pair}) == secret


@pytest.mark.parametrize("number", [1, 2, 3, 128, 255])
def test_one_share_fits_every_secret(number: int) -> None:
    """Whatever byte a share has, each secret has exactly one slope that leads to it."""
    reached = [split(b"\0", bytes([rise]), max(2, number))[number - 1][0] for rise in range(256)]
    assert sorted(reached) == list(range(256))


def test_a_share_that_was_changed_gives_another_key() -> None:
    parts = split(b"k" * 32, bytes(range(32)), 3)
    assert joined({1: parts[0], 3: b"\0" + parts[2][1:]}) != b"k" * 32
    assert joined({1: parts[0], 2: parts[2]}) != b"k" * 32


@pytest.mark.parametrize("shares", [{}, {1: b"a"}, {1: b"a", 2: b"b", 3: b"c"}, {0: b"a", 1: b"b"}, {1: b"a", 2: b""}])
def test_other_than_two_shares_are_refused(shares: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="share"):
        joined(shares)


def test_one_custodian_or_too_many_are_refused() -> None:
    for count in (0, 1, 256):
        with pytest.raises(ValueError, match="shares"):
            split(bytes(32), bytes(32), count)
