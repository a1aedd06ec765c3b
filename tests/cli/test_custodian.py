"""`custodian`, `hold`, `retention` as a person uses them; every act is in the log."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from forensics.content import Content
from forensics.store import custody, reader
from forensics.store.writer import Store
from tests.cli.invoking import earwitness
from tests.store.made import analysis, latest, name_custodians, observation, verdict

DAY_S = 86_400


def acts(store: Path, subject: str) -> list[tuple[str, str]]:
    connection = reader.open_reader(store)
    try:
        assert custody.verify(connection) == []
        return [(row.action, row.detail) for row in reader.custody(connection, subject)]
    finally:
        connection.close()


def test_custodians_are_made_added_listed_and_removed(tmp_path: Path) -> None:
    store, words = tmp_path / "store", tmp_path / "words"
    words.write_text("correct horse\n")
    words.chmod(0o600)
    for name in ("anna", "boris"):
        made = earwitness("custodian", "new", name, "--out", tmp_path / name, "--passphrase-file", words)
        assert made.returncode == 0, made.stderr
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        assert "secret" not in (tmp_path / name).read_text()
        added = earwitness("--store", store, "custodian", "add", tmp_path / f"{name}.pub")
        assert added.returncode == 0, added.stderr
        assert ("fewer than two" in added.stderr) is (name == "anna")
        assert made.stdout.split()[-1] in added.stdout
    listed = earwitness("--store", store, "custodian", "list", "--json")
    assert [json.loads(line)["name"] for line in listed.stdout.splitlines()] == ["anna", "boris"]
    assert earwitness("custodian", "remove", "anna", "--store", store).returncode == 0
    assert "anna" not in earwitness("--store", store, "custodian", "list").stdout
    assert [action for action, _ in acts(store, "custodian:anna")] == ["custodian added", "custodian removed"]


def test_keys_are_refused_where_they_do_not_belong(tmp_path: Path) -> None:
    store, key = tmp_path / "store", tmp_path / "anna"
    assert earwitness("custodian", "new", "anna", "--out", key, "--no-passphrase").returncode == 0
    assert earwitness("custodian", "new", "anna", "--out", key, "--no-passphrase").returncode == 8
    private = earwitness("--store", store, "custodian", "add", key)
    assert (private.returncode, "private key" in private.stderr) == (8, True)
    assert earwitness("--store", store, "custodian", "add", tmp_path / "anna.pub").returncode == 0
    again = earwitness("--store", store, "custodian", "add", tmp_path / "anna.pub")
    assert (again.returncode, "already" in again.stderr) == (8, True)
    assert earwitness("--store", store, "custodian", "remove", "../evidence").returncode == 8
    assert earwitness("custodian", "new", "../x", "--out", tmp_path / "x", "--no-passphrase").returncode == 8


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A store with an alert of 40 days ago and one of now, each with its content."""
    store = tmp_path / "store"
    name_custodians(store, 2)
    now = time.time()
    for key, when in (("old", now - 40 * DAY_S), ("new", now)):
        with Store.open(store, actor="t", clock=lambda when=when: when) as opened, opened.group() as group:
            content = Content.of(key.encode() * 999)
            seen = observation(key, content=content, time=when)
            group.record(analysis(seen), verdict(), grouper=latest, kept={content.sha256: content})
    return store


def test_what_is_overdue_is_destroyed_but_for_what_is_held(kept: Path) -> None:
    old = Content.of(b"old" * 999).sha256
    dry = earwitness("--store", kept, "retention", "run", "--dry-run", "--json")
    assert [json.loads(line)["sha256"] for line in dry.stdout.splitlines()] == [old]
    assert earwitness("--store", kept, "hold", "add", "a1", "--reason", "the court asked").returncode == 0
    assert "the court asked" in earwitness("--store", kept, "hold", "list").stdout
    assert earwitness("--store", kept, "retention", "run").stdout == ""
    assert earwitness("--store", kept, "hold", "remove", "A1", "--reason", "settled").returncode == 0
    gone = earwitness("--store", kept, "retention", "run")
    assert (gone.returncode, gone.stdout.split()[0]) == (0, old)
    assert "kept sealed" not in earwitness("--store", kept, "show", "A1").stdout
    assert "kept sealed" in earwitness("--store", kept, "show", "A2").stdout
    assert acts(kept, f"sha256:{old}") == [("content destroyed", "its 30 days are over")]


def test_a_hold_on_nothing_is_refused(kept: Path) -> None:
    for subject in ("A9", "I9", "0" * 64, "0" * 7, "nonsense", "../x"):
        done = earwitness("--store", kept, "hold", "add", subject, "--reason", "x")
        assert (done.returncode, "Traceback" in done.stderr) == (8, False)
