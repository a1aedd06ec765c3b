"""Journeys through the console, by key, over a real store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from textual import events
from textual.widgets import Input, OptionList

from forensics.model import AlertState, Severity
from forensics.pseudonyms import pseudonym
from forensics.store import reader
from forensics.store.writer import Store
from tests.tui import night_shift
from tests.tui.night_shift import CLEAR
from tests.tui.watching import hides, journey, screen_text, shows, until
from tui.app import TuiApp
from tui.screens.queue import QueueScreen

Console = Callable[..., TuiApp]


def arrive(folder: Path, key: str, title: str, item: str, who: tuple[str, str] = ("late.wav", "late.wav")) -> None:
    """A new alert is written by another connection, as the monitor does."""
    act = night_shift.hostile_act("late.wav", key)
    subject = replace(act.seen.subject, user=who[0], host=who[1])
    seen = replace(act.seen, time=night_shift.NOW - 1, subject=subject)
    with Store.open(folder, actor="watch", clock=lambda: night_shift.NOW, privacy=CLEAR) as store:
        night_shift.record(
            store,
            key,
            replace(act, seen=seen, verdict=night_shift.alert(Severity.HIGH, title, "heard", f"item:{item}")),
        )


def alert_state(folder: Path, number: int) -> AlertState:
    connection = reader.open_reader(folder)
    try:
        detail = reader.alert_detail(connection, number)
        assert detail is not None
        return detail.alert.state
    finally:
        connection.close()


@journey
async def test_triage_from_arrival_to_close(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await shows(pilot, "Clip C-012 by mail", "following")
        await pilot.press("j")
        arrive(night, "late", "Clip C-099 by HTTP", "C-099")
        await shows(pilot, "1 new - press n")
        assert isinstance(app.screen, QueueScreen)
        assert app.screen.rows.selected is not None
        assert app.screen.rows.selected.title == "Clip C-012 by mail", "an arrival moved the cursor"
        await pilot.press("n")
        await shows(pilot, "Clip C-099 by HTTP", "following")
        await pilot.press("i")
        await shows(pilot, "Alerts  open", "Clip C-001 to a removable medium")
        await pilot.press("enter")
        await shows(pilot, "A7", "What happened", "late.wav")
        await pilot.press("a")
        await shows(pilot, "Alert A7 acknowledged", "high, acknowledged")
        await pilot.press("c")
        await shows(pilot, "Close alert A7")
        await pilot.press("enter")
        assert "true leak" in screen_text(app), "closed without a reason"
        await pilot.press("2", "tab", *"ok", "enter")
        await shows(pilot, "high, closed")
        assert alert_state(night, 7) is AlertState.CLOSED
        await pilot.press("escape")
        await hides(pilot, "C-099")


@journey
async def test_an_old_incident_with_a_new_alert_counts_as_new_and_comes_to_the_top(
    night: Path, console: Console
) -> None:
    app = console(night)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await shows(pilot, "following", "backup.7z")
        rows = app.screen.rows  # type: ignore[attr-defined]
        before = [row.id for row in rows.window.rows]
        await pilot.press("j", "j")
        assert (before[2], rows.selected.id, rows.selected.alert_count) == (3, 3, 2)
        arrive(night, "late", "Clip C-001 by HTTP", "C-001", who=("rv17", "ws-17"))
        await shows(pilot, "1 new - press n")
        assert [row.id for row in rows.window.rows] == before, "a row that was looked at has moved"
        assert (rows.selected.id, rows.selected.alert_count) == (3, 3)
        await pilot.press("n")
        await shows(pilot, "following")
        await until(pilot, lambda: [row.id for row in rows.window.rows][:2] == [3, before[0]])
        assert rows.window.cursor == 0


@journey
async def test_incidents_are_paged_by_their_latest_alert(tmp_path: Path, console: Console) -> None:
    with Store.open(tmp_path, actor="watch", clock=lambda: night_shift.NOW, privacy=CLEAR) as store:
        for number in range(250):
            night_shift.record(store, f"k{number}", night_shift.hostile_act(f"{number:03d}.wav", f"k{number}"))
        for number in (100, 10):
            night_shift.record(store, f"again{number}", night_shift.hostile_act(f"{number:03d}.wav", f"a{number}"))
    app = console(tmp_path)
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await shows(pilot, "010.wav", "100.wav", "following")
        rows = app.screen.rows  # type: ignore[attr-defined]
        await pilot.press("G")
        await until(pilot, lambda: len(rows.window.rows) == 250)
        expected = [11, 101, *(id for id in range(250, 0, -1) if id not in (11, 101))]
        assert [row.id for row in rows.window.rows] == expected
        await pilot.press("slash", *"0", "enter")
        await shows(pilot, "filtered")


@journey
async def test_a_long_list_marks_titles_that_are_cut_beside_its_scrollbar(tmp_path: Path, console: Console) -> None:
    with Store.open(tmp_path, actor="watch", clock=lambda: night_shift.NOW, privacy=CLEAR) as store:
        for number in range(30):
            name = f"{number:02d} {'a very long name ' * 6}"
            night_shift.record(store, f"k{number}", night_shift.hostile_act(name, f"k{number}"))
    app = console(tmp_path)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "29 a very long name", "following")
        shown = [line for line in screen_text(app).splitlines() if " new " in line and "a very long name" in line]
        assert shown
        assert all(line.rstrip().endswith("…") for line in shown), shown


@journey
async def test_closing_asks_for_a_reason_and_takes_none_from_the_note_or_a_paste(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "following")
        await pilot.press("c")
        await shows(pilot, "Close incident")
        reasons, note = app.screen.query_one("#reasons", OptionList), app.screen.query_one("#note", Input)
        assert "choose a reason first" not in screen_text(app)
        await pilot.press("enter")
        await shows(pilot, "choose a reason first (1-5)", "esc keep it open")
        reasons.post_message(events.Paste("2\n31 test\n"))
        await pilot.press(*"abq0679", "enter")
        assert (reasons.highlighted, reasons.has_focus) == (None, True)
        await pilot.press("tab", *"24 h", "enter")
        await shows(pilot, "choose a reason first (1-5)")
        assert (reasons.highlighted, note.value) == (None, "24 h")
        await pilot.press("3")
        await hides(pilot, "choose a reason first")
        assert (reasons.highlighted, note.value) == (2, "24 h")
        await pilot.press("enter")
        await shows(pilot, "closed: rule too broad")


@journey
async def test_filter_and_states(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await shows(pilot, "Clip C-012 by mail")
        await pilot.press("slash", *"user:rv17")
        await hides(pilot, "Clip C-012 by mail")
        await shows(pilot, "filtered", "2 clips of TR-2026-014")
        await pilot.press("enter", "i")
        await shows(pilot, "Alerts  open  filtered", "Clip C-001 to a removable medium")
        await pilot.press("slash", *" nofield:x")
        await shows(pilot, "! query, column 11: no field 'nofield'")
        await pilot.press("escape")
        await shows(pilot, "Clip C-012 by mail")
        await pilot.press("s", "s")
        await shows(pilot, "Alerts  closed", "Text C-007:candidate-2 by FTP")
    connection = reader.open_reader(night)
    noted = [row["subject"] for row in connection.execute("SELECT * FROM acts WHERE action = 'looked for by name'")]
    connection.close()
    assert noted == [f"person {pseudonym(bytes(32), 'rv17')}"]


@journey
async def test_keys_that_come_at_once_go_where_the_ones_before_lead(night: Path, console: Console) -> None:
    def burst(*keys: str) -> None:
        for key in keys:
            app.post_message(events.Key(key, key if len(key) == 1 else None))

    app = console(night)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await shows(pilot, "Clip C-012 by mail")
        burst("slash", *"qcat")
        await until(pilot, lambda: app.screen.query_one("#filter", Input).value == "qcat")
        burst("escape", "3", *"quilt")
        await until(
            pilot, lambda: bool(app.screen.query("#line")) and app.screen.query_one("#line", Input).value == "quilt"
        )


@journey
async def test_moves_made_before_the_list_was_read_are_made_when_it_is(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        app.post_message(events.Key("i", "i"))
        app.post_message(events.Key("j", "j"))
        app.post_message(events.Key("enter", "\r"))
        await shows(pilot, "A5 · I4")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, QueueScreen) and app.screen.rows.window.cursor == 1)


@journey
async def test_search_finds_alerts_and_sightings(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await pilot.press("3")
        await shows(pilot, "hits, newest first")
        await pilot.press(*"clip:C-001", "enter")
        await shows(pilot, "3 hits, newest first", "TR-2026-014.xlf")
        await pilot.press("G", "enter")
        await shows(pilot, "seen, no alert: sanctioned return (programme office)")
        await pilot.press("escape", "k", "enter")
        await shows(pilot, "A3", "What happened")


@journey
async def test_half_a_query_is_a_query_and_a_wrong_one_says_where(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await pilot.press("3", *'"clip (c-01')
        await shows(pilot, "hit")
        await pilot.press("ctrl+u", *"after:soon")
        await shows(pilot, "! query, column 1: after: takes a date")


@journey
async def test_what_is_pasted_is_text_too(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await pilot.press("3")
        await shows(pilot, "hits, newest first")
        app.screen.query_one("#line").post_message(events.Paste("a\x9b31mb\u202e"))
        await shows(pilot, "a<009B>31mb<202E>")


@journey
async def test_without_a_store_the_newcomer_is_led_and_a_store_made_later_appears(
    tmp_path: Path, console: Console
) -> None:
    folder = tmp_path / "later"
    app = console(folder)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "earwitness demo", "earwitness doctor", "earwitness register", "earwitness watch")
        await shows(pilot, "d demo  D doctor  ? help")
        await pilot.press("D")
        await shows(pilot, "   earwitness doctor", "mend:", "! no store yet")
        await pilot.press("escape", "a", "c", "enter", "3")
        await shows(pilot, "words")
        await pilot.press("escape", "6")
        await shows(pilot, "No monitor has reported")
        await pilot.press("1")
        night_shift.write(folder)
        await shows(pilot, "Clip C-012 by mail", "3 sensors, 1 degraded", "enter open")
        await pilot.press("j", "enter")
        await shows(pilot, "I4 · high")


@journey
async def test_the_hints_and_the_names_of_the_screens_can_be_clicked(night: Path, console: Console) -> None:
    app = console(night, **{"mode-sensors": "f6"})
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "following", "f6 Sensors")
        line, hints = screen_text(app).splitlines()[0], screen_text(app).splitlines()[-2]
        await pilot.click(offset=(line.index("Sensors"), 0))
        await shows(pilot, "network:eth0")
        await pilot.click(offset=(line.index("1 Queue"), 0))
        await shows(pilot, "following")
        await pilot.click(offset=(hints.index("? help"), 22))
        await shows(pilot, "Open what the cursor is on")


@journey
async def test_a_broken_store_is_a_notice_and_a_mended_one_comes_back(night: Path, console: Console) -> None:
    file = night / "evidence.sqlite"
    whole = file.read_bytes()
    file.unlink()
    file.write_bytes(b"not a database" * 100)
    app = console(night)
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await shows(pilot, "! store:")
        file.unlink()
        file.write_bytes(whole)
        await shows(pilot, "3 sensors, 1 degraded", "Clip C-012 by mail")


@journey
async def test_a_decision_that_cannot_be_written_is_a_notice(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await shows(pilot, "following")
        (night / "evidence.sqlite").unlink()
        (night / "evidence.sqlite").mkdir()
        await pilot.press("a")
        await shows(pilot, "not written")


@journey
async def test_an_observer_decides_nothing(night: Path, console: Console) -> None:
    app = console(night, is_observer=True)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await shows(pilot, "observer, read-only", "backup.7z")
        assert "a ack" not in screen_text(app)
        await pilot.press("a", "c", "o", "r", "x", "u", "space", "j", "space", "m")
        await pilot.pause(0.3)
        assert "keep it open" not in screen_text(app)
        assert alert_state(night, 6) is AlertState.NEW


@journey
async def test_incident_decisions_cover_its_alerts(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await shows(pilot, "following", "2 clips of TR-2026-014")
        await pilot.press("j", "j", "a")
        await shows(pilot, "Incident I3 acknowledged", "41m  ack")
        await until(pilot, lambda: alert_state(night, 3) is AlertState.ACKNOWLEDGED)
        await pilot.press("r")
        await until(pilot, lambda: alert_state(night, 4) is AlertState.NEW)


@journey
async def test_a_row_that_has_just_slid_under_the_cursor_is_not_meant(night: Path) -> None:
    elapsed = [100.0]
    app = TuiApp(night, actor="desk", now=lambda: night_shift.NOW, monotonic=lambda: elapsed[0])
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await shows(pilot, "following", "backup.7z")
        elapsed[0] += 5
        arrive(night, "late", "Clip C-099 by HTTP", "C-099")
        await shows(pilot, "Clip C-099 by HTTP")
        await pilot.press("a")
        await shows(pilot, "has just changed")
        assert alert_state(night, 7) is AlertState.NEW
        elapsed[0] += 1
        await pilot.press("a")
        await until(pilot, lambda: alert_state(night, 7) is AlertState.ACKNOWLEDGED)


@journey
async def test_a_long_queue_is_paged_as_the_cursor_comes_to_its_end(tmp_path: Path, console: Console) -> None:
    with Store.open(tmp_path, actor="watch", clock=lambda: night_shift.NOW, privacy=CLEAR) as store:
        for number in range(450):
            night_shift.record(store, f"k{number}", night_shift.hostile_act(f"{number:03d}.wav", f"k{number}"))
    app = console(tmp_path)
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await shows(pilot, "449.wav", "following")
        await pilot.press("i", "G")
        await shows(pilot, "250.wav")
        await until(pilot, lambda: len(app.screen.rows.window.rows) == 400)  # type: ignore[attr-defined]
        await pilot.press("G")
        await until(pilot, lambda: len(app.screen.rows.window.rows) == 450)  # type: ignore[attr-defined]
        await pilot.press("G")
        await shows(pilot, "000.wav")
        arrive(tmp_path, "late", "Clip C-099 by HTTP", "C-099")
        await shows(pilot, "1 new - press n", "000.wav")
        await pilot.press("n")
        await shows(pilot, "Clip C-099 by HTTP", "following")


@journey
async def test_a_wish_for_the_top_outlives_the_change_that_comes_before_its_answer(
    tmp_path: Path, console: Console
) -> None:
    with Store.open(tmp_path, actor="watch", clock=lambda: night_shift.NOW, privacy=CLEAR) as store:
        for number in range(40):
            night_shift.record(store, f"k{number}", night_shift.hostile_act(f"{number:03d}.wav", f"k{number}"))
    app = console(tmp_path)
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await shows(pilot, "039.wav", "following")
        await pilot.press("i", "G")
        await shows(pilot, "000.wav")
        arrive(tmp_path, "late", "Clip C-099 by HTTP", "C-099")
        await shows(pilot, "1 new - press n")
        app.screen.action_show_new()  # type: ignore[attr-defined]
        app.screen.rows.look()  # type: ignore[attr-defined]
        await shows(pilot, "Clip C-099 by HTTP", "following")


@journey
async def test_moved_keys_work_and_are_told(night: Path, console: Console) -> None:
    app = console(night, acknowledge="A")
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await shows(pilot, "A ack", "following")
        await pilot.press("a", "A")
        await shows(pilot, "Incident I5 acknowledged")
        await pilot.press("question_mark")
        await shows(pilot, "Lists", "Next row")


@journey
async def test_who_puts_the_pen_down_takes_no_decisions(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(110, 24), notifications=True) as pilot:
        await shows(pilot, "a ack", "following")
        await pilot.press("R")
        await shows(pilot, "read-only", "no decisions are taken")
        await hides(pilot, "a ack")
        await pilot.press("a", "R")
        await shows(pilot, "Decisions are taken again", "a ack")
        assert alert_state(night, 6) is AlertState.NEW
        await pilot.press("a")
        await shows(pilot, "Incident I5 acknowledged")


@journey
async def test_an_observer_stays_one(night: Path, console: Console) -> None:
    app = console(night, is_observer=True)
    async with app.run_test(size=(110, 24), notifications=True) as pilot:
        await shows(pilot, "observer, read-only", "following")
        await pilot.press("R")
        await shows(pilot, "Observers take no decisions")
        await hides(pilot, "a ack")


@journey
async def test_the_palette_finds_actions_by_their_words(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(110, 30), notifications=True) as pilot:
        await shows(pilot, "following")
        await pilot.press("ctrl+p")
        await shows(pilot, "Acknowledge: somebody is looking at it")
        await pilot.press(*"single alerts")
        await shows(pilot, "Switch between incidents and single alerts")
        await pilot.press("enter")
        await shows(pilot, "Alerts  open")
        await pilot.press("ctrl+p", *"oldest row")
        await shows(pilot, "Oldest row")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.rows.window.cursor > 2)  # type: ignore[attr-defined]


@journey
async def test_help_lists_every_action(night: Path, console: Console) -> None:
    from tui import actions

    app = console(night)
    async with app.run_test(size=(100, 3 * len(actions.ACTIONS)), notifications=True) as pilot:
        await pilot.press("question_mark")
        await shows(pilot, *(action.help for action in actions.ACTIONS if "scroll" not in action.id))
        await pilot.press("escape")
        await hides(pilot, "This help")


@journey
async def test_resizing_and_themes_do_no_harm(night: Path, console: Console) -> None:
    app = console(night)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "following")
        for width, height in ((20, 5), (1, 1), (200, 60), (80, 24)):
            await pilot.resize_terminal(width, height)
            await pilot.press("j", "enter", "t", "escape")
        await pilot.press("6", "t", "3", "escape", "1", "t")
        await shows(pilot, "Incidents  open")
