"""One clip heard in several views is one match; two places of it stay two."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from forensics.model import Match
from forensics.repeats import without_repeats


def match(item: str = "C-1", start_s: float = 10.0, score: float = 2.0, *, accepted: bool = True) -> Match:
    return Match(
        rule="registered-audio",
        matcher="audio",
        artifact=0,
        score=score,
        accepted=accepted,
        item=item,
        query_start_s=start_s,
        duration_s=3.0,
    )


def test_of_the_mix_and_a_channel_the_better_stays() -> None:
    mixed, apart = match(score=2.0), match(start_s=10.1, score=5.0)
    assert without_repeats([mixed, apart]) == [apart]


def test_other_places_clips_artifacts_and_matchers_stay() -> None:
    matches = [
        match(),
        match(start_s=14.0),
        match("C-2"),
        replace(match(), artifact=1),
        replace(match(), matcher="text"),
    ]
    assert without_repeats([*matches, replace(match(), matcher="text")]) == [*matches, matches[-1]]


def test_a_clip_cut_by_a_window_gives_way_to_the_whole() -> None:
    cut = replace(match(start_s=297.0, score=1.2), duration_s=1.5)
    assert without_repeats([cut, match(start_s=297.0)]) == [match(start_s=297.0)]


def test_of_what_was_not_accepted_only_the_best_stays_and_nothing_beside_an_accepted_one() -> None:
    weak, weaker = match(score=0.9, accepted=False), match(start_s=50.0, score=0.8, accepted=False)
    assert without_repeats([weaker, weak]) == [weak]
    assert without_repeats([weaker, match()]) == [match()]


@pytest.mark.parametrize("scores", itertools.permutations((2.0, 3.0, 4.0)))
def test_a_long_clip_cut_by_windows_is_one_match(scores: tuple[float, float, float]) -> None:
    first = replace(match(start_s=250.0, score=scores[0]), duration_s=50.0)
    second = replace(match(start_s=285.0, score=scores[1]), clip_start_s=35.1, duration_s=300.0)
    third = replace(match(start_s=570.0, score=scores[2]), clip_start_s=320.0, duration_s=20.0)
    [whole] = without_repeats([first, second, third])
    assert (whole.query_start_s, whole.clip_start_s, whole.duration_s, whole.score) == (250.0, 0.0, 340.0, 4.0)


def test_a_clip_played_again_at_once_stays_two() -> None:
    again = [replace(match(start_s=start_s), duration_s=3.0) for start_s in (10.0, 13.0, 16.1)]
    assert without_repeats(again) == again
