"""The command, where there is no terminal."""

from __future__ import annotations

import subprocess
import sys


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
