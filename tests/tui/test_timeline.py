"""Journeys through the timeline, by key, over a real store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from forensics.model import Severity
from forensics.store.writer import Store
from tests.tui import night_shift
from tests.tui.night_shift import CLEAR, HOUR, MINUTE, NOW
from tests.tui.watching import hides, journey, screen_text, shows, until
from tui.app import TuiApp
from tui.screens.detail import DetailScreen
from tui.screens.search import SearchScreen
from tui.screens.sensors import SensorsScreen
from tui.screens.sighting import SightingScreen
from tui.screens.timeline import TimelineScreen
from tui.widgets.time_chart import TimeChart

Console = Callable[..., TuiApp]


def chart(app: TuiApp) -> TimeChart:
    return app.screen.query_one(TimeChart)


def many(folder: Path, count: int, *, is_alert: bool, before: float = HOUR, name: str = "clip.wav") -> None:
    """So many things one contractor did within ten minutes."""
    with Store.open(folder, actor="watch", clock=lambda: NOW, privacy=CLEAR) as store:
        for number in range(count):
            act = night_shift.hostile_act(name, f"{name}{number}{before}")
            subject = replace(act.seen.subject, user="busy", host="ws-9")
            seen = replace(act.seen, time=NOW - before + number % 300, subject=subject)
            verdict = replace(
                night_shift.alert(Severity.HIGH, f"Clip {number} by HTTP", "heard", f"item:{number}"), is_alert=is_alert
            )
            night_shift.record(store, f"{name}{number}{before}", replace(act, seen=seen, verdict=verdict))


@journey
async def test_from_lane_to_lane_and_into_an_alert_and_back(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "following")
        await pilot.press("4")
        await shows(pilot, "by contractor", "6 alerts of 7 sightings", "2 clips of TR-2026-014 by HTTP")
        await pilot.press("left")
        await shows(pilot, "Clip C-001 to a removable medium", "02:22:00 UTC")
        await pilot.press("enter")
        await shows(pilot, "What happened", "A3")
        assert isinstance(app.screen, DetailScreen)
        await pilot.press("escape")
        await shows(pilot, "by contractor")
        await pilot.press("j")
        await shows(pilot, "1 return ", "sanctioned return")
        await pilot.press("enter")
        await shows(pilot, "seen, no alert")
        assert isinstance(app.screen, SightingScreen)
        await pilot.press("escape", "k", "k")
        await shows(pilot, "1 gap", "the capture dropped")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SensorsScreen))


@journey
async def test_zooming_keeps_the_item_and_turning_shows_workstations(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "following")
        await pilot.press("4")
        await shows(pilot, "10 min a column", "2 clips of TR-2026-014 by HTTP")
        for key, words in (("plus", "5 min a column"), ("plus", "2 min a column"), ("equals_sign", "1 min a column")):
            await pilot.press(key)
            await shows(pilot, words, "2 clips of TR-2026-014 by HTTP")
        await pilot.press("minus")
        await shows(pilot, "2 min a column", "02:32 to 02:34")
        await pilot.press("0")
        await shows(pilot, "1 h a column", "following", "A4", "A3")
        await pilot.press("x")
        await shows(pilot, "by workstation", "ws-17", "ws-21")
        assert "p-" not in "".join(lane.name for lane in chart(app).cursor._chart.lanes)  # type: ignore[union-attr]


@journey
async def test_time_goes_on_at_the_edges_and_the_keys_lead_back(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "following")
        await pilot.press("4")
        await shows(pilot, "2 clips of TR-2026-014 by HTTP")
        await pilot.press("plus", "plus")
        await shows(pilot, "2 min a column", "2 alerts of 2 sightings")
        await pilot.press("left", "left")
        await hides(pilot, "2 alerts of 2 sightings")
        for _ in range(4):
            await pilot.press("H")
        await shows(pilot, "Nothing in this time.", "0 all evidence", "G the oldest")
        await pilot.press("g")
        await shows(pilot, "following")
        await pilot.press("G")
        await hides(pilot, "following")
        await pilot.press("L", "g")
        await shows(pilot, "following")
        await pilot.press("right", "right", "right")
        await shows(pilot, "following")


@journey
async def test_a_filter_in_the_query_language(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await shows(pilot, "following")
        await pilot.press("4")
        await shows(pilot, "6 alerts of 7 sightings")
        await pilot.press("slash", *"channel:smtp", "enter")
        await shows(pilot, "filtered", "1 alert of 1 sighting", "Clip C-012 by mail")
        await pilot.press("slash", *" nosuch:x")
        await shows(pilot, "! query, column", "no field 'nosuch'")
        await pilot.press("escape")
        await shows(pilot, "6 alerts of 7 sightings")
        assert "filtered" not in screen_text(app)


@journey
async def test_alerts_of_one_step_are_stepped_through_and_many_sightings_searched(
    night: Path, console: Console
) -> None:
    many(night, 30, is_alert=True)
    many(night, 12, is_alert=False, before=2 * HOUR, name="quiet.wav")
    app = console(night)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await shows(pilot, "following")
        await pilot.press("4")
        await shows(pilot, "busy", "36 alerts of 49 sightings", "█ 12")
        while chart(app).cursor.lane.name != "busy":  # type: ignore[union-attr]
            await pilot.press("j")
        await shows(pilot, "30 alerts  busy", "Clip 29 by HTTP")
        lines = screen_text(app).splitlines()
        shown = [line for line in lines if " by HTTP" in line and "Clip " in line]
        assert f" and {30 - len(shown)} more" in lines
        await pilot.press("enter")
        await shows(pilot, "What happened")
        await pilot.press("n")
        await until(pilot, lambda: "Clip 28 by HTTP" in screen_text(app))
        await pilot.press("escape", "j")
        await shows(pilot, "12 other sightings  busy", "quiet.wav")
        await pilot.press("enter")
        await shows(pilot, "12 hits")
        assert isinstance(app.screen, SearchScreen)
        await pilot.press("4")
        await shows(pilot, "12 other sightings  busy")


@journey
async def test_what_arrives_is_drawn_without_moving_the_cursor(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "following")
        await pilot.press("4")
        await shows(pilot, "6 alerts of 7 sightings")
        await pilot.press("left")
        await shows(pilot, "Clip C-001 to a removable medium")
        many(night, 3, is_alert=True, before=5 * MINUTE)
        await shows(pilot, "9 alerts of 10 sightings", "busy", "Clip C-001 to a removable medium")


@journey
async def test_the_mouse_puts_the_cursor_and_opens(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "following")
        await pilot.press("4")
        await shows(pilot, "2 clips of TR-2026-014 by HTTP")
        rows = screen_text(app).splitlines()
        line = next(at for at, row in enumerate(rows) if "← " in row and "returns" in row)
        await pilot.click(offset=(rows[line].index("←"), line))
        await shows(pilot, "1 return ")
        await pilot.click(offset=(rows[line].index("←"), line), times=2)
        await shows(pilot, "seen, no alert")


@journey
async def test_a_store_that_comes_late_and_one_that_is_lost(night: Path, console: Console, tmp_path: Path) -> None:
    place = tmp_path / "later"
    app = console(place)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "no store yet")
        await pilot.press("4", "left", "plus", "enter", "0", "x")
        await shows(pilot, "There is no store to look at yet")
        night.rename(place)
        await shows(pilot, "sightings")
        (place / "evidence.sqlite").write_bytes(b"no database" * 5000)
        await until(pilot, lambda: app.desk.feed.pulse.condition != "ready")
        await pilot.press("H", "plus", "z")
        await pilot.pause(0.2)
        assert isinstance(app.screen, TimelineScreen)


@journey
async def test_any_size_is_drawn(night: Path, console: Console) -> None:
    for size in ((20, 8), (80, 24), (200, 60)):
        app = console(night)
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda app=app: app.desk.feed.pulse.condition == "ready")
            await pilot.press("4")
            await until(pilot, lambda app=app: chart(app).cursor is not None)
            await pilot.press("z", "j", "left", "minus")
            await pilot.resize_terminal(100, 30)
            await shows(pilot, "a column")


@journey
async def test_what_is_drawn_once_is_what_would_be_drawn_anew(night: Path, console: Console) -> None:
    many(night, 60, is_alert=True)
    app = console(night)
    async with app.run_test(size=(80, 16), notifications=True) as pilot:
        await shows(pilot, "following")
        await pilot.press("4")
        await shows(pilot, "66 alerts of 67 sightings")
        for key in ("j", "j", "left", "j", "pagedown", "k", "k", "k", "right", "pageup", "t", "j"):
            await pilot.press(key)
            await pilot.pause(0.05)
            drawn = screen_text(app)
            chart(app).notify_style_update()
            chart(app).refresh()
            await pilot.pause(0.05)
            assert screen_text(app) == drawn, key
