"""Another program's lines with the time they came: `python -m tests.benchmarks.files_stamping KIND FOLDER`.

KIND is inotifywait, or watch for `earwitness watch` with a store beside the folder. Prints what `files_sensing` prints.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import IO

INOTIFYWAIT = ("inotifywait", "-m", "-r", "-e", "create,modify,close_write,moved_to", "--format", "%e|%w%f")
READY = ("Watches established", "watching ")
AT_REST = ("CLOSE_WRITE", "MOVED_TO")


def main(kind: str, folder: str) -> None:
    command, read = COMMANDS[kind]
    process = subprocess.Popen(
        [*command, *places(kind, folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    assert process.stdout is not None
    assert process.stderr is not None
    threading.Thread(target=until_ready, args=(process.stderr,), daemon=True).start()
    for line in process.stdout:
        for what, path in read(line):
            sys.stdout.write(f"{time.monotonic():.6f}\t{what}\t{path}\n")
            sys.stdout.flush()
    process.wait()


def places(kind: str, folder: str) -> list[str]:
    if kind == "watch":
        return ["--store", f"{folder}.store", "watch", "--json", "--folder", f"share:{folder}"]
    return [folder]


def until_ready(stream: IO[str]) -> None:
    for line in stream:
        if line.startswith(READY):
            sys.stdout.write(f"{time.monotonic():.6f}\tready\t\n")
            sys.stdout.flush()
        else:
            sys.stderr.write(line)


def inotify_line(line: str) -> Iterator[tuple[str, str]]:
    events, _, path = line.rstrip("\n").partition("|")
    if "OVERFLOW" in events:
        yield "gap", "overflow"
    elif "ISDIR" not in events:
        yield "settled" if any(each in events for each in AT_REST) else "noticed", path


def watch_line(line: str) -> Iterator[tuple[str, str]]:
    record = json.loads(line)
    gap = record.get("gap", {})
    if gap.get("cause") == "vanished":
        yield "settled", gap["detail"].partition(":")[0]
    elif gap:
        yield "gap", gap["cause"]
    elif len(record["path"]) == 1:
        yield "settled", record["path"][0]


Reader = Callable[[str], Iterator[tuple[str, str]]]
COMMANDS: dict[str, tuple[tuple[str, ...], Reader]] = {
    "inotifywait": (INOTIFYWAIT, inotify_line),
    "watch": ((sys.executable, "-m", "forensics.cli"), watch_line),
}

if __name__ == "__main__":
    main(*sys.argv[1:])
