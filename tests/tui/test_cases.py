"""Cases on the screen: escalated, worked on, reported, closed; and how they look at 80x24 and 120x40."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import pytest
from textual.pilot import Pilot

from forensics.store import caseload, reader
from forensics.store.tasks import Task
from tests.tui import investigated, night_shift
from tests.tui.test_decisions import asked, states
from tests.tui.test_screens import RECORDED_WITH, SIZES, Compare
from tests.tui.watching import hides, journey, screen_text, shows, until
from tui.app import TuiApp
from tui.screens.case_decisions import task_of
from tui.widgets.row_list import SETTLE_S

Console = Callable[..., TuiApp]
LOOKS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "cases": (("8", "s", "s"), ("Cases  all", "2 cases", "Exercise of")),
    "case": (("8", "enter", "G"), ("case-2", "note", "the vendor calls it", "desk")),
    "report": (("8", "p"), ("the first hour", "owner anna", "What left")),
    "escalate": (("G", "e"), ("Escalate incident", "a new case", "I1 is in case-2")),
}


@pytest.mark.skipif(not version("textual").startswith(RECORDED_WITH + "."), reason="as the other pictures")
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("screen", LOOKS)
def test_looks(snap_compare: Compare, night: Path, screen: str, size: tuple[int, int]) -> None:
    if screen == "escalate" and size != SIZES[0]:
        pytest.skip("a dialog looks the same where there is more room")
    keys, words = LOOKS[screen]
    investigated.write(night)

    async def walk(pilot: Pilot[None]) -> None:
        await shows(pilot, "Clip C-012 by mail", "following")
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.05)
        await shows(pilot, *words)
        await pilot.pause(0.3)

    app = TuiApp(night, actor="desk", now=lambda: night_shift.NOW)
    assert snap_compare(app, terminal_size=size, run_before=walk)


def case(folder: Path, id: int = 1) -> caseload.CaseDetail:
    found = asked(folder, lambda connection: caseload.case(connection, id))  # type: ignore[arg-type]
    assert isinstance(found, caseload.CaseDetail)
    return found


def test_a_task_as_it_is_typed() -> None:
    assert task_of("call  the vendor", "me", 5.0) == Task(text="call the vendor", owner="me")
    assert task_of("due:2h call owner:anna it:self", "me", 5.0) == Task(text="call it:self", owner="anna", due=7205.0)
    assert task_of("due:soon owner:", "me", 5.0) == Task(text="due:soon owner:", owner="me")
    assert task_of("due:1d", "me", 5.0).text == "due:1d"


@journey
async def test_an_investigation_from_escalation_to_its_end(
    night: Path, console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = states(night)
    app = console(night)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await shows(pilot, "following", "backup.7z")
        await pilot.press("space", "space", "e")
        await shows(pilot, "Escalate 2 incidents", "a new case")
        await pilot.press("enter")
        await shows(pilot, "2 incidents escalated to a new case   (u takes it back)")
        assert {states(night)[id] for id in (4, 5)} == {("acknowledged", "desk")}
        await pilot.press("u")
        await until(pilot, lambda: states(night) == before)
        assert case(night).case.disposition == "opened by mistake"
        await pilot.press("u")
        await until(pilot, lambda: case(night).case.alerts == 2)
        await pilot.press("8")
        await shows(pilot, "case-1", "1 case", "4/4")
        await pilot.press("enter")
        await shows(pilot, "owner desk", "preserve", "A6 ack")
        await pilot.press("w", *"asked the vendor", "enter")
        await shows(pilot, "Noted in case-1", "note", "asked the vendor")
        await pilot.press("T", *"call them due:2h owner:anna", "enter")
        await shows(pilot, "call them", "5 of 5 tasks to do", "in 2h    anna")
        await pilot.press("g", "space")
        await shows(pilot, "T1 done", "4 of 5 tasks to do", "[x]")
        await shows(pilot, "officer: the 72 hours of GDPR article 33 run   task T2")
        await pilot.press("u")
        await shows(pilot, "5 of 5 tasks to do")
        await pilot.pause(SETTLE_S)
        await pilot.press("space")
        await shows(pilot, "4 of 5 tasks to do")
        await pilot.press("p")
        await shows(pilot, "the first hour", "2 alerts", "What left")
        await pilot.press("E")
        await shows(pilot, "done   earwitness case report case-1")
        [written] = tmp_path.glob("case-1-*.md")
        assert "asked the vendor" in written.read_text()
        await pilot.press("escape", "escape", "c", "1", "enter")
        await shows(pilot, "say why")
        await pilot.press(*"found it", "enter")
        await shows(pilot, "Case-1 closed: confirmed leak", "confirmed leak, found it")
        await pilot.press("T")
        await shows(pilot, "case-1 is closed; r opens it again.")
        await pilot.press("escape")
        await shows(pilot, "No case here. e in the queue")
        await pilot.press("7")
        await shows(pilot, "7 Custody", "case closed", "confirmed leak: found it")
        await pilot.press("g", "enter")
        await shows(pilot, "closed: confirmed leak, found it")
    found = case(night)
    assert (found.case.state, found.case.reason, [note.text for note in found.notes]) == (
        *("closed", "found it"),
        ["asked the vendor"],
    )


@journey
async def test_an_observer_looks_at_cases_and_changes_nothing(night: Path, console: Console) -> None:
    investigated.write(night)
    before = len(asked(night, lambda connection: reader.log_page(connection, limit=10_000)))  # type: ignore[arg-type]
    app = console(night, is_observer=True)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "following", "backup.7z")
        await pilot.press("e", "8", "n", "w", "c", "enter")
        await shows(pilot, "ask the vendor who had the stick", "clip<202E>gpj.wav")
        await pilot.press("space", "T", "x", "p")
        await shows(pilot, "the first hour")
        await pilot.press("E", "escape")
        await hides(pilot, "the first hour")
        assert "Escalate" not in screen_text(app)
    assert len(asked(night, lambda connection: reader.log_page(connection, limit=10_000))) == before  # type: ignore[arg-type]
