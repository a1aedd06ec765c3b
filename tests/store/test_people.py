"""People bear pseudonyms in evidence; their names are sealed, needed for a time, and found by who knows them."""

import json
import os

import pytest

from forensics.config import Privacy
from forensics.errors import StoreError
from forensics.model import Gap, Opaque, OutcomeKind, Scope, Subject
from forensics.pseudonyms import Names, pseudonym
from forensics.store import custody, personal, reader
from forensics.store.people import names, without
from forensics.store.texts import stored
from forensics.store.writer import Store
from tests.store.made import analysis, called, latest, name_custodians, observation, unsealed, verdict

HOME = "file:///home/anna.weber/work/anna.weber-clip.wav"


def fill(folder, privacy=None):
    with Store.open(folder, actor="watch", privacy=privacy) as store, store.group() as group:
        subject = Subject(host="ws-1", user="CORP\\anna.weber", process="cp", pid=1, method="owner")
        seen = observation("a", name="anna.weber-clip.wav", source=HOME, subject=subject)
        found = verdict(title="Clip in anna.weber-clip.wav", reason=f"from {HOME}")
        group.record(analysis(seen, inside={"anna.weber.zip": OutcomeKind.CLEAN}), found, grouper=latest)
        group.record(
            analysis(observation("b", source="file:///home/ben/x", subject=Subject())), verdict(), grouper=latest
        )
        group.gap(Gap(sensor="files", channel="folder", start=1, end=2, cause="gone", detail="/home/anna.weber/x"))
        flow = Opaque(
            flow="f", start=1, end=2, protocol="tls", name="x.example", source="a", destination="b", up=9, down=9,
            subject=subject, facts={"probably": "/home/anna.weber/clip.wav"},
        )  # fmt: skip
        group.opaque(flow, is_named=True)
    return folder


@pytest.fixture
def store(tmp_path):
    return fill(tmp_path / "store")


@pytest.fixture
def reading(store):
    connection = reader.open_reader(store)
    yield connection
    connection.close()


def test_no_name_is_in_the_whole_folder(store, reading):
    everything = b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())
    for name in (b"anna", b"weber", b"ben/"):
        assert name not in everything.lower()
    anna, ben = called(store, "anna.weber"), called(store, "ben")
    seen = reader.alert_detail(reading, 1)
    assert (seen.alert.user, seen.alert.name) == (anna, f"{anna}-clip.wav")
    assert seen.alert.source == f"file:///home/{anna}/work/{anna}-clip.wav"
    assert seen.alert.title == f"Clip in {anna}-clip.wav"
    assert seen.artifacts[1].path[1] == f"{anna}.zip"
    assert reader.alert_detail(reading, 2).alert.source == f"file:///home/{ben}/x"
    assert reader.gaps(reading)[0].detail == f"/home/{anna}/x"
    [flow] = reader.opaque(reading)
    assert (flow.user, flow.facts["probably"]) == (anna, f"/home/{anna}/clip.wav")
    assert custody.verify(reading) == []


@pytest.mark.parametrize(
    ("query", "alerts"),
    [
        ("user:anna.weber", [1]),
        ("user:ANNA.WEBER", [1]),
        ("user:CORP\\anna.weber", [1]),
        ('user:"anna.weber', [1]),
        ("-user:anna.weber", [2]),
        ("user:ben", []),
        ("anna.weber", [1]),
        ("path:~anna.weber~", [1]),
        ("user:an*", []),
        ("menu OR user:anna.weber", [1]),
    ],
)
def test_who_knows_a_name_finds_them(reading, query, alerts):
    assert [row.id for row in reader.queue(reading, query=query)] == alerts


def test_their_pseudonym_finds_them_too(store, reading):
    assert [row.id for row in reader.queue(reading, query=f"user:{called(store, 'anna.weber')}")] == [1]
    assert [row.id for row in reader.queue(reading, query=called(store, "anna.weber"))] == [1]


def test_a_store_without_its_key_knows_nobody(store):
    (store / "people" / "key").unlink()
    connection = reader.open_reader(store)
    assert reader.queue(connection, query="user:anna.weber") == ()
    assert personal.about(connection, "anna.weber").channels == ()
    connection.close()


