"""Exports from the console: a leak from its arrival to a bundle that a stranger checks."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from forensics.resources import samples_folder
from forensics.store import custody, reader
from tests.tui.watching import journey, screen_text, shows, until
from tui.app import TuiApp

Console = Callable[..., TuiApp]
PACKAGE = samples_folder() / "packages" / "TR-2041"


def command(store: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    called = [sys.executable, "-m", "forensics.cli", "--store", str(store), *arguments]
    return subprocess.run(called, capture_output=True, text=True, check=False)


def verified(bundle: Path) -> subprocess.CompletedProcess[str]:
    called = [sys.executable, "-I", str(bundle / "verify.py"), str(bundle)]
    return subprocess.run(called, capture_output=True, text=True, check=False)


def exports(store: Path) -> list[tuple[str, str, str]]:
    connection = reader.open_reader(store)
    try:
        assert custody.verify(connection) == []
        rows = reader.log_page(connection, limit=1000, is_acts_only=True)
        return [(row.actor, row.subject, row.detail) for row in rows if row.action == "export"]
    finally:
        connection.close()


@journey
async def test_a_leak_is_triaged_from_its_arrival_to_its_export(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real pipeline finds a registered clip while the console runs; what is exported, verify.py alone checks."""
    monkeypatch.chdir(tmp_path)
    store = tmp_path / "store"
    assert command(store, "register", str(PACKAGE), "--programme", "translator", "--recipient", "r1").returncode == 0
    app = console(store)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        found = await asyncio.to_thread(command, store, "scan", str(PACKAGE / "audio" / "TR-2041-c01.wav"))
        assert found.returncode == 1, found.stderr
        await shows(pilot, "TR-2041-c01", "following")
        await pilot.press("i")
        await shows(pilot, "Alerts  open")
        await pilot.press("enter")
        await shows(pilot, "What happened", "A1 · I1 · high, new")
        await pilot.press("o")
        await shows(pilot, "Alert A1 is desk's now", "owner    desk")
        await pilot.press("a")
        await shows(pilot, "high, acknowledged")
        await pilot.press("c", "1", "tab", *"stick", "enter")
        await shows(pilot, "high, closed")
        await pilot.press("w")
        await shows(pilot, "Export A1", "a1-bundle", "it stands in the log")
        await pilot.press("enter")
        await shows(pilot, "a reason is needed")
        await pilot.press(*"court", "enter")
        await shows(pilot, "A1 exported")
        await pilot.press("Y")
        await shows(pilot, "[Custody", "desk export A1", "; court")
        await pilot.press("w", "enter")
        await shows(pilot, "is there already; nothing is written over")
        await pilot.press("escape")
    done = verified(tmp_path / "a1-bundle")
    assert done.returncode == 0, done.stdout + done.stderr
    assert exports(store)[0][:2] == ("desk", "A1")
    assert exports(store)[0][2].endswith("; court")
    page = (tmp_path / "a1-bundle" / "data" / "report.html").read_text()
    assert all(word in page for word in ("TR-2041-c01", "true leak"))


@journey
async def test_an_incident_is_exported_from_the_queue_and_by_an_observer_nothing(
    night: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(night.parent)
    async with console(night, is_observer=True).run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "following", "backup.7z")
        await pilot.press("w")
        assert "Export" not in screen_text(pilot.app)
    async with console(night).run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "following", "backup.7z")
        await pilot.press("w")
        await shows(pilot, "Export I5", "enter export")
        await pilot.press(*"x", "enter")
        await until(pilot, lambda: exports(night))
        await pilot.press("7", "X")
        await shows(pilot, "[Exports]", "export", "I5", "what was exported, by whom")
        await pilot.press("i")
        await shows(pilot, "Prove entry", "verify.py beside it")
        await pilot.press(*"court", "enter")
        await until(pilot, lambda: list(night.parent.glob("entry-*-proof")))
        assert len(exports(night)) == 2
    assert verified(night.parent / "i5-bundle").returncode == 0
    (proof,) = night.parent.glob("entry-*-proof")
    done = verified(proof)
    assert done.returncode == 0, done.stdout
    assert command(night, "export", "--alert", "A99", "--out", str(night.parent / "x")).returncode == 8
