"""Kept content opened by two people, each in a console of their own: asked, approved or declined, taken out, noted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from forensics.content import Content
from forensics.store import custody, reader
from forensics.store.unseals import unseals
from forensics.store.writer import Store
from forensics.unsealing import begin
from tests.sealing.people import key_file
from tests.store.made import analysis, called, latest, name_custodians, observation, verdict
from tests.tui import night_shift
from tests.tui.watching import hides, journey, screen_text, shows, until
from tui.app import TuiApp

HOSTILE = "why\u202e\x1b[2J [@click=app.quit]x[/]"
SPEECH = Content.of(b"clear speech " * 3_000)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with an alert whose content is sealed, beside its three custodians' private files: a, b, c."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "store"
    for key in name_custodians(folder, 3):
        key_file(tmp_path, key).rename(tmp_path / key.public.name[0])
    with Store.open(folder, actor="watch", clock=lambda: night_shift.NOW - 60) as opened, opened.group() as group:
        seen = observation(content=SPEECH, time=night_shift.NOW - 60)
        group.record(analysis(seen), verdict(), grouper=latest, kept={SPEECH.sha256: SPEECH})
    return folder


def console(store: Path, actor: str, *, is_observer: bool = False) -> TuiApp:
    return TuiApp(store, actor=actor, is_observer=is_observer, now=lambda: night_shift.NOW)


def steps(store: Path) -> list[tuple[str, str]]:
    """Who did what, newest request first, its steps in their order."""
    connection = reader.open_reader(store)
    try:
        assert custody.verify(connection) == []
        return [(step.actor, step.action) for each in unseals(connection) for step in each.steps]
    finally:
        connection.close()


@journey
async def test_what_one_asks_for_another_approves_and_only_then_it_opens(store: Path, tmp_path: Path) -> None:
    anna, boris = console(store, "anna"), console(store, "boris")
    async with (
        anna.run_test(size=(120, 40), notifications=True) as hers,
        boris.run_test(size=(120, 40), notifications=True) as his,
    ):
        await shows(hers, "following", "Clip C-001")
        await hers.press("i", "enter")
        await shows(hers, "What happened")
        await hers.press("O")
        await shows(hers, "Ask for kept content", "A1")
        await hers.press("enter")
        await shows(hers, "a reason is needed")
        await hers.press(*"court", "tab", "tab", "a", "enter")
        await until(hers, lambda: steps(store) == [("anna", "unseal approved")])
        await hers.press("7", "U")
        await shows(hers, "[Unsealing 1]", "needs 1", "court", "approved by anna")

        await hers.press("w")
        await shows(hers, "needs 1 more approval")
        await hers.press("A")
        await until(hers, lambda: steps(store)[-1] == ("anna", "unseal refused"))
        await his.press("7", "tab")
        await shows(his, "needs 1", "anna", "court")
        await his.press("A")
        await shows(his, "Approve", "who    anna", "why    court", "A1, sha256")
        await his.press("a", "enter")
        await shows(his, "already")
        await his.press("A")
        await shows(his, "your private key file")
        await his.press("b", "enter")
        await shows(his, "approved   request")
        await his.press("w")
        await until(his, lambda: steps(store)[-1] == ("boris", "unseal refused"))
        assert list(tmp_path.glob("a1-*")) == []

        await shows(hers, "approved by anna and boris")
        await hers.press("w")
        await shows(hers, "It is clear there")
        await hers.press("enter")
        await shows(hers, "opened   request")
    (out,) = tmp_path.glob("a1-*")
    assert (out.read_bytes(), out.stat().st_mode & 0o777) == (SPEECH.bytes(), 0o600)
    assert steps(store) == [
        ("anna", "unseal approved"),
        ("anna", "unseal refused"),
        ("boris", "unseal approved"),
        ("boris", "unseal refused"),
        ("anna", "unsealed"),
    ]


@pytest.mark.slow
@journey
async def test_a_request_is_declined_withdrawn_or_over_and_a_name_is_told(store: Path) -> None:
    person = called(store, "user1")
    async with console(store, "chloe").run_test(size=(80, 24), notifications=True) as pilot:

        async def ask(reason: str, *what: str) -> None:
            await pilot.press("O")
            await shows(pilot, "Ask for kept content")
            await pilot.press(*what, *reason, "tab", "tab", "c", "enter")

        await shows(pilot, "following")
        await pilot.press("7", "U")
        await shows(pilot, "Nobody asked")
        await pilot.press("A")
        await shows(pilot, "That is for a request")
        await ask("x", *person, "tab")
        await shows(pilot, "needs 1")
        await pilot.press("D")
        await shows(pilot, "Withdraw")
        await pilot.press(*"no", "enter")
        await shows(pilot, "withdrawn")
        await ask("who")
        await shows(pilot, "needs 1")
        async with console(store, "anna").run_test(size=(80, 24), notifications=True) as other:
            await other.press("7", "U")
            await shows(other, "needs 1", "who")
            await other.press("D")
            await shows(other, "Decline")
            await other.press(*"no", "enter")
            await shows(other, "declined")
            await other.press("A")
            await shows(other, "is declined")
        await ask("why")
        await shows(pilot, "needs 1")
        async with console(store, "boris").run_test(size=(80, 24), notifications=True) as other:
            await other.press("7", "U")
            await shows(other, "needs 1")
            await other.press("A")
            await shows(other, "Approve")
            await other.press("b", "enter")
            await shows(other, f"approved   {person}")
        await shows(pilot, f"approved   {person}")
        await pilot.press("w")
        await shows(pilot, f"{person} is user1")
    later = TuiApp(store, actor="anna", now=lambda: night_shift.NOW + 9e6)
    async with later.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("7", "U")
        await shows(pilot, "opened", "declined", "withdrawn")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_looks(snap_compare: Callable[..., bool], store: Path, size: tuple[int, int]) -> None:
    """The page over requests whose ids and times are fixed: what they say is only text."""
    now = night_shift.NOW
    with Store.open(store, actor="desk", clock=lambda: now) as opened:
        for at, reason in enumerate((HOSTILE, "the programme office asked on the telephone")):
            fixed = bytes([7 + at])
            begin(
                opened,
                "A1",
                reason=reason,
                hours=24,
                actor="anna",
                host="ws-1",
                now=now - 900 * (2 - at),
                random=fixed.__mul__,
            )

    async def walk(pilot: Pilot[None]) -> None:
        await shows(pilot, "following")
        await pilot.press("7", "U")
        await shows(pilot, "needs 2", "why<202E>")
        await pilot.pause(0.3)

    assert snap_compare(console(store, "desk"), terminal_size=size, run_before=walk)


@journey
async def test_an_observer_sees_what_was_asked_and_can_do_none_of_it(store: Path) -> None:
    async with console(store, "anna").run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "following")
        await pilot.press("7", "O")
        await shows(pilot, "Ask for kept content")
        await pilot.press(*"A1", "tab", *"why", "enter")
        await until(pilot, lambda: len(list((store / "requests").iterdir())) == 2)
    before = [path.name for path in (store / "requests").iterdir()]
    async with console(store, "boris", is_observer=True).run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("7", "U")
        await shows(pilot, "needs 2")
        for key in ("O", "A", "D", "w"):
            await pilot.press(key)
            assert not any(word in screen_text(pilot.app) for word in ("Ask for", "Approve ", "Decline ", "Open "))
        await pilot.press("L")
        await hides(pilot, "needs 2")
    assert [path.name for path in (store / "requests").iterdir()] == before
    assert steps(store) == []
