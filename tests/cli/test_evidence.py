"""`search` and `show` through the real command line."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from forensics.content import Content
from forensics.model import Gap, OutcomeKind
from forensics.store import reader
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, called, latest, name_custodians, observation, verdict

NAME = "clip\x1b]0;x\x07\u202e\udcff.wav"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """An alert with a hostile name and a kept file, an alert on a zip, a sighting and a gap."""
    folder = tmp_path_factory.mktemp("store")
    name_custodians(folder, 2)
    with Store.open(folder, actor="tester", clock=lambda: NOW) as opened, opened.group() as group:
        content = Content.of(b"leaked")
        kept = {content.sha256: content}
        group.record(analysis(observation("a", name=NAME, content=content)), verdict(), grouper=latest, kept=kept)
        zipped = analysis(observation("b", channel="http"), inside={"locked.zip": OutcomeKind.ENCRYPTED})
        group.record(zipped, verdict(), grouper=latest)
        found = analysis(observation("c"))
        on_stick = replace(found.artifacts[0], facts={"medium.uuid": "1A2B-3C4D", "medium.label": "BACK\u202eUP"})
        found = replace(found, artifacts=(on_stick, *found.artifacts[1:]))
        group.record(found, verdict(is_alert=False), grouper=latest)
        group.gap(Gap(sensor="net", channel="http", start=NOW, end=NOW + 9, cause="packets dropped", size=3, unit="x"))
    return folder


def run(store, *arguments):
    command = [sys.executable, "-m", "forensics.cli", "--store", str(store), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_search_prints_hits_and_exits_0(store):
    done = run(store, "search", "clip:C-001", "-channel:http", "--json")
    assert done.returncode == 0
    assert [hit["id"] for hit in lines(done)] == ["O5", "A1"]
    told = {"kind", "id", "time", "severity", "channel", "title", "name", "snippet"}
    assert set(lines(done)[1]) == told | {"state", "host", "user", "destination"}
    assert lines(done)[1]["name"] == NAME
    assert lines(done)[1]["time"] == "2023-11-14T22:13:20.000Z"
    assert len(lines(run(store, "search", "--json", "--limit", "1", "clip"))) == 1


def test_search_for_people_is_harmless(store):
    done = run(store, "search", "user:user1")
    assert "clip<001B>]0;x<0007><202E><DCFF>.wav" in done.stdout
    assert "\x1b" not in done.stdout


def test_nothing_found_is_no_error(store):
    done = run(store, "search", "nowhere")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_query_that_cannot_be_read_exits_2_with_its_column(store):
    done = run(store, "search", "clip", "usr:user1")
    assert done.returncode == 2
    assert "column 6" in done.stderr


def test_show_tells_the_whole_of_an_alert_and_notes_the_reading(store):
    done = run(store, "show", "A2")
    assert done.returncode == 0
    for words in (
        "http",
        "locked.zip: encrypted",
        "clip 0.25-5.25 s found at 1.50 s",
        f"{called(store, 'user1')} on ws-1",
        "G6 ",
        "I1 ",
    ):
        assert words in done.stdout
    again = lines(run(store, "show", "a2", "--json"))[0]
    assert again["kind"] == "alert"
    assert again["alert"]["id"] == "A2"
    assert again["artifacts"][1]["path"] == ["clip.wav", "locked.zip"]
    assert [entry["action"] for entry in again["custody"]][-1] == "read"
    connection = reader.open_reader(store)
    assert len([entry for entry in reader.custody(connection, "A2") if entry.action == "read"]) == 2
    connection.close()


def test_show_knows_every_kind_of_id(store):
    digest = Content.of(b"leaked").sha256
    for id, kind in (("I1", "incident"), ("O5", "observation"), ("G6", "gap"), (digest, "sighting")):
        assert [line["kind"] for line in lines(run(store, "show", id, "--json"))] == [kind]
    for id in ("I1", "O3"):
        shown = run(store, "show", id)
        assert (shown.returncode, "\x1b" in shown.stdout) == (0, False)
    assert [line["id"] for line in lines(run(store, "show", digest[:10], "--json"))] == ["O3"]


@pytest.mark.parametrize("id", ["A99", "G99", "deadbeef", "A99999999999999999999", "\x1b[2J"])
def test_what_is_not_there_is_said(store, id):
    done = run(store, "show", id)
    assert done.returncode == 8
    assert "\x1b" not in done.stderr


def test_without_a_store_both_say_so(tmp_path):
    for command in (("search", "x"), ("show", "A1")):
        done = run(tmp_path / "none", *command)
        assert done.returncode == 7
        assert "no store here" in done.stderr
    assert not (tmp_path / "none").exists()


def test_show_says_which_medium_a_file_lay_on(store):
    shown = run(store, "show", "O5").stdout
    assert "medium.uuid 1A2B-3C4D" in shown
    assert "BACK<202E>UP" in shown


def test_show_gives_sections_by_themselves(store):
    told = run(store, "show", "A2", "--section", "inside", "--section", "why").stdout
    assert "locked.zip: encrypted" in told
    assert told.index("Inside") < told.index("Matches")
    assert "Custody" not in told
    assert "locked.zip: encrypted" in run(store, "show", "A2", "--section", "gaps").stdout
    printed = lines(run(store, "show", "A2", "--section", "custody", "--section", "raw", "--json"))
    assert [set(each) for each in printed[:1]] == [{"section", "custody"}]
    assert printed[1]["kind"] == "alert"
    assert printed[1]["alert"]["id"] == "A2"
    assert run(store, "show", "O5", "--section", "lineage").stdout == "Lineage: none\n"
    assert run(store, "show", "I1", "--section", "why").returncode == 2
