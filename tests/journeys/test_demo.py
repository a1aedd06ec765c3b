"""The demonstration is the acceptance test of the main job: every journey judged right, live and replayed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

DEMO = [sys.executable, "-m", "forensics.cli", "demo", "--plain"]
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--securebits=+noroot"]


def play(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.endswith(" ok")]
    assert len(lines) == 6
    return done.stdout


def test_every_journey_is_judged_right() -> None:
    play(DEMO)


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0 or shutil.which("setpriv") is None, reason="rights can only be given up by root")
def test_without_the_right_to_capture_it_says_so_and_replays() -> None:
    assert "replayed from recorded captures" in play([*WITHOUT_RIGHTS, *DEMO])
