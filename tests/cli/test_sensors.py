"""`earwitness sensors`: what the monitors say of themselves, and whether anybody need look."""

from __future__ import annotations

import json
import time
from pathlib import Path

from forensics.model import SensorHealth
from forensics.store.writer import Store
from tests.cli.invoking import earwitness


def test_sensors_are_listed_and_the_exit_code_says_whether_all_are_well(tmp_path: Path) -> None:
    store = tmp_path / "store"
    assert earwitness("--store", store, "sensors").returncode != 0
    counters = {"settled": 3, "lag_s": 1, "cpu_percent": 40, "cpu_percent_allowed": 100}
    health = SensorHealth(sensor="files:work:a", kind="files", state="running", time=time.time(), counters=counters)
    with Store.open(store, actor="watch") as writing:
        writing.heartbeat(health)
    done = earwitness("--store", store, "sensors")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].startswith("running   files:work:a, heard ")
    assert "lag 1 s, gaps in 24 h 0, no canary yet" in done.stdout
    assert "processor 40 of 100 %" in done.stdout
    broken = SensorHealth(
        sensor="network:\x1b[2J", kind="network", state="stopped", time=time.time(), detail="no \u202e"
    )
    with Store.open(store, actor="watch") as writing:
        writing.heartbeat(broken)
    done = earwitness("--store", store, "sensors")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    records = [json.loads(line) for line in earwitness("--store", store, "sensors", "--json").stdout.splitlines()]
    assert [(each["state"], each["well"]) for each in records] == [("stopped", False), ("running", True)]
    assert records[1]["budgets"] == [{"what": "processor", "used": 40.0, "allowed": 100.0, "unit": "%"}]
    assert records[1]["counters"] == {"settled": 3}
