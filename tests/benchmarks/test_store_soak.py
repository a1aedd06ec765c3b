"""The model of a power cut: what was synced stays, what was not may go; and a few rounds of the soak itself."""

import random
import shutil

import pytest

from tests.benchmarks import soak_store
from tests.benchmarks.store_unsynced import Disk, Step, trace


def left(disk, tmp_path, dice):
    target = tmp_path / "left"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    disk.left(target, dice)
    return {path.name: path.read_bytes() for path in target.iterdir()}


def test_what_is_synced_stays_and_what_is_not_may_go_in_pieces(tmp_path):
    disk, dice = Disk(tmp_path / "d"), random.Random(1)
    path = str(tmp_path / "d" / "a")
    for step in (Step("make", path), Step("write", path, data=b"a" * 1024), Step("sync", path)):
        disk.take(step)
    assert {"a" in left(disk, tmp_path, dice) for _ in range(20)} == {True, False}
    disk.take(Step("sync", str(tmp_path / "d")))
    assert left(disk, tmp_path, dice) == {"a": b"a" * 1024}
    disk.take(Step("write", path, offset=512, data=b"b" * 1024))
    found = {left(disk, tmp_path, dice)["a"] for _ in range(60)}
    assert b"a" * 1024 in found
    assert b"a" * 512 + b"b" * 1024 in found
    assert b"a" * 512 + b"b" * 512 in found
    assert all(each.startswith(b"a" * 512) for each in found)
    disk.take(Step("remove", path))
    assert {"a" in left(disk, tmp_path, dice) for _ in range(20)} == {True, False}


@pytest.mark.skipif(not shutil.which("strace"), reason="no strace here")
def test_a_program_is_followed_exactly(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    script = "import os; fd = os.open('f', os.O_RDWR | os.O_CREAT); os.write(fd, b'one'); os.pwrite(fd, b'two', 5);"
    script += "os.fsync(fd); os.rename('f', 'g'); os.fsync(os.open('.', os.O_RDONLY)); os.write(1, b'x')"
    command = ["python3", "-c", script.replace("'f'", f"'{folder}/f'").replace("'g'", f"'{folder}/g'")]
    disk = Disk(folder)
    for step in trace([part.replace("'.'", f"'{folder}'") for part in command], tmp_path / "log"):
        disk.take(step)
    assert disk.said == b"x"
    assert left(disk, tmp_path, random.Random(1))["g"].startswith(b"one\0\0")


@pytest.mark.skipif(not shutil.which("strace"), reason="no strace here")
def test_a_few_cuts_lose_nothing():
    tally = soak_store.cut(12, random.Random(5))
    assert tally.rounds > 5
    assert (tally.lost, tally.doubled, tally.broken) == (0, 0, [])


def test_a_few_kills_lose_nothing():
    tally = soak_store.killed(2, random.Random(5))
    assert (tally.rounds, tally.lost, tally.doubled, tally.broken) == (2, 0, 0, [])
