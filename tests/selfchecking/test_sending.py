"""What a sender does where a canary cannot leave, and what it ends that others left."""

import socket
import time
from pathlib import Path

import msgspec
import pytest

from forensics.config import Config, Folder, Network, Selfcheck
from forensics.model import SensorHealth
from forensics.policy import load
from forensics.recorder import Entry, Recorder
from forensics.resources import rules_folder
from forensics.selfcheck import folders, missing
from forensics.selfcheck.envelopes import Address
from forensics.selfchecking.means import all_means
from forensics.selfchecking.sending import Sender
from forensics.store import canaries, custody, reader
from forensics.store.canaries import BROKEN_OFF, MISSED, NOT_SENT
from forensics.store.rows import SensorRow
from forensics.store.writer import Store
from forensics.workers import Result

NOW = 1_700_000_000.0


def row(sensor, **values):
    said = {"kind": "k", "state": "running", "time": NOW, "counters": {}, "detail": ""}
    return SensorRow(sensor=sensor, **{**said, **values})


def means(settings, *rows, **network):
    config = Config(selfcheck=settings, network=Network(**network))
    return [(each.channel, each.folder, each.address, each.is_own) for each in all_means(rows, config, NOW)]


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "store", actor="watch") as opened:
        yield opened


def sender(store, *, told=None, over=False, folder=None, **settings):
    config = Config(selfcheck=Selfcheck(**settings))
    if folder is not None:
        config = msgspec.structs.replace(config, folders=(Folder(role="removable", path=folder),))

    def tell(analysis, gap, done):
        told.append((analysis, gap))
        done()

    return Sender(store, config, tell=tell, is_stopping=lambda _: over)


def beat(store, sensor):
    store.heartbeat(SensorHealth(sensor=sensor, kind="k", state="running", time=time.time()))


def test_only_what_says_that_it_watches_is_tried():
    stick, lo = row("files:removable:/media/x: y"), row("network:lo")
    assert means(Selfcheck(), stick) == [("removable", Path("/media/x: y"), None, False)]
    for other in (row("files:arrivals"), row("network:eth0"), row("hearing"), row("files:work:/w", state="stopped")):
        assert means(Selfcheck(), other) == []
    assert means(Selfcheck(), row("files:work:/w", time=NOW - 60)) == []
    assert [channel for channel, *_ in means(Selfcheck(), lo)] == ["http", "smtp", "imap", "ftp", "tftp", "websocket"]
    inside = Address(host="127.0.0.1", port=0, keylog=Path("/k"))
    opened = means(Selfcheck(channels=("https",)), lo, keylog=(Path("/k"), Path("/l")))
    assert opened == [("https", None, inside, True)]
    assert means(Selfcheck(channels=("ftp",)), stick, lo) == [("ftp", None, Address(host="127.0.0.1", port=0), True)]


def test_nothing_is_sent_to_an_address_that_nobody_named():
    away = Selfcheck(addresses=("http://192.0.2.7:8080/take",), channels=("http", "smtp"))
    there = ("http", None, Address(host="192.0.2.7", port=8080, rest="take"), False)
    assert means(away, row("network:eth0")) == [there]
    assert means(away, row("network:any")) == [there, ("smtp", None, Address(host="127.0.0.1", port=0), True)]


@pytest.mark.parametrize("address", ["http://me:word@192.0.2.7:80", "https://192.0.2.7:1", "http://192.0.2.7", "x"])
def test_an_address_that_is_none_is_refused_with_its_name(address):
    with pytest.raises(msgspec.ValidationError, match="addresses"):
        msgspec.convert({"selfcheck": {"addresses": [address]}}, Config)


def test_what_cannot_leave_is_not_sent_and_no_alert(store, tmp_path):
    beat(store, f"files:removable:{tmp_path}/gone")
    beat(store, "network:lo")
    told = []
    with socket.create_server(("127.0.0.1", 0)) as theirs:
        taken = f"http://localhost:{theirs.getsockname()[1]}/"
        one = sender(store, told=told, channels=("removable", "http"), addresses=(taken,))
        found = {canary.channel: canary for canary in one.round(one.means())}
    assert {canary.outcome for canary in found.values()} == {NOT_SENT}
    assert found["removable"].reason == "No such file or directory"
    assert (told, found["http"].reason) == ([], "Address already in use")


def test_what_nobody_sees_is_missed_and_its_file_removed(store, tmp_path):
    beat(store, f"files:removable:{tmp_path}")
    told = []
    one = sender(store, told=told, within_s=0.5)
    [canary] = one.round(one.means())
    assert (canary.outcome, canary.reason) == (MISSED, "not seen within 0.5 s")
    [(analysis, gap)] = told
    assert (gap.cause, gap.channel, gap.start) == ("canary missed", "removable", canary.sent)
    assert (analysis.matches[0].technique, analysis.observation.channel) == ("T1562", "selfcheck")
    assert not list(tmp_path.glob("*.zip"))


def test_misses_of_one_sensor_and_channel_are_one_incident(store, tmp_path):
    recorder = Recorder(store=store, policy=load(rules_folder() / "policy.toml"), folder=store.folder)
    beat(store, f"files:removable:{tmp_path}")
    beat(store, f"files:share:{tmp_path}")
    one = sender(store, told=[], within_s=0.1)
    found = [*one.round(one.means()), *one.round(one.means())]
    told = [
        missing.finding(each.nonce, each.channel, each.sensor, each.reason, host="ws", sent=each.sent) for each in found
    ]
    reports = recorder.record([Entry(result=Result(analysis=analysis)) for analysis in (*told, *told)])
    by_channel = {}
    for canary, report in zip(found, reports, strict=False):
        by_channel.setdefault(canary.channel, set()).add(report.recorded.incident_id)
    assert {channel: len(incidents) for channel, incidents in by_channel.items()} == {"removable": 1, "share": 1}
    assert len({report.recorded.alert_id for report in reports}) == 4, "the same canary is told once"


def test_who_is_told_to_end_says_so(store, tmp_path):
    beat(store, f"files:removable:{tmp_path}")
    one = sender(store, told=[], over=True)
    [canary] = one.round(one.means())
    assert (canary.outcome, list(tmp_path.glob("*.zip"))) == (BROKEN_OFF, [])


def test_what_a_killed_sender_left_is_ended_and_removed(store, tmp_path):
    stick = tmp_path / "stick"
    stick.mkdir()
    beat(store, f"files:removable:{stick}")
    killed = sender(store, told=[])
    sent = killed._send(killed.means()[0])
    (stick / folders.name_of("f" * 16)).write_bytes(b"somebody's own")
    other = sender(store, told=[], folder=stick)
    assert not other.break_off(before=time.time()), "it may still be followed"
    assert other.break_off(before=float("inf"))
    other.sweep_near()
    assert [path.read_bytes() for path in stick.iterdir()] == [b"somebody's own"]
    connection = reader.open_reader(store.folder)
    assert [(each.id, each.outcome) for each in canaries.newest(connection, 9)] == [(sent.id, BROKEN_OFF)]
    assert custody.verify(connection) == []
    connection.close()
