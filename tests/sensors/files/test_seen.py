"""What was noticed is on disk until it came to an end, so that a killed sensor leaves no file untold."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from forensics.config import Files, Folder
from forensics.sensors.files.seen import Seen
from forensics.sensors.files.sensor import FileSensor
from forensics.sensors.files.settled import Method, SettledFile

PATIENCE_S = 60.0
WATCHING = """
import sys, time
from pathlib import Path
from forensics.config import Files, Folder
from forensics.sensors.files.sensor import FileSensor
sensor = FileSensor([Folder(role="removable", path=Path(sys.argv[1]))],
                    Files(quiet_after_close_s=600, quiet_after_scan_s=600, media=(), sync=False),
                    emit=print, gap=print, health=lambda _: None, journal=Path(sys.argv[2]))
sensor.start()
sensor.wait_until_watching(60)
print("watching", flush=True)
time.sleep(600)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def test_what_was_begun_and_did_not_end_is_left(file: Path) -> None:
    seen = Seen(file)
    for path in ("/a", "/b\udcff\n", "/c", "/d"):
        seen.begin(path)
    seen.flush()
    done = seen.send("/a")
    seen.follow("/c", "/e")
    done()
    seen.close()
    assert Seen(file).left == ("/b\udcff\n", "/d", "/e")


def test_what_is_pending_or_handed_on_stays_and_what_came_to_nothing_ends(file: Path) -> None:
    seen = Seen(file)
    for path in ("/pending", "/sent", "/nothing"):
        seen.begin(path)
    done = seen.send("/sent")
    seen.is_pending = "/pending".__eq__
    seen.tidy()
    seen.close()
    seen = Seen(file)
    assert seen.left == ("/pending", "/sent")
    done()  # after the end nobody is hurt
    seen.tidy()
    seen.close()
    assert file.stat().st_size == 0


def test_a_journal_another_process_has_is_left_alone(file: Path) -> None:
    first, second = Seen(file), Seen(file)
    second.begin("/a")
    second.send("/b")()
    second.close()
    first.begin("/c")
    first.close()
    assert Seen(file).left == ("/c",)


def test_a_file_that_went_while_a_killed_sensor_had_seen_it_is_told_once(tmp_path: Path, file: Path) -> None:
    folder = tmp_path / "watched"
    folder.mkdir()
    command = [sys.executable, "-c", WATCHING, str(folder), str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"watching\n"
        for name in ("gone.txt", "stays.txt"):
            (folder / name).write_text("words")
        deadline = time.monotonic() + PATIENCE_S
        while b"stays.txt" not in file.read_bytes() and time.monotonic() < deadline:
            time.sleep(0.02)
        running.send_signal(signal.SIGKILL)
    (folder / "gone.txt").unlink()
    assert told(folder, file) == {("gone.txt", Method.VANISHED), ("stays.txt", Method.FOUND)}
    os.unlink(folder / "stays.txt")
    assert told(folder, file) == set()


def told(folder: Path, file: Path) -> set[tuple[str, Method]]:
    """What a sensor hands on in its first two seconds, each recorded at once."""
    files: list[SettledFile] = []

    def take(settled: SettledFile) -> None:
        files.append(settled)
        settled.done()

    settings = Files(quiet_after_scan_s=0.1, media=(), sync=False)
    sensor = FileSensor(
        [Folder(role="removable", path=folder)],
        settings,
        emit=take,
        gap=lambda _: None,
        health=lambda _: None,
        journal=file,
    )
    sensor.start()
    assert sensor.wait_until_watching(PATIENCE_S)
    time.sleep(2.0)
    sensor.stop()
    assert len({each.path for each in files}) == len(files)
    return {(each.path, each.method) for each in files}
