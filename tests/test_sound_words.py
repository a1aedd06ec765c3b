"""Odds and changes as people are told them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.sound_words import changes, odds


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (1.0, "more than 1 in 2"),
        (0.5, "1 in 2"),
        (0.02, "1 in 50"),
        (2.7e-5, "1 in 37,000"),
        (1e-9, "1 in 1,000,000,000"),
        (0.0, "less than 1 in 1,000,000,000"),
        (math.nan, "more than 1 in 2"),
    ],
)
def test_odds(probability: float, words: str) -> None:
    assert odds(probability) == words


@pytest.mark.parametrize(
    ("speed", "pitch", "words"),
    [
        (1.0, 1.0, []),
        (1.002, 0.998, []),
        (1.05, 1.048, ["at 105 % speed"]),
        (0.95, 1.0, ["at 95 % tempo", "pitch kept"]),
        (1.0, 2 ** (1 / 12), ["pitch 1.0 semitones up"]),
        (1.05, 2 ** (-1 / 12), ["at 105 % tempo", "pitch 1.0 semitones down"]),
    ],
)
def test_changes(speed: float, pitch: float, words: list[str]) -> None:
    assert changes(speed, pitch) == words


@given(st.floats(), st.floats(), st.floats())
def test_any_numbers_can_be_said(probability: float, speed: float, pitch: float) -> None:
    assert odds(probability)
    assert isinstance(changes(speed, pitch), list)
