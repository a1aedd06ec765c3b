"""The rules on the screen: what they found, their text, and the workbench beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from textual.widgets import TextArea

from forensics.errors import InputError
from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook
from forensics.store import reader
from tests.cli.invoking import earwitness
from tests.tui import night_shift
from tests.tui.watching import hides, journey, screen_text, shows, until
from tui import costing, rulings
from tui.app import TuiApp
from tui.drafts import LARGEST, Draft
from tui.screens.rule_editor import RuleEditorScreen

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
async def test_a_pack_is_looked_at_tried_and_looked_over(
    night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costing, "FILES", 10)
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
        await shows(pilot, "ms/MiB, not measured")
        await pilot.press("C")
        await shows(pilot, "done   earwitness rules bench", "files looked at")
        await pilot.press("escape", "enter")
        await shows(pilot, "ms/MiB alone", "ordinary files (at most", "measured")
        changed = pack / "yara" / "bilingual.yar"
        changed.write_text(changed.read_text().replace("version = 1", "version = 99"))
        await pilot.press("f5", "j")
        await shows(pilot, "this version of the rule was not measured")


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
async def test_a_rule_is_written_from_nothing_tried_and_put_in_force(night: Path, tmp_path: Path) -> None:
    pack = tmp_path / "ours"
    assert earwitness("rules", "new", "OUR-FIRST", "--pack", pack).returncode == 0
    app = console(night, pack)
    async with app.run_test(size=(130, 44), notifications=True) as pilot:
        await pilot.press("5", "N")
        await shows(pilot, "A new rule in")
        await pilot.press(*"OUR-SECOND", "enter")
        await shows(pilot, "earwitness rules new", "L307")
        await until(pilot, lambda: "OUR-SECOND" in screen_text(app).split("earwitness rules new")[0])
        await pilot.press("escape", "G", "e")
        await shows(pilot, "Draft of", "earwitness rules lint", "L307")
        editor = app.screen
        assert isinstance(editor, RuleEditorScreen)
        text = editor.query_one("#text", TextArea)
        whole = text.text
        text.text = whole.replace("$header at 0", "$hedaer at 0")
        await shows(pilot, "undefined", "changed")
        text.text = whole.replace("our-export", "their-export")
        await shows(pilot, "0 findings")
        await pilot.press("ctrl+t")
        await shows(pilot, "ended with 1   earwitness rules test", "fail")
        text.text = whole.replace('"Draft ', '"Ours, draft ')
        await pilot.press("ctrl+s")
        await shows(pilot, "saved")
        await pilot.press("ctrl+b")
        await shows(pilot, "earwitness rules backtest", "done")
        await pilot.press("escape")
        await shows(pilot, "rules in 1 pack")
        assert "Ours, draft" in next(pack.glob("yara/*second.yar")).read_text()
        sample = next(pack.glob("samples/OUR-SECOND/hit/first.*"))
        await pilot.press("X")
        await shows(pilot, "or why does it not?")
        await pilot.press(*str(sample), "enter")
        await shows(pilot, "done   earwitness rules explain", "$header")
    assert not list(Path("/dev/shm").glob("earwitness-draft-*"))


def test_what_ships_and_what_is_not_drawn_is_not_edited_here(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ships with the toolkit"):
        Draft(STARTER, STARTER / "pack.toml")
    for content in (b"a\x1b[2Jb", b"\xff", b"x" * (LARGEST + 1)):
        (tmp_path / "pack.toml").write_bytes(content)
        with pytest.raises(InputError):
            Draft(tmp_path, tmp_path / "pack.toml")


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
