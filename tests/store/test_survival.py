"""Real processes, killed and starved; what they said was stored is stored."""

import errno
import hashlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from forensics.content import Content
from forensics.database import open_writer
from forensics.errors import StoreError
from forensics.store import custody, index, reader, schema
from forensics.store.log import key_of
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, name_custodians, observation, unsealed, verdict

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 6


CUSTODIANS = {}


def start(folder, first, count, size, prefix, *more):
    if not (folder / "custodians").exists():
        CUSTODIANS[folder] = name_custodians(folder, 2)
    arguments = [sys.executable, "-m", "tests.store.recording", folder, first, count, size, prefix, *more]
    return subprocess.Popen([str(each) for each in arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def check(folder, expected):
    """The database is whole, the chain unbroken, every expected key there exactly once, the index complete."""
    connection = open_writer(folder / schema.FILE_NAME)
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.execute("INSERT INTO evidence_fts(evidence_fts) VALUES ('integrity-check')")
    known = {row["key"] for row in connection.execute("SELECT key FROM observations")}
    ledger = {row["path"] for row in connection.execute("SELECT path FROM ledger")}
    keys = {key for key in ledger if key_of("O", key).hex() in known}
    assert len(keys) == len(known)
    assert set(expected) <= keys
    assert custody.verify(connection) == []
    for table in ("alerts", "observations", "evidence_fts"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == len(keys)
    assert ledger == keys
    for row in connection.execute("SELECT sha256, path FROM content"):
        assert (
            hashlib.sha256(unsealed(folder, row["path"], CUSTODIANS[folder], row["sha256"])).hexdigest()
            == row["sha256"]
        )
    connection.close()
    return sorted(keys)


def test_killed_in_mid_write_nothing_reported_is_lost_and_nothing_is_doubled(tmp_path):
    dice = random.Random(7)
    reported = []
    for number in range(ROUNDS):
        # every round begins two groups early: what was stored is offered again
        first = max(0, len(reported) - 10)
        child = start(tmp_path, first, 5000, 5, "k")
        assert child.stdout.readline() == "open\n"
        until = time.monotonic() + dice.uniform(0.05, 0.4)
        while time.monotonic() < until:
            reported += [key for key in child.stdout.readline().split() if key not in reported]
        child.kill()
        rest, _ = child.communicate()
        complete = rest[: rest.rfind("\n") + 1].split()
        reported += [key for key in complete if key not in reported]
        stored = check(tmp_path, reported)
        assert len(stored) - len(reported) in (0, 5), f"round {number}"
        reported = stored
    assert len(reported) > ROUNDS


def test_two_processes_write_at_once(tmp_path):
    children = [start(tmp_path, 0, 60, 4, prefix) for prefix in ("left", "right")]
    for child in children:
        child.communicate(timeout=60)
        assert child.returncode == 0
    keys = check(tmp_path, [f"{prefix}-{number}" for prefix in ("left", "right") for number in range(60)])
    assert len(keys) == 120
    connection = reader.open_reader(tmp_path)
    actors = connection.execute("SELECT actor, count(*) AS n FROM versions GROUP BY actor").fetchall()
    assert {row["actor"]: row["n"] for row in actors} == {"left": 1, "right": 1}
    times = [row["recorded"] for row in connection.execute("SELECT recorded FROM observations ORDER BY id")]
    assert len(times) == 120
    assert {row.alert_count for row in reader.incidents(connection)} == {120}


def test_the_same_act_seen_by_two_processes_is_stored_once(tmp_path):
    children = [start(tmp_path, 0, 30, 3, "same") for _ in range(2)]
    for child in children:
        child.communicate(timeout=60)
        assert child.returncode == 0
    assert len(check(tmp_path, [f"same-{number}" for number in range(30)])) == 30


def test_a_file_size_limit_is_an_error_and_writing_goes_on_when_it_is_lifted(tmp_path):
    child = start(tmp_path, 0, 400, 20, "limited", 800_000)
    output, _ = child.communicate(timeout=60)
    assert child.returncode == 0, output
    failures = [line for line in output.splitlines() if line.startswith("failed")]
    assert len(failures) == 1
    assert "nothing that was stored is lost" in failures[0]
    check(tmp_path, [f"limited-{number}" for number in range(400)])


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 4 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def alert(store, key, content):
    with store.group() as group:
        kept = {content.sha256: content}
        return group.record(analysis(observation(key, content=content)), verdict(), grouper=latest, kept=kept)


def fill(folder):
    """Leave not a byte free; returns the file that takes the room."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
    return path


def record_until_full(store, prefix):
    """Record small alerts until the store says that the disk is full; returns how many were stored."""
    for number in range(10_000):
        try:
            alert(store, f"{prefix}-{number}", Content.of(b"small" * 1000))
        except StoreError as error:
            if "disk is full" not in str(error):
                raise
            return number
    raise AssertionError("the disk never filled")


def test_on_a_full_disk_content_is_shed_first_and_nothing_stored_is_lost(small_disk):
    name_custodians(small_disk)
    store = Store.open(small_disk, actor="tester", clock=lambda: NOW)
    for number in range(6):
        assert alert(store, f"big-{number}", Content.of(bytes([number]) * 1_000_000)).is_new
    reading = reader.open_reader(small_disk)
    shed = [gap for gap in reader.gaps(reading) if gap.cause == "content not kept: disk full"]
    assert shed
    assert shed[0].size == 1_000_000
    assert len(reader.queue(reading)) == 6
    filler = fill(small_disk)
    stored = 6 + record_until_full(store, "before") + record_until_full(store, "still")
    assert len(reader.queue(reading, limit=100_000)) == stored
    filler.unlink()
    assert alert(store, "after", Content.of(b"after")).is_new
    assert len(reader.queue(reading, limit=100_000)) == stored + 1
    assert custody.verify(reading) == []
    reading.close()
    store.close()


def test_a_full_disk_at_the_start_is_an_error(small_disk):
    fill(small_disk)
    with pytest.raises(StoreError, match="full"):
        Store.open(small_disk, actor="tester")


def test_the_index_can_be_made_anew_from_the_rows(tmp_path):
    with Store.open(tmp_path, actor="tester") as store:
        for key in ("a", "b"):
            alert(store, key, Content.of(key.encode()))
    connection = open_writer(tmp_path / schema.FILE_NAME)
    connection.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'evidence_fts', 'instance')")
    sql = "SELECT * FROM terms ORDER BY term, doc, col, offset"
    before = [tuple(row) for row in connection.execute(sql)]
    connection.execute("BEGIN IMMEDIATE")
    assert index.rebuild(connection) == 2
    connection.execute("COMMIT")
    assert [tuple(row) for row in connection.execute(sql)] == before
    assert before
    connection.close()
