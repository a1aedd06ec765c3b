"""Envelopes: what was sealed opens with two shares; cut, moved, spliced or changed it does not."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import Malformed
from forensics.sealing.envelope import SEGMENT_BYTES, TAG_BYTES, Header, new_header, opened, read_header, sealed
from forensics.sealing.shares import joined
from tests.sealing.people import custodians

PEOPLE = custodians()
KEY, DIGEST = os.urandom(32), "ef" * 32
HEADER = new_header("ab" * 32, DIGEST, [person.public for person in PEOPLE], KEY, os.urandom)
START = len(HEADER.packed)
STEP = SEGMENT_BYTES + TAG_BYTES


def envelope(*chunks: bytes) -> bytes:
    return b"".join(sealed(chunks, header=HEADER, key=KEY))


def read(data: bytes, key: bytes = KEY) -> bytes:
    file = io.BytesIO(data)
    return b"".join(opened(file, header=read_header(file), key=key))


@pytest.mark.parametrize("size", [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES])
@pytest.mark.parametrize("piece", [1 << 20, 50_000])
def test_every_size_in_every_cut_is_read_back(size: int, piece: int) -> None:
    data = os.urandom(size)
    chunks = [data[at : at + piece] for at in range(0, size, piece)]
    whole = envelope(*chunks)
    assert read(whole) == data
    assert len(whole) == START + size + TAG_BYTES * max(1, -(-size // SEGMENT_BYTES))
    assert data[:16] not in whole or size == 0 or size < 16


def test_each_two_custodians_have_the_key_and_no_share_opens_for_another() -> None:
    header = Header.parse(HEADER.packed)
    for one, other in ((0, 1), (0, 2), (2, 1)):
        shares = {n + 1: PEOPLE[n].unseal(header.shares[n], header.purpose(n + 1, DIGEST)) for n in (one, other)}
        assert joined(shares) == KEY
    with pytest.raises(Malformed):
        PEOPLE[0].unseal(header.shares[1], header.purpose(2, DIGEST))
    with pytest.raises(Malformed):
        PEOPLE[0].unseal(header.shares[0], header.purpose(2, DIGEST))
    with pytest.raises(Malformed):
        PEOPLE[0].unseal(header.shares[0], header.purpose(1, "00" * 32))


def test_cut_off_anywhere_it_does_not_open_to_its_end() -> None:
    whole = envelope(os.urandom(3 * SEGMENT_BYTES))
    for size in (START, START + 5, START + STEP, START + 2 * STEP, len(whole) - 1):
        with pytest.raises(Malformed):
            read(whole[:size])
    for size in (0, 5, 12, START - 1):
        with pytest.raises(Malformed):
            read(whole[:size])


def test_segments_in_another_order_or_repeated_do_not_open() -> None:
    whole = envelope(os.urandom(3 * SEGMENT_BYTES))
    one, two, three = (whole[START + at * STEP : START + (at + 1) * STEP] for at in range(3))
    for order in ((two, one, three), (one, one, three), (one, three), (one, two, three, three), (three, two, one)):
        with pytest.raises(Malformed):
            read(whole[:START] + b"".join(order))


def test_a_segment_of_another_envelope_does_not_open_even_under_the_same_key() -> None:
    other = new_header("cd" * 32, DIGEST, [person.public for person in PEOPLE], KEY, os.urandom)
    foreign = b"".join(sealed([bytes(10)], header=other, key=KEY))
    with pytest.raises(Malformed):
        read(HEADER.packed + foreign[len(other.packed) :])


@given(at=st.integers(0, START + 200 + TAG_BYTES - 1), change=st.integers(1, 255))
def test_one_changed_byte_is_noticed(at: int, change: int) -> None:
    whole = bytearray(envelope(bytes(200)))
    whole[at] ^= change
    with pytest.raises(Malformed):
        read(bytes(whole))


@given(data=st.binary(max_size=300))
def test_any_bytes_are_malformed(data: bytes) -> None:
    for start in (b"", b"EWSEAL1\n", b"EWSEAL1\n\0\0\0\x20"):
        with pytest.raises(Malformed):
            read(start + data)


def test_one_custodian_is_too_few() -> None:
    with pytest.raises(ValueError, match="1 shares"):
        new_header("ab" * 32, DIGEST, [PEOPLE[0].public], KEY, os.urandom)
