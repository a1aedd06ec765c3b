"""Sound in MP4 files that lost their index."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decoders.opening import Opened, encoded, opened, run_ffmpeg


@cache
def recorded(channels: int, rate: int, bits: str = "64k") -> bytes:
    return encoded("m4a", "-ac", str(channels), "-ar", str(rate), "-b:a", bits)


def unindexed(whole: bytes) -> bytes:
    return whole[: whole.rindex(b"moov") - 4]


def played(data: bytes) -> Opened:
    (part,) = opened(data, "memo.m4a").children
    assert part.name.endswith(".aac")
    return opened(part.content.bytes(), part.name)


@pytest.mark.parametrize(
    ("channels", "rate"), [(1, 44100), (2, 44100), (2, 48000), (1, 16000), (1, 24000), (1, 22050), (1, 8000)]
)
def test_the_sound_of_a_file_without_its_index_plays_to_its_end(channels: int, rate: int) -> None:
    whole = recorded(channels, rate)
    expected = len(opened(whole).samples())
    assert 0.85 * expected <= len(played(unindexed(whole)).samples()) <= 1.15 * expected


def test_of_a_file_that_broke_off_what_is_there_plays() -> None:
    whole = unindexed(recorded(1, 44100))
    half = len(played(whole[: len(whole) // 2]).samples())
    assert 0.3 < half / len(played(whole).samples()) < 0.7


def test_what_lacks_is_said_and_a_whole_file_is_let_be() -> None:
    said = [str(error) for error in opened(unindexed(recorded(2, 44100))).errors]
    assert any("the index (moov) is missing; AAC was found in" in text for text in said)
    assert opened(recorded(2, 44100)).children == []
    noise = recorded(2, 44100)[:28] + b"\0\1\0\0mdat" + random.Random(3).randbytes(65_528)
    assert opened(noise, "a.m4a").children == []
    assert any("no sound was found" in str(error) for error in opened(noise, "a.m4a").errors)


def test_fragments_and_pictures_are_not_taken_for_sound() -> None:
    film = run_ffmpeg("mp4", ["-f", "lavfi", "-i", "testsrc=s=160x120:d=1"], b"")
    assert opened(unindexed(film) if film.rindex(b"moov") > 100 else film, "a.mp4").children == []


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), max_size=8))
def test_any_damage_ends_in_a_report(changes: list[tuple[int, int]]) -> None:
    data = bytearray(unindexed(recorded(1, 16000)))
    for at, value in changes:
        data[at % len(data)] = value
    opened(bytes(data), "a.m4a")
