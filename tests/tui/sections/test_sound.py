"""What the drawing of an acoustic match shows, and that no stored figure breaks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.model import Severity, Sound
from forensics.store import reader
from forensics.store.rows import AlertDetail, MatchRow
from tests.tui.night_shift import heard
from tui.formatting import hung
from tui.sections.sound import BARS, bars, place, shades, sounds, spread

FIGURES = st.floats(min_value=-1e6, max_value=1e6)
CODES = st.lists(st.integers(0, (1 << 64) - 1), max_size=30).map(tuple)


@pytest.fixture
def mailed(night: Path) -> AlertDetail:
    connection = reader.open_reader(night)
    try:
        detail = reader.alert_detail(connection, 5)
    finally:
        connection.close()
    assert detail is not None
    return detail


def row(sound: Sound | None, **values: object) -> MatchRow:
    settings: dict[str, object] = {
        "id": 1,
        "artifact_number": 0,
        "rule": "registered-audio",
        "matcher": "audio",
        "item": "C-1",
        "package": "",
        "score": 2.0,
        "accepted": True,
        "severity": Severity.HIGH,
        "title": "",
        "category": "",
        "technique": "",
        "query_start_s": 3.0,
        "clip_start_s": 1.0,
        "duration_s": 4.0,
        "speed": 1.0,
        "why": (),
        "sound": sound,
    }
    return MatchRow(**{**settings, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize("columns", [78, 118])
def test_a_match_read_back_from_the_store_is_drawn_within_the_width(mailed: AlertDetail, columns: int) -> None:
    lines = hung(sounds(mailed.matches, mailed.artifacts, columns), columns).plain.splitlines()
    text = " ".join(" ".join(lines).split())
    assert max(map(len, lines)) <= columns
    for words in (
        "clip C-012 of AC-2026-003 (assistant)",
        "at 105 % speed",
        "1 in 3,700,000",
        "C-044, C-051",
        "12.3–16.9 of 31.5 s",
        "0.8–5.6 of 6.0 s",
        "below the threshold",
    ):
        assert words in text
    assert sum(line.startswith("codes ") for line in lines) == 2


def test_what_was_not_heard_is_not_drawn() -> None:
    assert sounds([row(None), row(heard(1.0), duration_s=0.0)], (), 78) == []


def test_a_moment_that_speaks_against_the_clip_is_marked_beside_its_colour() -> None:
    assert bars([4.0, -1.0, 4.0], 3).plain == f"{BARS[-1]}·{BARS[-1]}"


def test_agreement_is_blank_where_chance_would_be_and_full_where_all_bits_agree() -> None:
    assert shades([0.5, 1.0, 0.3], 3).plain == " █ "


def test_a_span_always_shows() -> None:
    assert place(40_000.0, 2.0, 43_200.0, 40).plain.count("█") == 1
    assert place(0.0, 5.0, 4.0, 40).plain == "█" * 40


@given(values=st.lists(FIGURES, min_size=1, max_size=200), width=st.integers(1, 130))
def test_values_fill_the_width(values: list[float], width: int) -> None:
    assert len(spread(values, width)) == width
    assert len(bars(values, width).plain) == width


@given(issued=CODES, heard_codes=CODES, evidence=st.lists(FIGURES, max_size=30), figures=st.tuples(*[FIGURES] * 7))
def test_any_stored_figures_can_be_drawn(
    issued: tuple[int, ...], heard_codes: tuple[int, ...], evidence: list[float], figures: tuple[float, ...]
) -> None:
    sound = Sound(
        issued=issued,
        heard=heard_codes,
        evidence=tuple(evidence),
        false_alarm=figures[0],
        pitch=figures[1],
        clip_length_s=figures[2],
        waves_s=figures[3],
        waves=tuple(evidence[:5]),
    )
    match = row(sound, speed=figures[4], query_start_s=figures[5], duration_s=figures[6])
    assert hung(sounds([match, replace(match, accepted=False)], (), 78), 78) is not None
