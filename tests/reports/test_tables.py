"""CSV: what a spreadsheet would run is harmless, and what was written is read again."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.reports.tables import csv_lines, guarded, original
from forensics.text_safety import visible

TEXTS = st.text(st.sampled_from("=+-@'\" \t\r\n,;a1\ufeff\uff1d\u202e\x1b|%"), max_size=8) | st.text(max_size=8)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", '"=1', "'=1", "\ufeff=1", "\uff1d1"],
)
def test_what_a_spreadsheet_would_run_is_guarded(text: str) -> None:
    assert guarded(text).startswith("'")
    assert original(guarded(text)) == text


def test_other_texts_stay_as_they_are() -> None:
    for text in ("", "clip.wav", "a=b", "1-2", "'quoted'", "http://host/?a=b"):
        assert guarded(text) == text


@given(TEXTS)
def test_guarding_can_be_undone(text: str) -> None:
    assert original(guarded(text)) == text


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=4))
def test_a_reader_of_csv_reads_what_was_written(rows: list[tuple[str, str]]) -> None:
    read = list(csv.reader("".join(csv_lines(("a", "b"), rows)).splitlines(keepends=True)))
    assert read[0] == ["a", "b"]
    assert [[original(cell) for cell in row] for row in read[1:]] == [[visible(cell) for cell in row] for row in rows]
    for cell in (cell for row in read for cell in row):
        assert not cell.strip().startswith(("=", "+", "-", "@"))


def test_numbers_stay_numbers() -> None:
    assert list(csv_lines(("n", "b", "none"), [(-1, True, None)])) == ["n,b,none\r\n", "-1,yes,\r\n"]
