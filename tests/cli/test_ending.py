"""A command that waits for its end: no signal is missed, whenever it comes."""

from __future__ import annotations

import subprocess
import sys

# Each round sends the signal from another thread around the moment at which the wait begins; one that is missed
# would be waited for to the end of time.
ROUNDS = """
import os, random, signal, threading, time
from forensics.cli.ending import Ending

dice = random.Random(7)
for turn in range(400):
    with Ending() as ending:
        number = (signal.SIGTERM, signal.SIGINT)[turn % 2]
        threading.Timer(dice.random() * 0.0005, os.kill, (os.getpid(), number)).start()
        for _ in range(dice.randrange(4000)):
            pass
        assert ending.wait(3600)
        assert ending.wait(3600)
print("all")
"""


def test_a_signal_around_the_moment_the_wait_begins_ends_it() -> None:
    done = subprocess.run([sys.executable, "-c", ROUNDS], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("all\n", "")


def test_without_a_signal_the_wait_is_over_in_time() -> None:
    quiet = "from forensics.cli.ending import Ending\nwith Ending() as ending:\n    print(ending.wait(0.05))"
    done = subprocess.run([sys.executable, "-c", quiet], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("False\n", "")
