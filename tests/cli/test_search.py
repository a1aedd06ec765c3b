"""`earwitness search` in every form it prints, through the real command line."""

import csv
import io
import json
import signal
import subprocess
import sys
import time

import pytest

from forensics.model import OutcomeKind, Subject
from forensics.store import reader
from forensics.store.tags import tag
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, called, latest, observation, verdict

HOSTILE = "=cmd()\x1b[2J\u202e.wav"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Three alerts, one an hour: a formula for a name, a zip, a plain one of another user on the next day."""
    folder = tmp_path_factory.mktemp("store")
    with Store.open(folder, actor="tester", clock=lambda: NOW) as opened, opened.group() as group:
        group.record(analysis(observation("a", name=HOSTILE)), verdict(), grouper=latest)
        zipped = analysis(observation("b", channel="http", time=NOW + 3600), inside={"x.zip": OutcomeKind.ENCRYPTED})
        group.record(zipped, verdict(), grouper=latest)
        other = observation("c", subject=Subject(host="ws-2", user="user2"), time=NOW + 90_000)
        group.record(analysis(other), verdict(), grouper=latest)
    return folder


def run(store, *arguments):
    command = [sys.executable, "-m", "forensics.cli", "--store", str(store), "search", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_csv_is_no_formula_and_timesketch_has_its_three_fields(store):
    rows = list(csv.DictReader(io.StringIO(run(store, "--format", "csv", "user:user1").stdout)))
    assert [row["id"] for row in rows] == ["A2", "A1"]
    assert rows[1]["name"] == "'=cmd()<001B>[2J<202E>.wav"
    assert (rows[1]["user"], rows[1]["state"]) == (called(store, "user1"), "new")
    lines = [json.loads(line) for line in run(store, "--format", "timesketch", "user:user2").stdout.splitlines()]
    assert lines[0]["datetime"] == "2023-11-15T23:13:20.000Z"
    assert lines[0]["timestamp_desc"] == "Alert seen"
    assert f"{called(store, 'user2')} on ws-2" in lines[0]["message"]


def test_pages_follow_one_another_by_the_last_id(store):
    first = run(store, "--limit", "2", "--json")
    assert [json.loads(line)["id"] for line in first.stdout.splitlines()] == ["A3", "A2"]
    assert "--before A2" in first.stderr
    second = run(store, "--limit", "2", "--json", "--before", "A2")
    assert [json.loads(line)["id"] for line in second.stdout.splitlines()] == ["A1"]
    assert "--before" not in second.stderr
    assert run(store, "--before", "X1").returncode == 8


def test_counts_facets_and_times(store):
    assert run(store, "--count", "clip:C-001").stdout == "3\n"
    assert run(store, "--count", "user:user2 OR state:new").stdout == "3\n"
    found = json.loads(run(store, "--json", "--facets", "user,outcome,state", "--histogram", "hour").stdout)
    assert found["facets"] == {
        "user": {called(store, "user1"): 2, called(store, "user2"): 1},
        "outcome": {"matched": 3, "encrypted": 1},
        "state": {"new": 3},
    }
    assert (found["count"], found["is_whole"], len(found["times"])) == (3, True, 3)
    shown = run(store, "--facets", "all", "--histogram", "day").stdout
    assert "2023-11-14          2  ##" in shown
    assert "registered-audio" in shown
    assert run(store, "--histogram", "day", "--facets").stdout == shown
    assert run(store, "--facets", "nosuch").returncode == 2


def test_explain_shows_index_sql_and_plan(store):
    shown = run(store, "--explain", "user:user1 path:~stick~ after:2023").stdout
    for words in (
        f'MATCH   (("u_user1") OR ("{tag("user", called(store, "user1"))}"))',
        'PATHS   ("sti") AND ("tic") AND ("ick")',
        "SQL     SELECT o.*",
        "PLAN    SCAN",
    ):
        assert words in shown, shown


def test_an_error_is_drawn_under_the_query(store):
    done = run(store, "再生 usr:user1")
    assert done.returncode == 2
    query, caret, message = done.stderr.splitlines()
    assert (query, caret) == ("  再生 usr:user1", " " * 7 + "^")
    assert "column 4" in message


def test_queries_are_kept_asked_narrowed_and_forgotten(store):
    assert run(store, "--save", "ours", "user:user1 OR user:user2").returncode == 0
    assert run(store, "--save", "wrong", "after:never").returncode == 2
    assert run(store, "--count", "--saved", "ours", "channel:http").stdout == "1\n"
    assert run(store, "--saved-list").stdout.split() == ["ours", "user:user1", "OR", "user:user2"]
    assert run(store, "--forget", "wrong").returncode == 8


ENDLESS = """
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests that run in the background ignore it
from forensics.cli.patience import answer
from forensics.database import open_writer
from pathlib import Path
import click

@click.command()
def ask():
    connection = open_writer(Path(sys.argv[1]))
    sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    print("asked", flush=True)
    answer(connection, lambda: connection.execute(sql).fetchone())

try:
    ask(args=[], standalone_mode=False)
except click.Abort:
    sys.exit(130)
"""


def test_ctrl_c_ends_a_search_whatever_the_database_does(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(tmp_path / "x.sqlite")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "asked\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()  # it would ask for ever
    assert process.returncode == 130
    assert said == "earwitness: interrupted; the search was stopped\n"


def test_who_looks_for_a_person_by_name_is_noted(store):
    def noted():
        connection = reader.open_reader(store)
        rows = connection.execute("SELECT * FROM acts WHERE action = 'looked for by name' ORDER BY id").fetchall()
        connection.close()
        return [row["subject"] for row in rows]

    before = noted()
    run(store, "user:user1 channel:http")
    run(store, "-user2")
    run(store, "user:nobody-here OR menu")
    assert noted() == [*before, *(f"person {called(store, name)}" for name in ("user1", "user2"))]
