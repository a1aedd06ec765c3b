"""The runs of sensors: what makes one longer, what ends it, and that the log vouches for them."""

import pytest

from forensics.model import SensorHealth
from forensics.store import custody, reader
from forensics.store.watches import TELL_EVERY_S, runs
from tests.store.made import NOW


def beat(store, at, *, state="running", process="boot 7 100", set_by=0.0, sensor="files:removable:/media", count=0):
    health = SensorHealth(
        sensor=sensor,
        kind="files",
        state=state,
        time=NOW + at + set_by,
        boot=500.0 + at,
        channels=("removable",),
        counters={"settled": count},
    )
    store.heartbeat(health, process=process)


def told(connection):
    return [row["subject"] for row in connection.execute("SELECT subject FROM acts WHERE action = 'watched'")]


def test_beats_make_one_run_longer(store, reading):
    for number in range(5):
        beat(store, 5.0 * number, count=number)
    (run,) = runs(reading)
    assert (run.first, run.last, run.beats, run.opened) == (NOW, NOW + 20, 5, "start")
    assert (run.before, run.after, run.is_open) == ({"settled": 0}, {"settled": 4}, True)
    assert [row.time for row in reader.sensors(reading)] == [NOW + 20]
    assert custody.verify(reading) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"at": 21.0}, "silence"),
        ({"at": 5.0, "set_by": 90.0}, "clock"),
        ({"at": 5.0, "state": "degraded"}, "state"),
        ({"at": 30.0, "process": "boot 8 200"}, "process"),
    ],
)
def test_what_ends_a_run_is_an_act_of_the_log(store, reading, change, why):
    beat(store, 0.0)
    beat(store, **change)
    before, after = runs(reading)
    assert (before.is_open, after.is_open, after.opened) == (False, True, why)
    assert told(reading) == ["files:removable:/media"]
    assert custody.verify(reading) == []


def test_a_stopped_sensor_owes_no_beat(store, reading):
    beat(store, 0.0)
    beat(store, 3.0, state="stopped")
    beat(store, 33.0, state="stopped")
    assert [(run.state, run.beats) for run in runs(reading)] == [("running", 1), ("stopped", 2)]


def test_a_long_run_is_told_of_every_hour(store, reading):
    at = 0.0
    while at <= 2 * TELL_EVERY_S + 60:
        beat(store, at)
        at += 15.0
    assert len(runs(reading)) == 1
    assert len(told(reading)) == 2
    assert custody.verify(reading) == []


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("UPDATE watches SET last = last + 60 WHERE id = 1", "not as it was recorded"),
        ("UPDATE watches SET state = 'degraded' WHERE id = 1", "not as it was recorded"),
        ("DELETE FROM watches WHERE id = 1", "recorded, but no longer there"),
        ("UPDATE watches SET last = last + 9000 WHERE id = 2", "it did not last as long as it says"),
        ("UPDATE watches SET is_open = 0 WHERE id = 2", "no entry speaks of it"),
    ],
)
def test_runs_that_were_edited_disagree_with_the_log(store, reading, sql, reason):
    beat(store, 0.0)
    beat(store, 100.0)
    store._pen.connection.execute(sql)
    assert [found.reason for found in custody.verify(reading)] == [reason]


def test_two_processes_do_not_end_each_others_runs(store, reading):
    for at in (0.0, 5.0, 10.0):
        beat(store, at, process="boot 7 100")
        beat(store, at + 1, process="boot 8 200")
    assert [run.beats for run in runs(reading)] == [3, 3]
