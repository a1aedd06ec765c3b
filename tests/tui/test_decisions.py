"""Decisions about one thing and about many: marked, taken back, merged, split, suppressed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from forensics.model import AlertState
from forensics.store import custody, reader, suppressions
from tests.tui import night_shift
from tests.tui.watching import hides, journey, screen_text, shows, until
from tui.app import TuiApp
from tui.regret import REGRET_S

Console = Callable[..., TuiApp]


def asked(folder: Path, question: Callable[..., object]) -> object:
    connection = reader.open_reader(folder)
    try:
        assert custody.verify(connection) == []
        return question(connection)
    finally:
        connection.close()


def states(folder: Path) -> dict[int, tuple[str, str]]:
    found: dict[int, tuple[str, str]] = {}

    def ask(connection: object) -> None:
        found.update({row.id: (row.state.value, row.owner) for row in reader.incidents(connection)})  # type: ignore[arg-type]

    asked(folder, ask)
    return found


@journey
async def test_what_is_marked_is_closed_together_and_taken_back(night: Path, console: Console) -> None:
    before = states(night)
    app = console(night)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await shows(pilot, "following", "backup.7z")
        await pilot.press("space", "space")
        await shows(pilot, "2 marked", "●")
        await pilot.press("c")
        await shows(pilot, "Close 2 incidents", "I5, I4")
        await pilot.press("4", "enter")
        await shows(pilot, "2 incidents closed: duplicate   (u takes it back)")
        await hides(pilot, "backup.7z")
        assert {states(night)[id][0] for id in (4, 5)} == {"closed"}
        await pilot.press("u")
        await shows(pilot, "Taken back: 2 incidents closed: duplicate", "backup.7z")
        assert states(night) == before
        await pilot.press("u")
        await until(pilot, lambda: states(night)[5][0] == "closed")


@journey
async def test_a_range_is_marked_from_end_to_end_and_escape_unmarks(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await shows(pilot, "following", "backup.7z")
        await pilot.press("V")
        await shows(pilot, "a range begins here")
        await pilot.press("j", "j", "V")
        await shows(pilot, "3 marked")
        await pilot.press("escape")
        await hides(pilot, "marked")
        await pilot.press("space", "i")
        await shows(pilot, "Alerts  open")
        await hides(pilot, "marked")


@journey
async def test_it_is_owned_and_the_name_is_shown(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await shows(pilot, "following", "backup.7z")
        await pilot.press("o")
        await shows(pilot, "Incident I5 is desk's now", "new desk")
        assert states(night)[5] == ("new", "desk")
        await pilot.press("o")
        await shows(pilot, "That is yours already")
        await pilot.press("u")
        await until(pilot, lambda: states(night)[5] == ("new", ""))


@journey
async def test_marked_incidents_are_merged_after_a_yes_and_come_apart_again(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await shows(pilot, "following", "backup.7z")
        await pilot.press("m")
        await shows(pilot, "Mark two incidents or more")
        await pilot.press("space", "space", "m")
        await shows(pilot, "Merge 2 incidents into I4?")
        await pilot.press("enter", "m")
        assert "Merge 2 incidents" in screen_text(app), "a key other than y has answered"
        await pilot.press("n")
        await hides(pilot, "Merge 2 incidents")
        await pilot.press("m")
        await shows(pilot, "Merge 2 incidents into I4?")
        await pilot.press("y")
        await shows(pilot, "1 incident merged into I4")
        await until(pilot, lambda: 5 not in states(night))
        await pilot.press("u")
        await until(pilot, lambda: 5 in states(night))


@journey
async def test_alerts_are_split_from_an_incident_and_put_back(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(120, 34), notifications=True) as pilot:
        await shows(pilot, "following", "2 clips of TR-2026-014")
        await pilot.press("j", "j", "enter")
        await shows(pilot, "2 alerts by")
        await pilot.press("S")
        await shows(pilot, "Mark some of the alerts")
        await pilot.press("space", "a")
        await shows(pilot, "Alert A4 acknowledged")
        await pilot.press("g", "space", "S")
        await shows(pilot, "1 alert split from I3", "1 alert by")
        await pilot.press("u")
        await shows(pilot, "2 alerts by")


@journey
async def test_what_is_like_it_is_suppressed_with_a_reason_and_an_end(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(120, 34), notifications=True) as pilot:
        await shows(pilot, "following", "Clip C-012 by mail")
        await pilot.press("j", "x")
        await shows(pilot, "Raise no alert on what is like", "[x] rule", "[ ] user")
        await pilot.press("enter")
        await shows(pilot, "a reason is needed")
        await pilot.press(*"agreed", "enter")
        await shows(pilot, "Suppressed until 29 Nov 2026")
        [row] = asked(night, suppressions.listed)  # type: ignore[misc]
        assert row.suppression.reason == "agreed"
        assert row.suppression.scope.rule == "registered-audio"
        assert row.suppression.until == night_shift.NOW + 7 * 86400
        await pilot.press("u")
        await until(pilot, lambda: asked(night, suppressions.listed)[0].ended is not None)  # type: ignore[index]
        await pilot.press("x")
        await shows(pilot, "[x] rule")
        await pilot.press("down", "space", "tab", "ctrl+u", *"soon", "enter")
        await shows(pilot, "the time is such as")
        await pilot.press("escape")
        await hides(pilot, "Raise no alert")


@journey
async def test_after_half_a_minute_nothing_is_taken_back(night: Path) -> None:
    elapsed = [100.0]
    app = TuiApp(night, actor="desk", now=lambda: night_shift.NOW, monotonic=lambda: elapsed[0])
    async with app.run_test(size=(110, 30), notifications=True) as pilot:
        await shows(pilot, "following", "backup.7z")
        await pilot.press("a")
        await shows(pilot, "Incident I5 acknowledged")
        elapsed[0] += REGRET_S + 1
        await pilot.press("u")
        await shows(pilot, "Nothing was decided here")
        assert AlertState(states(night)[5][0]) is AlertState.ACKNOWLEDGED