def test_names_are_sealed_once_there_are_custodians_and_anew_for_others(tmp_path):
    store = fill(tmp_path / "store")
    assert list(names(store)) == []
    keys = name_custodians(store, 3)
    with Store.open(store, actor="watch") as opened, opened.group() as group:
        subject = Subject(host="ws-1", user="CORP\\anna.weber")
        group.record(analysis(observation("c", subject=subject)), verdict(), grouper=latest)
    kept = dict(names(store))
    row = kept[called(store, "anna.weber")]
    assert json.loads(unsealed(store, row.path, keys, row.sha256))["name"] == "CORP\\anna.weber"
    (store / "custodians" / f"{keys[2].public.name}.pub").unlink()
    with Store.open(store, actor="watch") as opened, opened.group() as group:
        group.record(analysis(observation("d", subject=subject)), verdict(), grouper=latest)
    anew = dict(names(store))
    assert anew.keys() == kept.keys()
    assert anew[called(store, "anna.weber")].sha256 != row.sha256


def test_a_name_is_forgotten_when_it_was_not_needed_for_long_unless_evidence_is_held(tmp_path):
    folder = tmp_path / "store"
    folder.mkdir()
    name_custodians(folder)
    fill(folder)
    for path in (folder / "people").glob("p-*"):
        os.utime(path, (1, 1))
    anna, ben = called(folder, "anna.weber"), called(folder, "ben")
    with Store.open(folder, actor="t") as store:
        store.hold("A1", "asked by a court")
        assert store.forget_names(before=100, why="over") == 1
        assert [person for person, _ in names(folder)] == [anna]
        store.release("A1", "done")
        assert store.forget_names(before=100, why="over") == 1
    connection = reader.open_reader(folder)
    acts = [row for row in connection.execute("SELECT subject, action FROM acts") if row["action"] == "name destroyed"]
    assert {row["subject"] for row in acts} == {f"person {anna}", f"person {ben}"}
    assert custody.verify(connection) == []
    connection.close()


def test_stores_that_share_a_key_call_a_person_the_same(tmp_path):
    key = tmp_path / "key"
    key.write_bytes(bytes(range(40)))
    key.chmod(0o600)
    privacy = Privacy(key=key)
    one, other = fill(tmp_path / "one", privacy), fill(tmp_path / "other", privacy)
    assert called(one, "anna.weber") == called(other, "anna.weber") == pseudonym(bytes(range(40)), "anna.weber")
    with Store.open(tmp_path / "centre", actor="centre", privacy=privacy) as store:
        list(store.merge(one))
        list(store.merge(other))
    connection = reader.open_reader(one)
    assert len(reader.queue(connection, query="user:anna.weber")) == 1
    connection.close()
    key.write_bytes(bytes(40))
    with Store.open(one, actor="t", privacy=privacy) as store, pytest.raises(StoreError, match="another key"):
        store.named(observation("x"))


def test_names_stay_where_pseudonyms_are_switched_off(tmp_path):
    store = fill(tmp_path / "store", Privacy(pseudonyms=False))
    connection = reader.open_reader(store)
    assert reader.alert_detail(connection, 1).alert.user == "CORP\\anna.weber"
    assert reader.alert_detail(connection, 1).alert.source == HOME
    assert [row.id for row in reader.queue(connection, query="user:anna.weber")] == [1]
    connection.close()
    assert not (store / "people").exists()


def test_a_suppression_of_a_person_names_nobody(store):
    with Store.open(store, actor="desk") as opened:
        opened.suppress(Scope(user="anna.weber"), until=9e9, reason="leave")
        assert opened.suppressions()[0].scope.user == called(store, "anna.weber")
    assert b"anna" not in (store / "evidence.sqlite").read_bytes()


def test_a_text_that_was_cut_says_how_much_went_whoever_else_is_met():
    cut = stored("x" * 5000)
    assert without(cut, Names({"anna": "p-aaaaaaaa"})) == cut
