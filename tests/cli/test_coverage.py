"""`earwitness coverage` over real monitors: killed, paused, and watching only the network."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from forensics.model import BEAT_S
from forensics.store import reader
from forensics.store.watches import MISSED_S
from forensics.store.writer import Store
from tests.cli.watching import watching, watching_folder
from tests.store.test_watches import beat


def coverage(store: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "forensics.cli", "--store", str(store), "coverage", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def ledger(store: Path, *options: str) -> dict[str, dict[str, Any]]:
    done = coverage(store, "--json", *options)
    assert done.returncode == 0, done.stderr
    return {channel["channel"]: channel for channel in json.loads(done.stdout)["channels"]}


def beats(store: Path, sensor: str) -> float:
    """When that sensor last told how it is; 0 for never."""
    try:
        connection = reader.open_reader(store)
    except Exception:
        return 0.0
    try:
        return max((row.time for row in reader.sensors(connection) if row.sensor.startswith(sensor)), default=0.0)
    finally:
        connection.close()


def wait_for_beat(store: Path, sensor: str, after: float) -> None:
    deadline = time.monotonic() + 60
    while beats(store, sensor) <= after:
        assert time.monotonic() < deadline, "no heartbeat"
        time.sleep(0.1)


@pytest.mark.slow
def test_between_a_kill_and_the_next_start_exactly_its_channels_are_blind(tmp_path: Path) -> None:
    store, medium = tmp_path / "store", tmp_path / "medium"
    medium.mkdir()
    with watching_folder(store, tmp_path, medium) as monitor:
        wait_for_beat(store, "files:removable", 0.0)
        wait_for_beat(store, "files:removable", beats(store, "files:removable"))
        monitor.kill()
    killed = time.time()
    time.sleep(1)
    with watching_folder(store, tmp_path, medium) as monitor:
        wait_for_beat(store, "files:removable", killed)
        wait_for_beat(store, "files:removable", beats(store, "files:removable"))
        now = ledger(store, "--last", "1m")
        monitor.stop()
    seen = [each for each in now["removable"]["intervals"] if each["level"] != "degraded"]  # while it starts
    assert [each["level"] for each in seen] == ["blind", "covered", "blind", "covered"]
    assert "no sensor ran" in seen[2]["causes"]
    assert now["removable"]["seconds"]["covered"] >= 1.0
    assert [each["level"] for each in now["http"]["intervals"]] == ["blind"]


@pytest.mark.slow
def test_a_monitor_that_is_paused_misses_beats(tmp_path: Path) -> None:
    store, medium = tmp_path / "store", tmp_path / "medium"
    medium.mkdir()
    with watching_folder(store, tmp_path, medium) as monitor:
        wait_for_beat(store, "files:removable", 0.0)
        os.kill(monitor.pid, signal.SIGSTOP)
        time.sleep(MISSED_S + 1)
        os.kill(monitor.pid, signal.SIGCONT)
        resumed = time.time()
        wait_for_beat(store, "files:removable", resumed)
        monitor.stop()
    lost = [each for each in ledger(store)["removable"]["intervals"] if "no sensor ran" in each["causes"]]
    assert any("files:removable" in cause and "missed" in cause for each in lost for cause in each["causes"])


@pytest.mark.slow
def test_an_interface_alone_leaves_files_blind(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with watching(store, tmp_path, 9) as monitor:
        wait_for_beat(store, "network:lo", 0.0)
        wait_for_beat(store, "network:lo", beats(store, "network:lo"))
        monitor.stop()
    found = ledger(store, "--last", "1m")
    assert {"degraded"} <= {each["level"] for each in found["http"]["intervals"]}
    assert found["http"]["sensors"] == ["network:lo"]
    assert any("capture filter" in cause for each in found["http"]["intervals"] for cause in each["causes"])
    assert {each["level"] for each in found["work"]["intervals"]} == {"blind"}


def test_for_people_it_is_an_answer_in_one_sentence(tmp_path: Path) -> None:
    with Store.open(tmp_path, actor="tester") as store:
        for at in (0.0, BEAT_S, 2 * BEAT_S, 100.0, 100.0 + BEAT_S):
            beat(store, at)
    window = ("--from", "2023-11-14T22:13:20", "--to", "2023-11-14T22:15:05", "--channel", "removable")
    done = coverage(tmp_path, *window)
    assert done.returncode == 0, done.stderr
    answer = (
        "removable: yes, from 22:13:20 to 22:13:30 and from 22:15:00 to 22:15:05;"
        " no from 22:13:30 to 22:15:00: files:removable:/media: heartbeats missed, no sensor ran"
    )
    assert answer in done.stdout
    assert "partly seen T1052.001" in done.stdout
    assert coverage(tmp_path, *window, "--strict").returncode == 1
    covered = ("--from", "2023-11-14T22:13:20", "--to", "2023-11-14T22:13:30", "--channel", "removable")
    assert coverage(tmp_path, *covered, "--strict").returncode == 0
    assert coverage(tmp_path, "--from", "yesterday").returncode == 2
