"""Canaries through real monitors: on the loopback and in folders, missed ones, and a kill between sent and seen."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forensics.selfcheck.envelopes import PROTOCOLS
from forensics.sensors.network.ring import why_not_capture
from forensics.store import canaries, reader
from tests.cli.invoking import earwitness
from tests.cli.watching import WAIT_S, watching, watching_folder

OFTEN = "[selfcheck]\nevery_hours = 0.0012\nwithin_s = 120\n"
captured = pytest.mark.skipif(bool(why_not_capture("lo")), reason="packets cannot be captured here")
pytestmark = pytest.mark.slow


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def status(store: Path) -> dict[str, dict[str, Any]]:
    lines = [
        json.loads(line) for line in earwitness("--store", store, "selfcheck", "status", "--json").stdout.splitlines()
    ]
    return {line["channel"]: line for line in lines if "channel" in line}


def alerts(store: Path) -> list[tuple[str, str, str]]:
    connection = reader.open_reader(store)
    try:
        return [(row.state.value, row.severity.value, row.title) for row in reader.queue(connection)]
    finally:
        connection.close()


def soon(look: Callable[[], Any]) -> Any:
    """What `look` finds as soon as it finds something."""
    deadline = time.monotonic() + WAIT_S
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def configured(tmp_path: Path, within_s: float) -> Path:
    config = tmp_path / "send.toml"
    config.write_text(f"[selfcheck]\nwithin_s = {within_s}\n")
    return config


def test_a_canary_in_a_folder_is_seen_counted_and_wakes_nobody(tmp_path: Path, watched: Path) -> None:
    store = tmp_path / "store"
    nobody = earwitness("--store", store, "selfcheck", "send")
    assert (nobody.returncode, "no running monitor" in nobody.stderr) == (8, True)
    with watching_folder(store, tmp_path, watched) as monitor:
        assert soon(lambda: "files" in _sensors(store))
        sent = earwitness("--store", store, "selfcheck", "send", "--json")
        assert sent.returncode == 0, sent.stdout + sent.stderr
        [canary] = map(json.loads, sent.stdout.splitlines())
        assert (canary["outcome"], canary["by"]) == ("seen", ["audio", "text"])
        lines = monitor.wait_for(lambda lines: [line for line in lines if "canary" in line])
        assert [line["canary"]["canary"] for line in lines] == [canary["canary"]]
        assert not [line for line in monitor.lines if line.get("alert")]
        assert monitor.stop() == 0, "a test is no alert"
    assert list(watched.iterdir()) == []
    assert [found[:2] for found in alerts(store)] == [("closed", "info")]
    shown = status(store)["removable"]
    assert (shown["seen"], shown["missed"], shown["p50_s"]) == (1, 0, shown["last"]["detected_s"])
    assert earwitness("--store", store, "verify").returncode == 0
    assert "the last canaries of 1 of 1 sensors and channels were seen" in earwitness("--store", store, "doctor").stdout


@captured
def test_every_protocol_of_the_loopback_is_tried(tmp_path: Path, watched: Path) -> None:
    store = tmp_path / "store"
    settings = f'{OFTEN}[network]\ninterfaces = ["lo"]\nkeylog = ["{tmp_path}/keys.log"]\n'
    with watching_folder(store, tmp_path, watched, settings=settings) as monitor:
        wanted = {"removable", *PROTOCOLS}
        assert monitor.wait_for(
            lambda lines: {line["canary"]["channel"] for line in lines if "canary" in line} >= wanted
        )
        soon(lambda: {name for name, each in status(store).items() if each["seen"]} >= wanted)
    found = status(store)
    assert found.keys() == wanted
    assert all(each["seen"] and not each["missed"] for each in found.values()), found


@captured
def test_what_no_sensor_sees_is_an_alert_and_a_gap(tmp_path: Path, watched: Path) -> None:
    store = tmp_path / "store"
    with watching(store, tmp_path, 9) as monitor:
        assert soon(lambda: "network" in _sensors(store))
        config = configured(tmp_path, 3)
        sent = earwitness("--store", store, "--config", config, "selfcheck", "send", "--channel", "http")
        assert (sent.returncode, "missed: not seen within 3 s" in sent.stdout) == (1, True), sent.stdout + sent.stderr
        assert monitor.stop() == 0
    [(state, severity, title)] = alerts(store)
    assert (state, severity) == ("new", "high")
    assert title == ("Canary by HTTP missed by network:lo (not seen within 3 s) in the self-check")
    connection = reader.open_reader(store)
    [gap] = [gap for gap in reader.gaps(connection) if gap.cause == "canary missed"]
    detail = reader.alert_detail(connection, 1)
    connection.close()
    assert (gap.channel, gap.sensor, detail.matches[0].technique) == ("http", "network:lo", "T1562")
    done = earwitness("--store", store, "selfcheck", "status")
    assert (done.returncode, "0 of 1 seen, 1 missed" in done.stdout) == (1, True)
    assert "was missed by network:lo" in earwitness("--store", store, "doctor").stdout


def test_what_raises_no_alert_is_missed(tmp_path: Path, watched: Path) -> None:
    store = tmp_path / "store"
    quiet = ("suppress", "add", "--channel", "removable", "--for", "1d", "--reason", "a move")
    assert earwitness("--store", store, *quiet).returncode == 0
    with watching_folder(store, tmp_path, watched) as monitor:
        assert soon(lambda: "files" in _sensors(store))
        sent = earwitness("--store", store, "selfcheck", "send")
        assert (sent.returncode, "no alert came of it: suppressed by S1" in sent.stdout) == (1, True)
        assert monitor.stop() == 0
    assert [found[:2] for found in alerts(store)] == [("new", "high")]


def test_a_kill_between_sending_and_seeing_leaves_the_truth(tmp_path: Path, watched: Path) -> None:
    store = tmp_path / "store"
    with watching_folder(store, tmp_path, watched, settings=OFTEN) as monitor:
        assert monitor.wait_for(lambda lines: [line for line in lines if "canary" in line])
        workers = _children(monitor.pid)
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        assert soon(lambda: list(watched.iterdir()) and _under_way(store))
        monitor.kill()
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
    [left] = _under_way(store)
    assert (left.outcome, left.seen) == ("", 0.0)
    assert len(list(watched.iterdir())) == 1
    with watching_folder(store, tmp_path, watched, settings=OFTEN) as monitor:
        assert monitor.wait_for(lambda lines: [line for line in lines if "canary" in line])
        monitor.stop()
    connection = reader.open_reader(store)
    found = {each.id: each for each in canaries.newest(connection, 100)}
    connection.close()
    assert (found[left.id].outcome, found[left.id].seen) == ("broken off", 0.0)
    assert list(watched.iterdir()) == []
    assert {each.outcome for each in found.values()} <= {"seen", "broken off"}
    assert {state for state, _, _ in alerts(store)} == {"closed"}
    assert earwitness("--store", store, "verify").returncode == 0


def _sensors(store: Path) -> set[str]:
    """The kinds of sensors that told of themselves."""
    try:
        connection = reader.open_reader(store)
    except Exception:
        return set()
    try:
        names = {row.sensor.partition(":")[0] for row in reader.sensors(connection) if row.sensor != "files:arrivals"}
    finally:
        connection.close()
    return names


def _under_way(store: Path) -> tuple[canaries.Canary, ...]:
    connection = reader.open_reader(store)
    try:
        return canaries.under_way(connection)
    finally:
        connection.close()


def _children(pid: int) -> list[int]:
    return [int(child) for task in Path(f"/proc/{pid}").glob("task/*/children") for child in task.read_text().split()]
