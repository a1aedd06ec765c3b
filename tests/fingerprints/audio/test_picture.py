"""Pictures of sound: a tone is where it sounds and no stretch of any recording breaks them."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.fingerprints.audio.picture import ROWS, picture


def test_a_tone_is_drawn_where_and_when_it_sounds() -> None:
    time = np.arange(8000) / 8000
    samples = np.concatenate([np.zeros(8000), 9000 * np.sin(2 * np.pi * 3000 * time)]).astype(np.int16)
    drawn = picture(samples, start_s=0.5, seconds=1.0, columns=40)
    loudest = {max(range(ROWS), key=lambda row: int(drawn.levels[row][column], 16)) for column in range(25, 40)}
    assert max(loudest) <= 2, "3,000 Hz stands near the top"
    assert drawn.peaks[:19] == "0" * 19
    assert set(drawn.peaks[21:]) == {"f"}
    assert {row[column] for row in drawn.levels for column in range(15)} == {"0"}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(-32768, 32767), max_size=2000),
    st.floats(-5, 5),
    st.floats(-1, 20),
    st.integers(-3, 500),
)
def test_any_stretch_of_any_recording_is_drawn(values: list[int], start_s: float, seconds: float, columns: int) -> None:
    drawn = picture(np.array(values, np.int16), start_s=start_s, seconds=seconds, columns=columns)
    assert len(drawn.levels) == ROWS
    assert {len(row) for row in drawn.levels} == {len(drawn.peaks)}
