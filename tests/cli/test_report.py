"""`earwitness report` as a process."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from forensics.cli.main import cli
from forensics.errors import EarwitnessError
from forensics.store import reader
from tests.reports.made import fill


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    fill(folder)
    return folder


def run(store: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "forensics.cli", "--store", str(store), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_the_first_hour_in_every_form_and_noted(store: Path, tmp_path: Path) -> None:
    told = run(store, "report", "--incident", "I1")
    assert told.returncode == 0
    assert "The 72-hour clock (GDPR article 33)" in told.stdout
    assert "\nWhat could be seen at all\n" in told.stdout
    assert "no sensor ran" in told.stdout
    assert "\x1b" not in told.stdout
    kept = tmp_path / "report.html"
    made = run(store, "report", "--incident", "1", "--html", str(kept), "--json")
    values = json.loads(made.stdout)
    assert values["subject"] == "I1"
    assert {each["level"] for each in values["coverage"]["channels"][0]["intervals"]} == {"blind"}
    assert values["seconds"] == pytest.approx(6.75)
    assert values["clocks"][0]["deadline"].endswith("Z")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert run(store, "report", "--incident", "I1", "--html", str(kept)).returncode == 8
    connection = reader.open_reader(store)
    noted = [act.detail for act in reader.custody(connection, "I1") if act.action == "read"]
    connection.close()
    assert noted == ["report text", "report html", "report html"]


def test_what_is_not_there_is_said(store: Path, tmp_path: Path) -> None:
    for folder, id, code in ((store, "I99", 8), (store, "x", 8), (tmp_path / "none", "I1", 7)):
        with pytest.raises(EarwitnessError) as told:
            cli.main(["--store", str(folder), "report", "--incident", id], standalone_mode=False)
        assert told.value.exit_code == code
