"""The pages of one alert, by key and by mouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui import night_shift, real_leak
from tests.tui.watching import hides, journey, screen_text, shows, until
from tui.app import TuiApp
from tui.widgets.tab_bar import TabBar

Console = Callable[..., TuiApp]
RULE = """
rule manifest
{
    meta:
        id = "EW-PKG-001"
        title = "Translator package manifest"
    strings:
        $package = "\\"package\\": \\"TR-"
        $clips = "\\"clips\\":"
    condition:
        $package and $clips
}
"""


@journey
async def test_the_pages_of_an_alert_say_why_by_key_and_by_mouse(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(110, 50), notifications=True) as pilot:
        await shows(pilot, "2 clips of TR-2026-014")
        await pilot.press("j", "j", "enter")
        await shows(pilot, "I3", "Seen without an alert", "sanctioned return (programme office)")
        await pilot.press("enter")
        await shows(pilot, "@ws-17 → drop.example:8080/in/holiday.zip  http  22 Nov 02:33 UTC, 41m ago", "[Why 4]")
        await shows(pilot, "clip C-001 of package TR-2026-014, clip 0.8–5.6 s found at 12.3 s, score 0.94")
        await shows(pilot, "below the threshold", "EW-PKG-001", "22 70 61 63", '"package": "')
        await shows(pilot, "holiday.zip › audio.tar.gz › c001.opus")
        await pilot.press("tab", "tab", "tab")
        await shows(pilot, "[Lineage]", "TR-2026-014 as issued", "the registered bytes")
        await pilot.press("tab")
        await shows(pilot, "[Inside 7]", "│ └ c002.opus", "ENCRYPTED: not read (needs a password)")
        await shows(pilot, "4.0 KiB were never seen")
        await pilot.press("G")
        await shows(pilot, "[Gaps 4]", "the capture dropped packets, 4.0 KiB", "4.0 KiB were never seen")
        await shows(pilot, "holiday.zip › notes.7z  ENCRYPTED: not read (needs a password)")
        await pilot.press("J")
        await shows(pilot, "[Raw(J)]", '"id": "A4",', '"items": ["item:C-001", "item:C-002", "package:TR-2026-014"]')
        await pilot.press("shift+tab", "shift+tab", "shift+tab")
        await shows(pilot, "[Lineage]")
        await pilot.press("Y", "n")
        await shows(pilot, "[Custody 1]", "A3 · I3", "alert A3 in incident I3")
        bar = app.screen.query_one(TabBar)
        at = screen_text(app).splitlines()[bar.region.y].index("Why")
        await pilot.click(bar, offset=(at - bar.region.x, 0))
        await shows(pilot, "[Why 2]", "the whole file, byte for byte")
        await pilot.press("p", "escape", "escape")
        await hides(pilot, "[Why")


@journey
async def test_what_is_not_at_hand_is_said_and_codes_are_drawn_meanwhile(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(110, 50), notifications=True) as pilot:
        await shows(pilot, "Clip C-012 by mail", "following")
        await pilot.press("i", "j", "enter", "U")
        await shows(pilot, "[Audio 2]", "marked: bits differ", "f opens the file that was issued")
        await pilot.press("f")
        await shows(pilot, "Open beside this alert", "esc leaves")
        await pilot.press("escape", "f", *"/nowhere/issued.zip", "enter")
        await shows(pilot, "/nowhere/issued.zip: No such file or directory")
        await pilot.press("f", "ctrl+u", "enter")
        await shows(pilot, "left       not at hand", "the register keeps codes, no sound", "marked: bits differ")
        await pilot.press("n")
        await shows(pilot, "A4 · I3")
        await pilot.press("p")
        await shows(pilot, "A5 · I4", "the register keeps codes, no sound")


@journey
async def test_rules_stand_beside_what_they_hit_and_hits_are_stepped_through(night: Path, tmp_path: Path) -> None:
    (tmp_path / "own.yar").write_text(RULE)
    app = TuiApp(night, actor="desk", packs=[tmp_path / "own.yar"], now=lambda: night_shift.NOW)
    async with app.run_test(size=(180, 40), notifications=True) as pilot:
        await shows(pilot, "Clip C-012 by mail", "following")
        await pilot.press("i", "j", "j", "enter")
        await shows(pilot, "A4 · I3", "rule as it stands now", "$package at byte 4")
        (row,) = (each for each in screen_text(app).splitlines() if "$clips at byte 118" in each)
        assert "│" in row, "the rule does not stand beside its hits"
        await pilot.resize_terminal(80, 24)
        await pilot.press("h")
        await shows(pilot, "▶ $package at byte 4, 24 bytes", '8  $package = "', "000000")
        await pilot.press("h")
        await shows(pilot, "▶ $clips at byte 118", "$package and $clips")
        await pilot.press("L", "H")
        await shows(pilot, "[Why 4]", "▶ $package at byte 4, 24 bytes")


@pytest.mark.slow
@journey
async def test_what_left_is_drawn_above_what_was_issued_in_every_theme(tmp_path: Path) -> None:
    leak = tmp_path / "holiday.ogg"
    real_leak.write(tmp_path / "store", leak)
    app = TuiApp(tmp_path / "store", actor="desk", now=lambda: night_shift.NOW)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await shows(pilot, "Clip TR-2041-c01 to a removable medium", "following")
        await pilot.press("i", "enter", "U", "f", *f"{leak} {real_leak.PACKAGE}", "enter")
        await shows(pilot, "what left, by its digest", "the registered file itself, by its digest")
        for _ in range(4):
            await pilot.press("t")
            await until(pilot, lambda: (app.theme == "plain") is ("▓" in "".join(_drawn(app, "left"))))
            left, issued = _drawn(app, "left"), _drawn(app, "issued")
            assert len(left) == len(issued) == 8
            pairs = list(zip("".join(left), "".join(issued), strict=True))
            assert sum(one == other for one, other in pairs) > 0.6 * len(pairs), "not the same seconds"
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: len(_drawn(app, "left")) == 4)


def _drawn(app: TuiApp, side: str) -> list[str]:
    """The picture of one side as it stands on the screen, row by row; nothing while it is not there as a whole."""
    rows = screen_text(app).splitlines()
    begin = next((at for at, row in enumerate(rows) if row.startswith(f" {side} ") and "280–3,500 Hz" in row), None)
    end = next((at for at, row in enumerate(rows) if begin is not None and at > begin and "its waveform" in row), None)
    if begin is None or end is None:
        return []
    wide = rows[begin].index(" 280–3,500 Hz")
    return [row.ljust(wide)[12:wide] for row in rows[begin:end]]
