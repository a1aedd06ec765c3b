"""Suppressions from the command line, on what a scan finds."""

import json
import shutil

import pytest

from forensics.resources import samples_folder
from tests.cli.test_verify import run


@pytest.fixture
def package(tmp_path):
    return shutil.copytree(samples_folder() / "packages" / "TR-2041", tmp_path / "files")


def scanned(store, package):
    lines = [json.loads(line) for line in run(store, "scan", "--json", package).stdout.splitlines()]
    return [line["alert"] for line in lines if line.get("alert")]


def test_a_suppressed_rule_is_quiet_then_not(tmp_path, package):
    store = tmp_path / "store"
    made = run(store, "suppress", "add", "--channel", "file", "--for", "1d", "--reason", "our own \x1b samples")
    assert (made.returncode, made.stdout) == (0, "S1\n")
    assert scanned(store, package) == []
    [row] = [json.loads(line) for line in run(store, "suppress", "list", "--json").stdout.splitlines()]
    assert (row["id"], row["state"], row["scope"], row["hits"] > 0) == ("S1", "holds", {"channel": "file"}, True)
    assert "\x1b" not in run(store, "suppress", "list").stdout
    assert run(store, "suppress", "end", "S1").returncode == 0
    assert scanned(store, package)
    assert run(store, "verify").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("add", "--for", "1d", "--reason", "x"), 7),
        (("add", "--user", "u", "--for", "soon", "--reason", "x"), 2),
        (("add", "--user", "u", "--for", "1d"), 2),
        (("end", "S9"), 7),
        (("end", "x"), 2),
    ],
)
def test_what_cannot_be_is_said(tmp_path, arguments, code):
    assert run(tmp_path, "suppress", *arguments).returncode == code
