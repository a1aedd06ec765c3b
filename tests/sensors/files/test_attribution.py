"""Who did it, with real processes: told by the kernel, seen in /proc, or only the owner."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.sensors.files.actors import OWNER, UNKNOWN, Actor
from forensics.sensors.files.acts import Acts
from forensics.sensors.files.attribution import FANOTIFY, SWEEP, Attribution
from forensics.sensors.files.settled import Absent, look
from forensics.sensors.hearing import Hearing

ENOUGH_S = 10.0
TIMES = 40
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]
SWEEPER = """
import os, subprocess, sys
from forensics.sensors.files.attribution import Attribution
from forensics.sensors.files.settled import look
from forensics.sensors.hearing import Hearing
folder = sys.argv[1]
attribution = Attribution(Hearing())
attribution.start()
writer = subprocess.Popen(["sh", "-c", f"echo x > {folder}/held; exec tail -f /dev/null >> {folder}/held"])
while writer.poll() is None and os.path.basename(os.readlink(f"/proc/{writer.pid}/exe")) != "tail":
    pass
attribution.hint(f"{folder}/held")
actor = attribution.of(f"{folder}/held", look(f"{folder}/held"))
writer.kill()
writer.wait()
attribution.stop()
print(attribution.method, actor.method, actor.process, actor.pid == writer.pid, sep="|")
"""


@pytest.fixture
def attribution(tmp_path: Path) -> Iterator[Attribution]:
    hearing = Hearing()
    attribution = Attribution(hearing)
    acts = Acts(hearing, attribution)
    attribution.start()
    if not acts.start(lambda _: None, lambda _cause, _detail: None):
        attribution.stop()
        pytest.skip("fanotify is not allowed here")
    acts.cover(str(tmp_path))
    yield attribution
    acts.stop()
    attribution.stop()


def who(attribution: Attribution, path: Path, process: str) -> Actor:
    """Who did it, once that process is named or long enough has passed."""
    deadline = time.monotonic() + ENOUGH_S
    while True:
        stamp = look(str(path))
        actor = attribution.of(str(path), None if isinstance(stamp, Absent) else stamp)
        if actor.process == process or time.monotonic() > deadline:
            return actor
        time.sleep(0.01)


@pytest.mark.parametrize("command", ["cp", "mv", "ln"])
def test_programs_that_end_at_once_are_named(attribution: Attribution, tmp_path: Path, command: str) -> None:
    sources = [tmp_path / f"source-{number}" for number in range(TIMES)]
    for source in sources:
        source.write_bytes(b"x" * 100)
    pids = {}
    for source in sources:
        done = subprocess.Popen([command, source, tmp_path / f"by-{source.name}"])
        done.wait()
        pids[source] = done.pid
    for source in sources:
        actor = who(attribution, tmp_path / f"by-{source.name}", command)
        assert (actor.process, actor.pid) == (command, pids[source])
        assert actor.method.startswith(FANOTIFY)


def test_the_executable_and_the_parents_are_told(attribution: Attribution, tmp_path: Path) -> None:
    target = tmp_path / "clip.wav"
    command = ["sh", "-c", f"cp /dev/stdin {target}; true"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as copying:
        actor = who(attribution, target, "cp")
        assert copying.stdin is not None
        copying.stdin.write(b"x")
    assert who(attribution, target, "cp") == actor
    assert actor.uid == os.getuid()
    program, parent = actor.lineage.split(" < ")[:2]
    assert os.path.basename(program) in {"cp", "coreutils"}
    assert parent == "sh"


def test_what_this_process_writes_is_not_told(attribution: Attribution, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_bytes(b"x")
    subprocess.run(["cp", own, tmp_path / "later"], check=True)
    assert who(attribution, tmp_path / "later", "cp").process == "cp"
    stamp = look(str(own))
    assert not isinstance(stamp, Absent)
    assert attribution.of(str(own), stamp) == Actor(method=UNKNOWN)
    assert attribution.of(str(own), stamp).or_owner(7) == Actor(uid=7, method=OWNER)


def test_a_file_system_mounted_later_is_heard(attribution: Attribution, tmp_path: Path) -> None:
    point = tmp_path / "stick"
    point.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "none", point], capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        time.sleep(0.6)
        subprocess.run(["cp", "/etc/passwd", point / "taken"], check=True)
        assert who(attribution, point / "taken", "cp").process == "cp"
    finally:
        subprocess.run(["umount", "-l", point], check=True)


def test_without_the_right_a_writer_that_holds_the_file_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SWEEPER, str(tmp_path)]
    if os.getuid() == 0:
        command = [*WITHOUT_RIGHTS, *command]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert found == f"{SWEEP}|{SWEEP}|tail|True"
