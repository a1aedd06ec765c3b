"""Streams of Deflate are told from chance, and where they end."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.content import Content
from forensics.formats.deflate_streams import BARE, WRAPPED, is_stream, stream_end
from forensics.formats.packed_streams import GZIP

WORDS = b" ".join(str(number).encode() for number in range(5000))


def packed(data: bytes, form: int = WRAPPED, level: int = 6) -> bytes:
    engine = zlib.compressobj(level, zlib.DEFLATED, form)
    return engine.compress(data) + engine.flush()


@pytest.mark.parametrize("level", range(10))
def test_a_stream_of_every_level_is_one_and_ends_where_it_ends(level: int) -> None:
    stream = packed(WORDS, level=level)
    assert is_stream(stream[:16_384])
    assert stream_end(Content.of(b"before" + stream + b"after"), 6) == 6 + len(stream)


def test_a_bare_stream_is_one_when_it_goes_on_for_long() -> None:
    assert is_stream(packed(WORDS, BARE), BARE)
    assert not is_stream(packed(b"short", BARE), BARE)
    assert not is_stream(packed(WORDS, GZIP))


def test_a_wrapped_stream_whose_checksum_is_wrong_is_none_when_it_is_short() -> None:
    stream = packed(WORDS[:200])
    assert is_stream(stream)
    assert not is_stream(stream[:-1] + bytes([stream[-1] ^ 1]))


def test_a_damaged_stream_ends_no_later_than_its_content() -> None:
    stream = packed(random.Random(1).randbytes(200_000))
    assert stream_end(Content.of(stream[:100_000]), 0) == 100_000
    assert stream_end(Content.of(stream[:70_000] + b"\xff" * 1000), 0) <= 71_000


@given(st.binary(max_size=200), st.integers(0, 1 << 32))
def test_chance_is_no_stream(start: bytes, seed: int) -> None:
    noise = start + random.Random(seed).randbytes(8192)
    assert not is_stream(b"x\x9c" + noise)
    assert not is_stream(noise, BARE)
