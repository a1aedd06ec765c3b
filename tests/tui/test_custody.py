"""The log of custody on the screen, and commands that run beside it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from forensics.resources import rules_folder
from forensics.store import reader
from tests.tui.watching import hides, journey, screen_text, shows
from tui.app import TuiApp
from tui.twin import Twin
from tui.widgets.twin_pane import TwinPane

Console = Callable[..., TuiApp]


def test_pages_of_the_log_hold_every_entry_once(night: Path) -> None:
    connection = reader.open_reader(night)
    try:
        for is_acts_only in (True, False):
            whole = reader.log_page(connection, limit=10_000, is_acts_only=is_acts_only)
            pages, before = [], None
            while page := reader.log_page(connection, before=before, limit=3, is_acts_only=is_acts_only):
                pages += page
                before = page[-1].id
            assert tuple(pages) == whole
            assert [row.id for row in whole] == sorted({row.id for row in whole}, reverse=True)
        assert {row.action for row in whole} >= {"record", "gap", "state"}
        acts = reader.log_page(connection, is_acts_only=True)
        assert {row.id for row in acts} < {row.id for row in whole}
        assert "record" not in {row.action for row in acts}
    finally:
        connection.close()


@journey
async def test_the_log_is_read_followed_and_walked_over(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await shows(pilot, "following")
        await pilot.press("a", "7")
        await shows(pilot, "7 Custody", "what people and programs did", "new -> acknowledged", "digest")
        await pilot.press("s")
        await shows(pilot, "every entry", "record")
        await pilot.press("v")
        await shows(pilot, "done   earwitness verify")
        assert "intact" in screen_text(app) or "as it was" in screen_text(app)
        await pilot.press("escape")
        await hides(pilot, "earwitness verify")
        await pilot.press("s", "g")
        await shows(pilot, "what people and programs did")
        await pilot.press("enter")
        await shows(pilot, "backup.7z left unread")
        await pilot.press("escape")
        await shows(pilot, "7 Custody")


@journey
async def test_a_tampered_log_is_told(night: Path, console: Console) -> None:
    data = (night / "evidence.sqlite").read_bytes()
    assert b"cleared with the programme office" in data
    (night / "evidence.sqlite").write_bytes(data.replace(b"cleared with the programme", b"cleared with the pr0gramme"))
    app = console(night)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("7")
        await shows(pilot, "what people and programs did")
        await pilot.press("v")
        await shows(pilot, "ended with 1   earwitness verify")


@journey
async def test_a_command_says_for_how_long_it_runs_and_escape_ends_it(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "following")
        await pilot.press("7")
        await shows(pilot, "what people and programs did")
        app.screen.query_one(TwinPane).ask(["rules", "watch", str(rules_folder() / "starter")])
        await shows(pilot, " s, ", " lines, esc ends it")
        await pilot.press("escape")
        await hides(pilot, "running")


@journey
async def test_a_command_that_is_left_is_ended(tmp_path: Path) -> None:
    twin = Twin(tmp_path)
    seen: list[object] = []

    async def follow() -> None:
        async for line in twin.lines(["rules", "watch", str(rules_folder() / "starter")]):
            seen.append(line)

    task = asyncio.create_task(follow())
    while not seen:
        await asyncio.sleep(0.05)
        assert not task.done()
    [child] = [int(each) for each in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()][-1:]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not Path(f"/proc/{child}").exists()


@journey
async def test_lines_of_a_command_are_only_text(tmp_path: Path) -> None:
    lines = [line async for line in Twin(tmp_path).lines(["scan", "/nowhere/\x1b]52;c;EVIL\x07\u202egpj.wav"])]
    assert isinstance(lines[-1], int)
    told = "\n".join(str(line) for line in lines[:-1])
    assert "nowhere" in told
    assert not [sign for sign in told if (ord(sign) < 32 and sign != "\n") or sign == "\u202e"]
