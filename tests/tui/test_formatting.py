"""Properties of the door for untrusted strings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from forensics.text_safety import has_hidden
from tui.formatting import (
    Safe,
    content,
    crop,
    crop_middle,
    fit,
    headline,
    hex_rows,
    hung,
    line,
    safe,
)

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
WIDTHS = st.integers(0, 40)


@given(ANY_TEXT)
def test_nothing_hidden_comes_out(text: str) -> None:
    assert not has_hidden(safe(text))
    assert "\n" not in safe(text)


def test_markup_stays_letters() -> None:
    for name in ("[@click=app.quit]x[/]", "a[/b].wav", "rep[/", "[bold]x"):
        assert content(safe(name)).plain == name
        assert content(safe(name)).spans == []


@given(ANY_TEXT, WIDTHS)
def test_fit_takes_exactly_its_columns(text: str, columns: int) -> None:
    assert cell_len(fit(safe(text), columns)) == columns


@given(ANY_TEXT, WIDTHS)
def test_crops_never_exceed(text: str, columns: int) -> None:
    assert cell_len(crop(safe(text), columns)) <= columns
    assert cell_len(crop_middle(safe(text), columns)) <= columns


def test_wide_characters_are_not_halved() -> None:
    assert crop(Safe("翻訳メモ"), 4) == "翻…"
    assert fit(Safe("翻訳メモ"), 4) == "翻… "
    assert crop_middle(Safe("/home/翻訳/very/long/path/clip.wav"), 16).endswith("/clip.wav")


def test_long_text_is_cut_and_marks_do_not_stack() -> None:
    assert len(safe("x" * 100_000)) == 4097
    assert safe("z" + "\u0301" * 400) == "z" + "\u0301" * 3
    assert cell_len(headline("翻" * 500)) <= 120


@given(ANY_TEXT, st.integers(12, 60))
def test_hung_lines_keep_their_lead_and_width(text: str, columns: int) -> None:
    shown = hung([line(safe(text), indent=4)], columns).plain.split("\n")
    assert all(row.startswith("    ") and cell_len(row) <= columns for row in shown)


def test_hex_rows_are_aligned_to_the_file() -> None:
    rows = list(hex_rows(b'{"clips": [\x00\xff', offset=14))
    assert [row[0] for row in rows] == ["000000", "000010"]
    assert rows[0][1].endswith("7b 22")
    assert rows[1] == (
        "000010",
        "63 6c 69 70 73 22 3a 20  5b 00 ff               ",
        "clips: [..     ".replace("s:", 's":'),
    )
