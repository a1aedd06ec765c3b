"""The rules on the screen: what they found, their text, and the workbench beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook
from forensics.store import reader
from tests.tui import night_shift
from tests.tui.watching import hides, journey, screen_text, shows, until
from tui import rulings
from tui.app import TuiApp

STARTER = rules_folder() / "starter"


def console(night: Path, *packs: Path) -> TuiApp:
    return TuiApp(night, actor="desk", now=lambda: night_shift.NOW, packs=packs)


def test_the_text_of_a_rule_ends_where_the_next_begins() -> None:
    for rule in Rulebook.load([STARTER]).rules:
        text = "\n".join(rulings.source(rule))
        assert rule.id in text
        assert text.count('id = "EW-') == 1


def test_what_rules_found_is_counted(night: Path) -> None:
    rows = rulings.read([STARTER]).rows
    connection = reader.open_reader(night)
    try:
        found = rulings.counted(connection, rows)
    finally:
        connection.close()
    assert len(found) == len(rows) > 50


@journey
async def test_a_pack_is_looked_at_tried_and_looked_over(night: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(STARTER, pack)
    app = console(night, pack)
    async with app.run_test(size=(130, 44), notifications=True) as pilot:
        await pilot.press("5")
        await shows(pilot, "5 Rules", "rules in 1 pack", "FOUND", "EW-BIL-XLIFF-CANDIDATES")
        await pilot.press("enter")
        await shows(pilot, "bilingual.yar:9", "meta:")
        await pilot.press("j")
        await shows(pilot, "rule xliff2", "meta:")
        await pilot.press("escape")
        await hides(pilot, "meta:")
        await pilot.press("T")
        await shows(pilot, "done   earwitness rules test", "0 failed")
        assert "pass EW-BIL-XLIFF2-CANDIDATES/hit" in screen_text(app)
        await pilot.press("L")
        await shows(pilot, "done   earwitness rules lint")
        await pilot.press("escape")
        await hides(pilot, "earwitness rules")


@journey
async def test_a_pack_that_does_not_load_is_told_with_its_line(night: Path, tmp_path: Path) -> None:
    (tmp_path / "pack.toml").write_text('id = "ours"\nwrong = 1\n')
    app = console(night, tmp_path)
    async with app.run_test(size=(130, 30), notifications=True) as pilot:
        await pilot.press("5")
        await shows(pilot, "pack.toml:2", "no rules")
        (tmp_path / "pack.toml").write_text('id = "ours"\n')
        await pilot.press("f5")
        await hides(pilot, "pack.toml:2")


@journey
async def test_without_a_screen_to_lend_there_is_no_editor(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.delenv("VISUAL", raising=False)
    app = console(night, STARTER)
    async with app.run_test(size=(130, 30), notifications=True) as pilot:
        await pilot.press("5")
        await shows(pilot, "EW-BIL-XLIFF-CANDIDATES")
        await pilot.press("E")
        await shows(pilot, "No editor:")
        await until(pilot, lambda: app.screen.PLACE == "rules")  # type: ignore[attr-defined]
