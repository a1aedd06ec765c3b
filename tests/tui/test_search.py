"""Searching by key: what is offered, which of the hits, when, kept queries, and the SQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.watching import hides, journey, screen_text, shows, until
from tui import querying
from tui.app import TuiApp
from tui.formatting import Safe
from tui.widgets.query_line import QueryLine

Console = Callable[..., TuiApp]
VALUES = {"user": ["rv17", "anna b"], "channel": ["http", "smtp"]}


@pytest.mark.parametrize(
    ("text", "offered", "becomes"),
    [
        ("us", ["user:"], "user:"),
        ("menu -us", ["user:"], "menu -user:"),
        ("menu user:", ["user:rv17", 'user:"anna b"'], "menu user:rv17 "),
        ("USER:an", ['user:"anna b"'], 'user:"anna b" '),
        ('user:"an', ['user:"anna b"'], 'user:"anna b" '),
        ("(channel:s", ["channel:smtp"], "(channel:smtp "),
        ("channel:x", [], None),
        ("menu ", [], None),
        ("zzz", [], None),
    ],
)
def test_what_may_come_next(text: str, offered: list[str], becomes: str | None) -> None:
    found = querying.candidates(text, len(text), VALUES)
    assert found == offered
    if becomes is not None:
        assert querying.completed(text, len(text), found[0]) == (becomes, len(becomes))


def test_a_term_is_put_in_and_taken_out_again() -> None:
    assert querying.narrowed("menu", Safe("user:a")) == "menu user:a"
    assert querying.narrowed("menu user:a x", Safe("user:a")) == "menu x"
    assert querying.term("user", 'a"b') is querying.term("user", "a\u202eb") is querying.term("user", "") is None
    spoken = querying.between("menu last:7d after:2026-01-01", 0.0, 3600.0)
    assert spoken == "menu after:1970-01-01T00:00 before:1970-01-01T01:00"


@journey
async def test_a_search_is_narrowed_kept_and_explained(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(130, 40), notifications=True) as pilot:
        await pilot.press("3")
        await shows(pilot, "WHICH OF THEM", "removable")
        line = app.screen.query_one("#line", QueryLine)
        await pilot.press(*"chan")
        await shows(pilot, "tab channel:")
        await pilot.press("tab")
        await shows(pilot, "channel:removable")
        await pilot.press(*"rem", "tab")
        await until(pilot, lambda: line.value == "channel:removable ")
        await shows(pilot, "1 hit")
        await pilot.press("escape", "escape", "escape", "f", "j", "enter")
        await until(pilot, lambda: line.value.startswith("channel:"))
        whole = line.value
        await pilot.press("enter")
        await until(pilot, lambda: line.value == "")
        await pilot.press("escape", "h")
        await shows(pilot, "enter takes it")
        await pilot.press("left", "right", "enter")
        await until(pilot, lambda: line.value.startswith("after:2026-11-22T"))
        await pilot.press("escape", "s")
        await shows(pilot, "Save the query")
        await pilot.press(*"last hour", "enter")
        await shows(pilot, "saved as last hour")
        await pilot.press("o")
        await shows(pilot, "Saved queries", "last hour")
        await pilot.press("d")
        await shows(pilot, "is forgotten")
        await pilot.press("ctrl+e")
        await shows(pilot, "SQL", "PLAN")
        await pilot.press("escape")
        await hides(pilot, "PLAN")
        assert whole not in screen_text(app)
