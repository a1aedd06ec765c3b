"""Windows together hold every sample, overlap by more than a clip and stay small."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.formats.sound_windows import BYTES_PER_SECOND, OVERLAP_S, WINDOW_S, Windows
from forensics.model import Part


def windows_of(seconds: int, step: int) -> tuple[bytes, list[Part]]:
    samples = np.random.default_rng(1).integers(-9, 9, seconds * 8000).astype("<i2").tobytes()
    windows = Windows("audio-0")
    parts = [part for at in range(0, len(samples), step) for part in windows.write(samples[at : at + step])]
    return samples, [*parts, *windows.finish()]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 3 * WINDOW_S), st.sampled_from([9998, 500_000, 20_000_000]))
def test_windows_hold_every_sample_where_they_say(seconds: int, step: int) -> None:
    samples, parts = windows_of(seconds, step)
    joined = b""
    for part in parts:
        start = round(part.start_s * BYTES_PER_SECOND)
        assert part.content.size <= WINDOW_S * BYTES_PER_SECOND
        assert samples[start : start + part.content.size] == part.content.bytes()
        joined += part.content.bytes()[len(joined) - start :]
    assert joined == samples


def test_windows_overlap() -> None:
    first, second = windows_of(WINDOW_S + 60, 1_000_000)[1]
    assert first.start_s + first.content.size / BYTES_PER_SECOND - second.start_s == OVERLAP_S


def test_nothing_is_one_empty_window() -> None:
    assert [part.content.size for part in windows_of(0, 1)[1]] == [0]


def test_a_fork_goes_on_where_the_other_stood() -> None:
    windows = Windows("audio-0")
    list(windows.write(b"\1\0" * 100))
    fork = windows.fork("channel 2")
    list(fork.write(b"\2\0" * 100))
    (part,) = fork.finish()
    assert part.content.bytes() == b"\1\0" * 100 + b"\2\0" * 100
    assert (part.role, windows.size) == ("channel 2", 200)
