"""How sensors do: what is silent, what is over, which gaps and canaries are whose, and what budgets are used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from forensics.model import BEAT_S, Gap, SensorHealth
from forensics.store import reader
from forensics.store.canaries import MISSED, Canary, Sighting
from forensics.store.rows import SensorRow
from forensics.store.sensing import Use, judged, sensing, state
from forensics.store.writer import Store

NOW = 1_700_000_000.0
STICK = SensorHealth(sensor="files:removable:STICK", kind="files", state="running", time=NOW, channels=("removable",))
WIRE = SensorHealth(sensor="network:eth0", kind="network", state="running", time=NOW, channels=("network",))


def row(**values: object) -> SensorRow:
    said = {"sensor": "s", "kind": "files", "state": "running", "time": NOW, "counters": {}, "detail": ""}
    return SensorRow(**{**said, **values})  # type: ignore[arg-type]


def test_a_sensor_is_told_with_its_gaps_canaries_and_budgets(tmp_path: Path) -> None:
    counters = {"lag_s": 7, "cpu_percent": 12, "cpu_percent_allowed": 50, "read_kib_s": 512, "read_kib_s_allowed": 2048}
    gap = Gap(sensor="files", channel="all", start=NOW - 60, end=NOW, cause="over budget")
    canary = Canary(
        channel="removable",
        sensor=STICK.sensor,
        destination="",
        nonce="1",
        sha256="1" * 64,
        sent=NOW - 9,
        due=NOW + 90,
    )
    with Store.open(tmp_path, actor="watch", clock=lambda: NOW) as store:
        store.heartbeat(replace(STICK, counters={**counters, "settled": 3, "gaps": 1}))
        store.heartbeat(replace(WIRE, state="degraded", detail="no interface eth0", counters={"dropped": 4}))
        with store.group() as group:
            group.gap(gap)
            group.gap(replace(gap, start=NOW - 200_000, end=NOW - 190_000))
            group.gap(replace(gap, sensor="network:eth0"))
            group.gap(replace(gap, sensor="network:eth0", cause="packets dropped"))
        store.see_canary(store.issue_canary(canary), Sighting(key="k", by="text", lack=""))
        for nonce, channel in enumerate(("http", "smtp", "ftp")):
            sent = replace(canary, channel=channel, sensor=WIRE.sensor, nonce=f"n{nonce}", sha256=f"{nonce + 2}" * 64)
            id = store.issue_canary(replace(sent, sent=NOW - 2 - nonce))
            if channel == "ftp":
                store.end_canary(id, MISSED, "not seen within 120 s")
            else:
                store.see_canary(id, Sighting(key=channel, by="text", lack=""))
    connection = reader.open_reader(tmp_path)
    try:
        wire, stick = sensing(connection, NOW + 10)
    finally:
        connection.close()
    assert (wire.row.sensor, wire.state, wire.is_well, wire.gaps, wire.dropped) == (
        WIRE.sensor,
        "degraded",
        False,
        2,
        4,
    )
    assert (wire.lag_s, wire.uses) == (None, ())
    told = [(words, standing.channel) for words, standing in wire.canary_words]
    assert told == [("canary by ftp missed", "ftp"), ("2 canaries seen within 3.0 s", "http")]
    assert (stick.state, stick.is_well, stick.gaps, stick.lag_s, stick.dropped) == ("running", True, 1, 7, None)
    assert [words for words, _ in stick.canary_words] == ["canary seen within 9.0 s"]
    assert stick.counted == {"settled": 3}
    assert stick.uses == (
        Use(what="processor", used=12, allowed=50, unit="%"),
        Use(what="reading", used=0.5, allowed=2, unit="MiB/s"),
    )
    assert [use.words for use in stick.uses] == ["processor 12 of 50 %", "reading 0.5 of 2 MiB/s"]


def test_what_another_monitor_is_without_has_ended_and_is_not_silent(tmp_path: Path) -> None:
    with Store.open(tmp_path, actor="watch", clock=lambda: NOW) as store:
        store.heartbeat(STICK, process="1")
        store.heartbeat(replace(WIRE, time=NOW + 200, boot=200.0), process="2")
    connection = reader.open_reader(tmp_path)
    try:
        found = {each.row.sensor: each for each in sensing(connection, NOW + 200)}
        later = {each.row.sensor: each for each in sensing(connection, NOW + 200 + 90 + BEAT_S)}
    finally:
        connection.close()
    assert (found[STICK.sensor].state, found[STICK.sensor].is_well) == ("ended", True)
    assert (found[WIRE.sensor].state, found[WIRE.sensor].is_well) == ("running", True)
    assert [(each.state, each.is_well) for each in later.values()] == [("silent", False), ("ended", False)]


@pytest.mark.parametrize(
    ("said", "is_well"),
    [
        ({"state": "starting"}, True),
        ({"state": "degraded"}, False),
        ({"state": "stopped"}, True),
        ({"state": "stopped", "detail": "no right to capture"}, False),
        ({"time": NOW - 91}, False),
    ],
)
def test_who_is_to_be_looked_at_while_another_watches(said: dict[str, object], is_well: bool) -> None:
    found = {each.row.sensor: each for each in judged([row(**said), row(sensor="other")], NOW)}
    assert (found["s"].is_well, found["other"].is_well) == (is_well, True)
    alone = judged([row(**said)], NOW)
    assert alone[0].is_well is (said.get("state") == "starting")


def test_counters_of_any_kind_are_told() -> None:
    found = judged([row(counters={"a_allowed": 0, "b_allowed": 5, "b": 9, "allowed": 1, "_allowed": 3})], NOW)[0]
    assert [use.words for use in found.uses] == ["b 9 of 5", " 0 of 3"]
    assert found.counted == {"allowed": 1}
    assert state(row(state="odd"), NOW) == "odd"
