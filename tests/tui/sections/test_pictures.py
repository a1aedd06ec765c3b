"""Pictures of sound in half blocks and in shades, and passages side by side."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from forensics.store import reader
from forensics.store.rows import MatchRow
from tests.tui.night_shift import HOSTILE, PASSAGE
from tui.formatting import Safe, hung
from tui.sections.pictures import SHADED, Paint, Picture, paint, pictures_of, rows
from tui.sections.text import Stretch, differences_of, texts

NIGHT = paint("#0f141b", "#7fd4cf")
LEVELS = st.lists(st.text("0123456789abcdef", min_size=7, max_size=7), min_size=1, max_size=30)


@given(LEVELS, st.integers(1, 90), st.integers(1, 12), st.sampled_from([NIGHT, SHADED]))
def test_any_picture_fills_the_columns_and_lines_there_are(
    levels: list[str], columns: int, height: int, colours: Paint
) -> None:
    picture = Picture(levels=tuple(tuple(int(step, 16) for step in row) for row in levels), peaks=())
    drawn = rows(picture, columns, height, colours)
    assert [row.cell_length for row in drawn] == [columns] * height
    assert all(len(row.spans) <= columns for row in drawn)


def test_runs_of_one_colour_are_one_piece() -> None:
    picture = Picture(levels=((0,) * 5 + (15,) * 5, (0,) * 10), peaks=())
    (row,) = rows(picture, 40, 1, NIGHT)
    assert row.plain == " " * 20 + "▀" * 20
    assert [(span.start, span.end) for span in row.spans] == [(0, 20), (20, 40)]


def test_records_of_the_command_line_are_read() -> None:
    side = {"said": "what left", "levels": ["0f", "f0"], "peaks": "3f", "start_s": 1.0, "seconds": 2.0}
    told = {"section": "audio", "sounds": [{"id": 3, "pictures": {"left": side, "issued": {"said": "not at hand"}}}]}
    known = pictures_of(told)[3]
    assert (known.left, known.issued) == (Picture(levels=((0, 15), (15, 0)), peaks=(3, 15)), None)
    assert (known.left_said, known.issued_said) == ("what left", "not at hand")
    assert pictures_of({"sounds": [{"id": 0, "pictures": None}]}) == {}
    changed = {"kind": "changed", "left": "rang", "issued": "called"}
    assert differences_of({"passages": [{"match": 0, "difference": [changed]}]}) == {0: (Stretch(**changed),)}


@pytest.fixture
def pasted(night: Path) -> tuple[MatchRow, ...]:
    connection = reader.open_reader(night)
    try:
        detail = reader.alert_detail(connection, 2)
    finally:
        connection.close()
    assert detail is not None
    return detail.matches


@pytest.mark.parametrize("columns", [30, 78, 118])
def test_passages_stand_side_by_side_within_the_width(pasted: tuple[MatchRow, ...], columns: int) -> None:
    alone = hung(texts(pasted, {}, Safe("f opens it"), columns), columns).plain
    assert PASSAGE in " ".join(alone.split())
    assert "f opens it" in alone
    stretches = (Stretch("same", PASSAGE, PASSAGE), Stretch("changed", "rang", HOSTILE), Stretch("missing", "", "now"))
    lines = hung(texts(pasted, {pasted[0].id: stretches}, Safe(""), columns), columns).plain.splitlines()
    assert max(map(cell_len, lines)) <= columns
    assert any(line.startswith("~ rang") for line in lines)
    assert any("│ - now" in line for line in lines)
    assert not set("\x1b\x07\x9b\u202e") & set("".join(lines))
