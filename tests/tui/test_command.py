"""The command before its screen: where there is no terminal, or no store that can be read."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from forensics.errors import StoreError
from tests.tui import night_shift
from tui.command import check


def test_without_a_terminal_it_says_what_to_use_instead() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "forensics.cli", "tui"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert run.returncode == 2
    assert "needs a terminal" in run.stderr
    assert run.stdout == ""


def test_help_tells_of_the_observer() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "forensics.cli", "tui", "--help"],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0
    assert "--observer" in run.stdout


def file_as_folder(store: Path) -> None:
    store.write_text("no folder")


def no_database(store: Path) -> None:
    store.mkdir()
    (store / "evidence.sqlite").write_text("no database " * 100)


def folder_as_file(store: Path) -> None:
    (store / "evidence.sqlite").mkdir(parents=True)


@pytest.mark.parametrize("broken", [file_as_folder, no_database, folder_as_file])
def test_a_broken_store_is_told_before_the_screen_opens(tmp_path: Path, broken: Callable[[Path], None]) -> None:
    store = tmp_path / "store"
    broken(store)
    master, slave = pty.openpty()
    try:
        run = subprocess.run(
            [sys.executable, "-m", "forensics.cli", "--store", str(store), "tui"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            check=False,
            timeout=60,
        )
        said = os.read(master, 4096).decode()
    finally:
        os.close(master)
        os.close(slave)
    assert run.returncode == StoreError.exit_code == 7
    assert "evidence.sqlite" in said
    assert "\x1b[?1049h" not in said, "the screen was opened"


def test_a_store_that_is_whole_or_not_there_yet_is_no_complaint(tmp_path: Path) -> None:
    check(tmp_path / "later")
    check(tmp_path)
    night_shift.write(tmp_path / "night")
    check(tmp_path / "night")
