"""A disk that fills: what is left out first, that it is told, and that nothing said as stored is lost."""

import json
import os
import random
import shutil
import subprocess
from dataclasses import replace

import pytest

from forensics.config import MIB, Keep
from forensics.content import Content
from forensics.database import open_writer
from forensics.errors import StoreError
from forensics.model import Excerpt, Gap, SensorHealth
from forensics.store import custody, reader, schema
from forensics.store.lean import LEFT_OUT
from forensics.store.room import RESERVE, Room, Step
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, name_custodians, observation, verdict

ROUNDS = 30


class Disk:
    """A disk of 100 GiB with as much free as is said."""

    def __init__(self, mib):
        self.mib = mib

    def __call__(self, _):
        return 100 << 30, self.mib * MIB


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 48 MiB: real errors in the middle of transactions and checkpoints."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_each_step_is_reached_told_and_left(tmp_path):
    disk = Disk(500)
    room = Room(tmp_path, Keep(), free_of=disk)
    seen = []
    for time, mib in enumerate((500, 60, 30, 10, 17, 33, 60, 81)):
        disk.mib = mib
        looked = room.look(time)
        seen.append((looked.step, len(looked.gaps)))
        room.settle(looked, 2)
    steps = [Step.ALL, Step.NO_CONTENT, Step.NO_TEXT, Step.METADATA, Step.METADATA, Step.NO_TEXT, Step.NO_CONTENT]
    assert [step for step, _ in seen] == [*steps, Step.ALL]
    assert [count for _, count in seen] == [0, 1, 2, 2, 0, 2, 2, 1]


def test_a_step_that_could_not_be_recorded_is_told_the_next_time(tmp_path):
    room = Room(tmp_path, Keep(), free_of=Disk(30))
    assert room.look(1.0).gaps == room.look(1.0).gaps
    room.settle(room.look(1.0), 0)
    assert room.look(2.0).gaps == ()
    assert "texts" in room.words()
    assert "texts" in Room(tmp_path, Keep(), free_of=Disk(30)).words_now()


def test_it_is_announced_before_and_said_in_heartbeats(tmp_path):
    with Store.open(tmp_path, actor="tester") as store:
        store._room = Room(tmp_path, Keep(), free_of=Disk(90))
        with store.group():
            pass
        store.heartbeat(SensorHealth(sensor="files", kind="files", state="running", time=NOW, detail="2 folders"))
    connection = reader.open_reader(tmp_path)
    assert connection.execute("SELECT detail FROM sensors").fetchone()[0].startswith("2 folders; disk filling")
    connection.close()


@pytest.mark.parametrize(("mib", "step"), [(30, Step.NO_TEXT), (10, Step.METADATA)])
def test_texts_go_and_what_was_seen_and_matched_stays(tmp_path, mib, step):
    found = analysis(observation("k", name="menu.xliff"))
    why = (Excerpt(kind="text", label="source", offset=5, length=9, text="a secret quote"),)
    found = replace(found, matches=tuple(replace(each, why=why) for each in found.matches))
    with Store.open(tmp_path, actor="tester") as store:
        store._room = Room(tmp_path, Keep(), free_of=Disk(mib))
        with store.group() as group:
            assert group.record(found, verdict(), grouper=latest).alert_id
        store._room._free_of = Disk(500)
        with store.group():
            pass
    connection = reader.open_reader(tmp_path)
    assert custody.verify(connection) == []
    body = connection.execute("SELECT body FROM entries WHERE kind = 'O'").fetchone()[0]
    assert "a secret quote" not in body
    assert "menu.xliff" in body
    facts = json.loads(connection.execute("SELECT facts FROM artifacts ORDER BY number").fetchone()[0])
    assert facts[LEFT_OUT]
    assert set(facts) == {LEFT_OUT} or step is Step.NO_TEXT
    assert connection.execute("SELECT count(*) FROM matches").fetchone()[0] == len(found.matches)
    over = next(gap for gap in reader.gaps(connection) if gap.detail.startswith("over"))
    assert (over.cause, over.size, over.unit) == ("disk nearly full", 1, "observations")
    connection.close()


def test_rounds_of_a_full_disk_lose_nothing_and_break_nothing(small_disk):
    """The room is taken and given back again and again, also between writes; what was acknowledged is there."""
    name_custodians(small_disk)
    dice, ballast, said, fulls = random.Random(5), small_disk / "ballast", [], 0
    store = Store.open(small_disk, actor="tester")
    for turn in range(ROUNDS):
        fill(ballast, leave=dice.choice((0, 4096, 20_000, 100_000, 300_000, 700_000, 2_000_000)))
        for number in range(60):
            key = f"{turn}-{number}"
            try:
                alert(store, key, dice.randbytes(3000))
                said.append(key)
            except StoreError:
                fulls += 1
                store.told_full(Gap(sensor="monitor", channel="all", start=1, end=2, cause=f"full {turn}"))
                break
        if dice.random() < 0.3:
            store.close()
            give_back(ballast)
            store = Store.open(small_disk, actor="tester")
        give_back(ballast)
        alert(store, f"{turn}-after", b"x")
        said.append(f"{turn}-after")
    store.close()
    assert fulls >= ROUNDS // 3
    connection = open_writer(small_disk / schema.FILE_NAME)
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert custody.verify(connection) == []
    assert {f"{key}.wav" for key in said} <= {row[0] for row in connection.execute("SELECT name FROM observations")}
    told = connection.execute("SELECT count(*) FROM gaps WHERE cause LIKE 'full%'").fetchone()[0]
    connection.close()
    print(f"{ROUNDS} rounds, full {fulls} times, told at once {told} times, {len(said)} acknowledged, 0 lost")


def test_the_reserve_lets_a_full_disk_be_told_and_a_store_be_opened(small_disk):
    Store.open(small_disk, actor="tester").close()
    assert (small_disk / RESERVE).exists()
    fill(small_disk / "ballast", leave=0)
    with Store.open(small_disk, actor="tester") as store:
        assert not (small_disk / RESERVE).exists()
        with store.group() as group:
            group.gap(Gap(sensor="monitor", channel="all", start=1, end=2, cause="full"))
        (small_disk / "ballast").unlink()
        alert(store, "a", b"x")
    Store.open(small_disk, actor="tester").close()
    assert (small_disk / RESERVE).exists()


def alert(store, key, data):
    content = Content.of(data)
    with store.group() as group:
        seen = observation(key, content=content, name=f"{key}.wav")
        group.record(analysis(seen), verdict(), grouper=latest, kept={content.sha256: content})


def give_back(path):
    """Free the room at once, whoever still has the file open: a process that is just being forked does."""
    if path.exists():
        os.truncate(path, 0)
        path.unlink()
    free = shutil.disk_usage(path.parent).free
    assert free > 16 * MIB, f"{free} bytes are free"


def fill(path, *, leave):
    """Take all of the room but so many bytes."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            file.truncate(max(0, file.tell() - leave))
