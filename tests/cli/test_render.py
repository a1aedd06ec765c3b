"""Records and lines: a time is always writable, a match says how it was heard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forensics.cli.render import as_heard, match_line, match_record
from forensics.model import Match, Sound
from forensics.reports.records import iso

HEARD = Match(
    rule="registered-audio",
    matcher="audio",
    artifact=0,
    score=2.5,
    item="C-1",
    query_start_s=3.0,
    clip_start_s=0.5,
    duration_s=2.0,
    speed=1.05,
    sound=Sound(
        false_alarm=1e-5,
        pitch=1.05,
        family=("C-2", "C\u202e3", "C-4", "C-5"),
        issued=(255,),
        heard=(254,),
        evidence=(3.25,),
        waves_s=0.5,
        waves=(0.9,),
    ),
)


@pytest.mark.parametrize(
    ("time", "written"), [(0.0, "1970-01-01T00:00:00.000Z"), (2.0**60, "9999-12-31T23:59:59.000Z")]
)
def test_a_time_beyond_the_calendar_stands_at_its_end(time: float, written: str) -> None:
    assert iso(time) == written


def test_a_match_says_how_it_was_heard() -> None:
    line = match_line(HEARD)
    assert "clip 0.50-2.50 s found at 3.00 s, at 105 % speed, by chance: 1 in 100,000 recordings" in line
    assert "same take as C-2 and C<202E>3 and C-4 and 1 more" in line


def found(item: str, at_s: float, *family: str, accepted: bool = True) -> Match:
    return replace(
        HEARD, item=item, query_start_s=at_s, accepted=accepted, speed=1.0, sound=Sound(family=family, false_alarm=0.1)
    )


def test_people_read_in_the_order_of_the_recording_and_of_each_take_once_a_place() -> None:
    text = replace(HEARD, rule="registered-text", item="T-1", sound=None)
    below = found("C-3", 1.0, "C-1", accepted=False)
    matches = [
        found("C-1", 9.0, "C-2"),
        found("C-2", 9.1, "C-1"),
        below,
        found("C-2", 2.0, "C-1"),
        text,
        found("C-1", 2.0, "C-2"),
        found("C-4", 2.1),
    ]
    listed = [(match.item, match.query_start_s) for match in as_heard(matches)]
    assert listed == [("C-2", 2.0), ("C-4", 2.1), ("C-1", 9.0), ("C-3", 1.0), ("T-1", 3.0)]
    inside = replace(found("C-2", 9.0, "C-1"), artifact=1)
    assert inside in as_heard([*matches, inside])


def test_codes_are_hexadecimal_and_long_traces_can_be_left_out() -> None:
    record = match_record(HEARD)
    assert (record["false_alarm"], record["pitch"], record["family"][0]) == (1e-5, 1.05, "C-2")
    assert record["trace"]["issued"] == ["00000000000000ff"]
    assert record["trace"]["heard"] == ["00000000000000fe"]
    assert (record["trace"]["step_s"], record["trace"]["waveform"]["correlation"]) == (0.08, [0.9])
    assert match_record(HEARD, longest_trace=0)["trace"] is None


def test_what_was_not_heard_has_the_same_keys() -> None:
    plain = match_record(Match(rule="r", matcher="yara", artifact=0, score=1.0))
    assert plain.keys() == match_record(HEARD).keys()
    assert (plain["false_alarm"], plain["family"], plain["trace"]) == (None, [], None)
