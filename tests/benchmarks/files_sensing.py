"""The file sensor by itself: `python -m tests.benchmarks.files_sensing FOLDER`, until SIGTERM.

Prints a line when a file is handed on (settled) and for every gap, and in the end one for each hint that reached the
sensor's queue (noticed), with the time of the machine's monotonic clock, in seconds.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote_to_bytes

from forensics.config import Files, Folder
from forensics.model import Gap
from forensics.sensors.files import watcher
from forensics.sensors.files.hint import Hint
from forensics.sensors.files.hints import Hints
from forensics.sensors.files.sensor import FileSensor
from forensics.sensors.files.settled import SettledFile

seen: list[tuple[float, str]] = []


class NotedHints(Hints):
    """Hints that keep the time at which each was queued."""

    def put(self, hints: Sequence[Hint]) -> None:
        super().put(hints)
        now = time.monotonic()
        seen.extend((now, hint.target or hint.path) for hint in hints)


def main(folder: str) -> None:
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    watcher.Hints = NotedHints
    files = FileSensor([Folder(role="share", path=Path(folder))], Files(), emit=take, gap=tell, health=lambda _: None)
    files.start()
    files.wait_until_watching(60)
    say(time.monotonic(), "ready", "")
    ending.wait()
    files.stop()
    for at, path in seen:
        say(at, "noticed", path)


def take(file: SettledFile) -> None:
    say(time.monotonic(), "settled", os.fsdecode(unquote_to_bytes(file.uri.removeprefix("file://"))))


def tell(gap: Gap) -> None:
    say(time.monotonic(), "gap", gap.cause)


def say(at: float, kind: str, what: str) -> None:
    sys.stdout.write(f"{at:.6f}\t{kind}\t{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
