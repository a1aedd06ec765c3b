"""`watch` as a process: usage, a clean end, and a reader of its output who pauses."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from forensics.resources import samples_folder
from forensics.store import reader

WATCH = [sys.executable, "-m", "forensics.cli"]
FILES = 60


def count_alerts(store: Path) -> int:
    try:
        connection = reader.open_reader(store)
    except Exception:
        return 0
    try:
        return len(reader.queue(connection, limit=1000))
    finally:
        connection.close()


def test_nothing_to_watch_and_an_unknown_role_are_usage_errors(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[files]\nmedia = []\nsync = false\n")
    for arguments in ((), ("--folder", f"usb:{tmp_path}")):
        command = [*WATCH, "--store", str(tmp_path / "s"), "--config", str(config), "watch", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


def test_what_comes_by_itself_is_watched_without_folder_or_interface(tmp_path: Path) -> None:
    command = [*WATCH, "--store", str(tmp_path / "s"), "watch"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "by itself (auto, shares, sync folders)" in process.stderr.readline()
    assert "content of alerts is not kept: there are fewer than two custodians" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.slow
def test_a_reader_who_pauses_holds_no_evidence_back(tmp_path: Path) -> None:
    store, medium = tmp_path / "store", tmp_path / "medium"
    medium.mkdir()
    manifest = samples_folder() / "packages/TR-2041/manifest.json"
    for number in range(FILES):
        shutil.copyfile(manifest, medium / f"{number:03}-{'x' * 150}.json")
    command = [*WATCH, "--store", str(store), "watch", "--folder", f"removable:{medium}", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 90
    while count_alerts(store) < FILES and time.monotonic() < deadline:
        time.sleep(0.2)
    assert count_alerts(store) == FILES
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 1
    assert process.stdout is not None
    process.stdout.close()
