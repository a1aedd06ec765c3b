"""One thread for all who ask: what it tells them, what it costs in a storm of others' openings, and what it says."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forensics.model import Gap
from forensics.sensors.files.opens import CLOSE_NOWRITE, OPEN, OPEN_EXEC, Opening, Opens
from forensics.sensors.hearing import Hearer, Hearing

ENOUGH_S = 60.0
FILES = 1000
"""Openings of one file that nobody has read of yet are told as one."""
STORM = """
import os, sys, time
until = time.monotonic() + 3
while time.monotonic() < until or time.process_time() < 1.5:  # a busy machine makes no storm of three seconds
    for number in range(int(sys.argv[2])):
        os.close(os.open(f"{sys.argv[1]}/{number}", os.O_RDONLY))
"""
TAKES_S = 500e-6
IN_A_TURN = 512


class Listening(Hearer):
    """Keeps what it was told, and takes its time for each."""

    def __init__(self, mask: int, *, takes_s: float = 0.0) -> None:
        self._mask = mask
        self._takes_s = takes_s
        self.masks: dict[int, int] = {}
        self.count = 0
        self.lost_details: list[str] = []
        self.fails = False

    @property
    def mask(self) -> int:
        return self._mask

    def hear(self, event: Opening, opens: Opens, now: float) -> None:
        if self.fails:
            self.fails = False
            raise ValueError("not understood")
        self.count += 1
        self.masks[event.pid] = self.masks.get(event.pid, 0) | event.mask
        until = time.thread_time() + self._takes_s
        while time.thread_time() < until:
            pass

    def lost(self, detail: str) -> None:
        self.lost_details.append(detail)


def eventually(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + ENOUGH_S
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.02)
    return claim()


@pytest.fixture
def gaps() -> list[Gap]:
    return []


@pytest.fixture
def hearing(gaps: list[Gap]) -> Iterator[Hearing]:
    hearing, probe = Hearing(gaps.append), Listening(OPEN)
    if not hearing.join(probe):
        pytest.skip("fanotify is not allowed here")
    hearing.leave(probe)
    yield hearing
    for left in hearing._hearers:  # where a test failed: the next one is to have a chance
        hearing.leave(left)
    assert "hearing" not in {thread.name for thread in threading.enumerate()}


def run(*command: str | Path) -> int:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    process.wait()
    return process.pid


def test_each_hears_what_it_asked_for_from_one_thread(hearing: Hearing) -> None:
    programs, files = Listening(OPEN_EXEC), Listening(OPEN | CLOSE_NOWRITE)
    assert hearing.join(programs)
    assert hearing.join(files)
    pid = run("cat", __file__)
    assert eventually(lambda: pid in programs.masks and files.masks.get(pid, 0) & CLOSE_NOWRITE != 0)
    assert [thread.name for thread in threading.enumerate()].count("hearing") == 1
    hearing.leave(files)
    heard = files.count
    pid = run("cat", __file__)
    assert eventually(lambda: pid in programs.masks)
    assert files.count == heard
    hearing.leave(programs)
    hearing.leave(programs)


def test_programs_are_known_to_all(hearing: Hearing) -> None:
    hearer = Listening(OPEN_EXEC)
    hearing.join(hearer)
    pid = run("cat", __file__)
    assert eventually(lambda: pid in hearer.masks)
    with hearing.guard:
        process = hearing.processes.known(pid)
    assert process is not None
    assert process.comm == "cat"
    hearing.leave(hearer)


def test_a_storm_is_heard_within_the_share_and_told_as_a_gap(hearing: Hearing, gaps: list[Gap], tmp_path: Path) -> None:
    for number in range(FILES):
        (tmp_path / f"{number}").write_bytes(b"x")
    hearer = Listening(OPEN | OPEN_EXEC | CLOSE_NOWRITE, takes_s=TAKES_S)
    hearing.join(hearer)
    began, spent = time.monotonic(), time.process_time()
    run(sys.executable, "-I", "-S", "-c", STORM, tmp_path, str(FILES))
    spent = time.process_time() - spent
    elapsed = time.monotonic() - began
    is_storm = hearing.is_storm
    hearing.leave(hearer)  # which also tells of a storm that goes on
    assert is_storm
    assert spent < 0.25 * elapsed + 0.6 + IN_A_TURN * TAKES_S  # a burst of half a second is saved up before
    gap = gaps[-1]
    assert gap.cause == "too many files opened to hear of each"
    assert gap.size > 0
    assert 0 < gap.end - gap.start < elapsed + ENOUGH_S


def test_who_fails_to_hear_is_told_and_hears_on(hearing: Hearing, gaps: list[Gap]) -> None:
    hearer = Listening(OPEN_EXEC)
    hearer.fails = True
    hearing.join(hearer)
    assert eventually(lambda: run("true") > 0 and bool(hearer.lost_details))
    pids: list[int] = []
    assert eventually(lambda: not pids.append(run("true")) and not hearer.masks.keys().isdisjoint(pids))
    hearing.leave(hearer)
    assert [gap.cause for gap in gaps] == ["hearing failed"]
    assert "not understood" in gaps[0].detail


def test_own_openings_are_not_told(hearing: Hearing, tmp_path: Path) -> None:
    hearer = Listening(OPEN)
    hearing.join(hearer)
    (tmp_path / "own").write_bytes(b"x")
    pid = run("cat", __file__)
    assert eventually(lambda: pid in hearer.masks)
    hearing.leave(hearer)
    assert os.getpid() not in hearer.masks


READER = (
    "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM evidence').fetchone()[0])"
)


@pytest.mark.parametrize("is_storm", [False, True])
def test_a_database_of_this_process_keeps_its_locks_while_others_open_it(tmp_path: Path, *, is_storm: bool) -> None:
    path = tmp_path / "evidence.sqlite"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE evidence (id INTEGER)")
    listening = Listening(OPEN | OPEN_EXEC | CLOSE_NOWRITE)
    hearing = Hearing(share=0.0001 if is_storm else 0.2, spared=tmp_path)
    if not hearing.join(listening):
        pytest.skip("fanotify is not allowed here")
    try:
        for number in range(1, 4):
            writer.execute("INSERT INTO evidence VALUES (1)")
            said = subprocess.run([sys.executable, "-c", READER, path], capture_output=True, text=True, check=True)
            assert int(said.stdout) == number
            time.sleep(0.3)
            assert path.with_name("evidence.sqlite-wal").exists()
    finally:
        hearing.leave(listening)
    writer.close()
    assert sqlite3.connect(path).execute("SELECT count(*) FROM evidence").fetchone() == (3,)
