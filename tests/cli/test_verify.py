"""Verifying from the command line, with heads that another machine kept."""

import json
import subprocess
import sys

import pytest

from forensics.database import open_writer
from forensics.store.writer import Store
from tests.store.made import analysis, latest, observation, verdict


def run(store, *arguments):
    command = [sys.executable, "-m", "forensics.cli", "--store", str(store), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "store", actor="tester") as opened, opened.group() as group:
        for number in range(3):
            group.record(analysis(observation(f"k{number}")), verdict(), grouper=latest)
    return tmp_path / "store"


def test_what_is_whole_and_what_is_not(store):
    done = run(store, "verify")
    assert (done.returncode, "as it was recorded" in done.stdout) == (0, True)
    connection = open_writer(store / "evidence.sqlite")
    connection.execute("UPDATE entries SET body = replace(body, 'ws-1', 'ws-\x1b2') WHERE kind = 'O'")
    connection.close()
    done = run(store, "verify")
    assert done.returncode == 1
    assert "BROKEN O" in done.stdout
    assert "\x1b" not in done.stdout
    found = json.loads(run(store, "verify", "--json").stdout)
    assert found["whole"] is False
    assert found["logs"][0]["size"] == 5


def test_heads_kept_elsewhere(store, tmp_path):
    kept, key = tmp_path / "heads.txt", run(store, "heads", "--key").stdout.strip()
    kept.write_text(run(store, "heads", "--all").stdout)
    assert run(store, "verify", "--head", kept).returncode == 0
    assert run(store, "verify", "--head", kept, "--key", key).returncode == 0
    (store / "evidence.sqlite").unlink()
    (store / "signing.key").unlink()
    with Store.open(store, actor="intruder"):
        pass
    assert run(store, "verify").returncode == 0
    done = run(store, "verify", "--head", kept, "--key", key)
    assert done.returncode == 1
    assert "kept elsewhere" in done.stdout


def test_a_key_act_put_in_and_everything_signed_anew_is_found_by_the_key_that_lies_there(store, tmp_path):
    key = store / "signing.key"
    kept = key.read_bytes()
    key.unlink()
    with Store.open(store, actor="intruder"):
        pass
    assert run(store, "verify").returncode == 0
    key.write_bytes(kept)
    done = run(store, "verify")
    assert (done.returncode, "another than the one that the log names last" in done.stdout) == (1, True)


@pytest.mark.parametrize("text", ["", "x", "a\n\nb\n", "\x00\n\n\u2014 x y\n"])
def test_files_that_are_no_heads_are_an_error_or_empty(store, tmp_path, text):
    (tmp_path / "heads.txt").write_text(text)
    assert run(store, "verify", "--head", tmp_path / "heads.txt").returncode == (8 if text else 0)
    assert run(store, "verify", "--head", tmp_path / "none").returncode == 8
    assert run(store, "verify", "--head", tmp_path / "none", "--key", "x").returncode == 2
