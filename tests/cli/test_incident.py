"""Deciding about incidents from the command line."""

import json
import subprocess
import sys

import pytest

from forensics.store.writer import Store
from tests.store.made import analysis, latest, match, observation, verdict


def run(store, *arguments):
    command = [sys.executable, "-m", "forensics.cli", "--store", str(store), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path, actor="tester") as opened, opened.group() as group:
        for number in range(4):
            item = f"C-{number % 2}"
            found = verdict(title=f"{item} \x1b left", items=(f"item:{item}",))
            group.record(analysis(observation(f"k{number}"), [match(item=item)]), found, grouper=latest)
    return tmp_path


def listed(store, *arguments):
    lines = run(store, "incident", "list", "--json", *arguments).stdout.splitlines()
    return {row["id"]: (row["state"], row["alert_count"]) for row in map(json.loads, lines)}


def test_a_morning_at_the_desk(store):
    assert listed(store) == {"I1": ("new", 2), "I2": ("new", 2)}
    assert run(store, "incident", "ack", "i1", "--note", "mine").returncode == 0
    assert run(store, "incident", "note", "I1", "called the vendor").returncode == 0
    assert run(store, "incident", "merge", "I1", "I2", "--note", "one bag").returncode == 0
    assert listed(store) == {"I1": ("acknowledged", 4)}
    new = run(store, "incident", "split", "I1", "A3").stdout.strip()
    assert listed(store) == {"I1": ("acknowledged", 3), new: ("new", 1)}
    shown = json.loads(run(store, "show", "I1", "--json").stdout)
    acts = {act["action"]: f"C{act['id']}" for act in shown["custody"]}
    assert run(store, "incident", "undo", acts["split"]).returncode == 0
    assert run(store, "incident", "undo", acts["merge"]).returncode == 0
    assert run(store, "incident", "close", "I2", "--reason", "test").returncode == 0
    assert listed(store) == {"I1": ("acknowledged", 2), "I2": ("closed", 2)}
    assert listed(store, "--state", "closed") == {"I2": ("closed", 2)}
    assert run(store, "incident", "reopen", "A2").returncode == 0
    text = run(store, "show", "I1").stdout
    assert "called the vendor" in text
    assert "one bag" in text
    assert "\x1b" not in run(store, "incident", "list").stdout
    assert run(store, "verify").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("ack", "X1"), 2),
        (("close", "I1"), 2),
        (("close", "I1", "--reason", "boredom"), 2),
        (("ack", "I9"), 7),
        (("merge", "I1", "A1"), 2),
        (("merge", "I1", "I1"), 7),
        (("split", "I1", "A1", "A3"), 7),
        (("undo", "C1"), 7),
        (("note", "I9", "x"), 8),
    ],
)
def test_what_cannot_be_is_said(store, arguments, code):
    done = run(store, "incident", *arguments)
    assert (done.returncode, bool(done.stderr)) == (code, True)
