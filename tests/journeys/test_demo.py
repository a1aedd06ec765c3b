"""The demonstration is the acceptance test of the main job: every journey judged right, live where possible."""

from __future__ import annotations

import subprocess
import sys


def test_every_journey_is_judged_right() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "forensics.cli", "demo", "--plain"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" ok\n") + done.stdout.rstrip().endswith("ok") >= 6
