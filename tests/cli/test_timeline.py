"""`earwitness timeline` in every form it prints, through the command line over a store of one fixed night."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from forensics.cli.timeline import PAGE
from forensics.store import reader
from forensics.store.writer import Store
from tests.cli.invoking import earwitness
from tests.store.made import NOW, analysis, called, latest, observation, verdict
from tests.tui import night_shift

NIGHT = ("--since", "2026-11-21T18:00", "--until", "2026-11-22T03:15")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("night")
    night_shift.write(folder)
    return folder


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    night_shift.write(folder, is_hostile=True)
    return folder


def test_lanes_of_the_night(store: Path) -> None:
    done = earwitness("--store", store, "timeline", "--width", "100", *NIGHT)
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[0].startswith("Sat 21 Nov 2026")
    assert "22 Nov" in lines[0]
    assert lines[1].startswith("UTC, 10 min a column")
    rows = {(line[:16].strip(), line[17:26].strip()): line for line in lines[2:-1]}
    rv17 = called(store, "rv17")
    assert rows[rv17, "alerts"].split() == [rv17, "alerts", "2", "·", "·", "·", "·", "·", "HC"]
    assert "←" in rows["", "returns"]
    assert "╱╱╱╱" in rows["all", "not seen"]
    assert all(sign in lines[-1] for sign in ("C H M L I", "←", "▁", "╱"))
    assert all(len(line) <= 100 for line in lines[:-1])


def test_everything_is_shown_without_a_time_and_by_host_on_wish(store: Path) -> None:
    done = earwitness("--store", store, "timeline", "--width", "100", "--by", "host")
    assert "1 h a column" in done.stdout
    assert all(host in done.stdout for host in ("ws-17", "ws-21", "ws-04"))
    wide = earwitness("--store", store, "timeline", "--width", "300", "--by", "host")
    assert "20 min a column" in wide.stdout
    assert earwitness("--store", store, "timeline", "--local", "--width", "80").returncode == 0


def test_json_has_every_lane_and_gap(store: Path) -> None:
    found = json.loads(earwitness("--store", store, "timeline", "--json", "--width", "100", *NIGHT).stdout)
    lanes = {(lane["name"], lane["kind"]): lane for lane in found["lanes"]}
    alerts = lanes[called(store, "rv17"), "alert"]
    assert (alerts["count"], [step["worst"] for step in alerts["steps"]]) == (2, ["high", "critical"])
    assert alerts["steps"][0]["start"] == "2026-11-22T02:20:00.000Z"
    assert (found["by"], found["step_s"], len(found["gaps"])) == ("user", 600.0, 3)
    assert [gap["cause"] for gap in found["gaps"][:2]] == ["no sensor ran", "the capture dropped packets"]
    assert [gap["id"] for gap in found["gaps"]] == ["", "G10", "G11"]
    assert sum(lane["count"] for lane in found["lanes"]) == 7


def test_timesketch_takes_every_line(store: Path) -> None:
    done = earwitness("--store", store, "timeline", "--format", "timesketch")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert all({"message", "datetime", "timestamp_desc"} <= event.keys() for event in events)
    counted = Counter(event["timestamp_desc"] for event in events)
    assert counted == {"Alert seen": 6, "Sighting seen": 1, "Gap begins": 3, "Gap ends": 3}
    assert {event["id"] for event in events if "id" in event} == {"A1", "A2", "A3", "A4", "A5", "A6", "O5"}
    few = earwitness("--store", store, "timeline", "--format", "timesketch", "channel:smtp", *NIGHT)
    assert "Clip C-012 by mail" in few.stdout.splitlines()[0]


def test_timesketch_comes_in_pages_and_misses_nothing(tmp_path: Path) -> None:
    count = PAGE + 1
    with Store.open(tmp_path, actor="tester", clock=lambda: NOW) as opened, opened.group() as group:
        for number in range(count):
            group.record(
                analysis(observation(f"k{number}")), replace(verdict(), is_alert=number % 2 == 0), grouper=latest
            )
    done = earwitness("--store", tmp_path, "timeline", "--format", "timesketch")
    ids = [json.loads(line)["id"] for line in done.stdout.splitlines()]
    assert len(ids) == len(set(ids)) == count


def test_a_query_narrows_it_and_whom_it_names_is_noted(store: Path) -> None:
    done = earwitness("--store", store, "timeline", "user:rv17", "--width", "90")
    assert called(store, "rv17") in done.stdout
    assert called(store, "rev21") not in done.stdout
    connection = reader.open_reader(store)
    act = reader.latest_act(connection, "looked for by name")
    connection.close()
    assert act is not None
    assert called(store, "rv17") in f"{act.subject} {act.detail}"


def test_what_cannot_be_asked(store: Path, tmp_path: Path) -> None:
    wrong = earwitness("--store", store, "timeline", "nosuch:x")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "^" in wrong.stderr
    assert earwitness("--store", store, "timeline", "--last", "soon").returncode == 2
    assert earwitness("--store", store, "timeline", *NIGHT[2:], "--since", "2027-01-01").returncode == 2
    assert earwitness("--store", tmp_path, "timeline").returncode == 7


def test_where_nothing_was(store: Path) -> None:
    done = earwitness("--store", store, "timeline", "--since", "2001-01-01", "--until", "2001-01-02", "--width", "90")
    assert done.returncode == 0
    assert "nothing was seen in this time" in done.stdout


def test_hostile_names_are_shown_harmlessly(hostile: Path) -> None:
    for arguments in (("--width", "120"), ("--by", "host"), ("--json",), ("--format", "timesketch")):
        done = earwitness("--store", hostile, "timeline", *arguments)
        assert done.returncode == 0
        assert not any(char in done.stdout for char in "\x1b\u202e\x07\x9b")
    assert "<202E>" in earwitness("--store", hostile, "timeline", "--width", "120").stdout
