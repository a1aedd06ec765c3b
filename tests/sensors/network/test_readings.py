"""Who read which file, with real processes, pipelines and both ways to look."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forensics.sensors.network.readings import Reading, Readings
from forensics.sensors.processes import Process, Processes

SIZE = 100_000
ENOUGH_S = 60.0
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]
SAMPLER = """
import os, signal, subprocess, sys, time
from forensics.sensors.network.readings import Readings
clip, piped, written = sys.argv[1:]
options = dict(start_new_session=True, stdout=subprocess.DEVNULL)
holder = subprocess.Popen(["sh", "-c", f"exec sleep 60 < {clip} 2>> {written}"], **options)
shell = subprocess.Popen(["sh", "-c", f"tail -f {piped} | sleep 60"], **options)
readings = Readings(lambda: {holder.pid, shell.pid}, every_s=0.02)
readings.start()
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    time.sleep(0.5)
    found = [readings.of(process.pid, since=0, until=time.time()) for process in (holder, shell)]
    if all(found):
        break
readings.stop()
for process in (holder, shell):
    os.killpg(process.pid, signal.SIGKILL)
print(readings.method)
for reading in found[0] + found[1]:
    print(reading.path, reading.size, reading.process, reading.method, sep="|")
"""


@pytest.fixture
def readings() -> Iterator[Readings]:
    readings = Readings(list)
    readings.start()
    if readings.method != "fanotify":
        readings.stop()
        pytest.skip("no right to fanotify")
    settle(readings)
    yield readings
    readings.stop()


def settle(readings: Readings) -> None:
    """Wait until an opening of now has been told: all earlier ones have then, too."""
    reader = subprocess.Popen(["cat", __file__], stdout=subprocess.DEVNULL)
    reader.wait()
    eventually(lambda: any(r.pid == reader.pid for r in of(readings, reader.pid)))


def eventually(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + ENOUGH_S
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.02)
    return claim()


def of(readings: Readings, pid: int, since: float = 0.0) -> list[Reading]:
    return readings.of(pid, since=since, until=time.time())


def own(readings: Readings, pid: int) -> dict[str, Reading]:
    return {reading.path: reading for reading in of(readings, pid) if reading.pid == pid}


def file(path: Path, size: int = SIZE) -> Path:
    path.write_bytes(b"x" * size)
    return path


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("cat", ["cat", "{}"]),
        ("curl", ["curl", "-s", "file://{}"]),
        (os.path.basename(os.path.realpath(sys.executable)), [sys.executable, "-c", "open('{}', 'rb').read()"]),
    ],
)
def test_a_program_that_read_a_file_is_named_after_it_ended(
    readings: Readings, tmp_path: Path, program: str, arguments: list[str]
) -> None:
    if shutil.which(arguments[0]) is None:
        pytest.skip(arguments[0])
    clip = file(tmp_path / "clip.wav")
    began = time.time()
    reader = subprocess.Popen([a.replace("{}", str(clip)) for a in arguments], stdout=subprocess.DEVNULL)
    reader.wait()
    assert eventually(lambda: str(clip) in own(readings, reader.pid))
    reading = own(readings, reader.pid)[str(clip)]
    status = clip.stat()
    assert (reading.size, reading.method) == (SIZE, "fanotify")
    assert (reading.device, reading.inode, reading.mtime_ns) == (status.st_dev, status.st_ino, status.st_mtime_ns)
    assert began - 1 < reading.first <= reading.last < time.time() + 1
    assert reading.process.startswith(("python", program))
    assert not of(readings, reader.pid, since=time.time() + 1)


def test_of_a_hundred_copies_in_a_row_nearly_all_are_named(readings: Readings, tmp_path: Path) -> None:
    copies = {}
    for i in range(100):
        source = file(tmp_path / f"clip{i}.wav", SIZE + i)
        copier = subprocess.Popen(["cp", source, tmp_path / "copy.wav"])
        copier.wait()
        copies[copier.pid] = str(source), SIZE + i, "cp"
    settle(readings)

    def is_named(pid: int) -> bool:
        return copies[pid] in {(r.path, r.size, r.process) for r in of(readings, pid) if r.pid == pid}

    assert sum(map(is_named, copies)) >= 99


def test_what_was_only_written_is_left_out(readings: Readings, tmp_path: Path) -> None:
    written, both = tmp_path / "written", tmp_path / "both"
    script = (
        f"import time; w = open({str(written)!r}, 'wb', buffering=0); w.write(bytes(5000)); "
        f"b = open({str(both)!r}, 'w+b', buffering=0); b.write(bytes(5000)); b.flush(); "
        f"r = open({str(both)!r}, 'rb'); time.sleep(30)"
    )
    writer = subprocess.Popen([sys.executable, "-c", script])
    assert eventually(lambda: str(both) in own(readings, writer.pid))
    writer.kill()
    writer.wait()
    settle(readings)
    assert set(own(readings, writer.pid)) & {str(written), str(both)} == {str(both)}


def test_small_files_and_those_of_the_system_are_left_out(readings: Readings, tmp_path: Path) -> None:
    small, clip = file(tmp_path / "small", 1023), file(tmp_path / "clip.wav", 1024)
    reader = subprocess.Popen(["cat", small, "/etc/services", "/usr/bin/env", clip], stdout=subprocess.DEVNULL)
    reader.wait()
    assert eventually(lambda: str(clip) in own(readings, reader.pid))
    assert set(own(readings, reader.pid)) == {str(clip)}


def test_a_file_held_open_counts_until_it_is_closed(readings: Readings, tmp_path: Path) -> None:
    clip = file(tmp_path / "clip.wav")
    with clip.open("rb") as content:  # the same file once more, and closed by the shell
        holder = subprocess.Popen(["sh", "-c", f"exec sleep 60 < '{clip}'"], stdin=content)
    assert eventually(lambda: str(clip) in own(readings, holder.pid))
    later = time.time()
    is_open = str(clip) in {r.path for r in of(readings, holder.pid, since=later)}
    holder.kill()
    holder.wait()
    assert is_open
    settle(readings)
    assert str(clip) not in {r.path for r in of(readings, holder.pid, since=time.time()) if r.pid == holder.pid}


def test_a_file_that_was_open_before_the_start_is_found(tmp_path: Path) -> None:
    clip = file(tmp_path / "clip.wav")
    with clip.open("rb") as content:
        holder = subprocess.Popen(["sleep", "60"], stdin=content)
    readings = Readings(list)
    readings.start()
    if readings.method == "fanotify":
        eventually(lambda: str(clip) in own(readings, holder.pid))
    found = own(readings, holder.pid)
    readings.stop()
    holder.kill()
    holder.wait()
    assert readings.method != "fanotify" or str(clip) in found


def test_the_end_of_a_pipeline_has_the_files_of_its_beginning(readings: Readings, tmp_path: Path) -> None:
    clip = file(tmp_path / "clip.wav")  # more than a pipe holds
    last = tmp_path / "last"
    script = f"cat '{clip}' | sh -c 'echo $$ > {last}.new; mv {last}.new {last}; exec sleep 60'"
    with subprocess.Popen(["sh", "-c", script], start_new_session=True) as pipeline:
        assert eventually(last.exists)
        sender = int(last.read_text())
        while_it_lives = eventually(lambda: str(clip) in {r.path for r in of(readings, sender)})
        os.killpg(pipeline.pid, signal.SIGKILL)
    assert while_it_lives
    assert (str(clip), "cat") in {(r.path, r.process) for r in of(readings, sender)}


def test_a_child_has_the_files_of_its_parent_and_the_parent_those_of_its_child(
    readings: Readings, tmp_path: Path
) -> None:
    given, taken = file(tmp_path / "given"), file(tmp_path / "taken")
    reader = (
        f"import sys; open({str(taken)!r}).read(); sys.stdin.read()"  # whose child it is must be seen while it lives
    )
    script = (
        f"import subprocess, sys; open({str(given)!r}).read(); "
        f"c = subprocess.Popen([sys.executable, '-c', {reader!r}], start_new_session=True); "
        "print(c.pid, flush=True); c.wait()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())

        def are_known() -> bool:
            return all({str(given), str(taken)} <= {r.path for r in of(readings, pid)} for pid in (parent.pid, child))

        while_they_live = eventually(are_known)
        parent.communicate()
    assert while_they_live
    assert are_known()


def test_the_same_program_of_another_user_is_no_kin(readings: Readings, tmp_path: Path) -> None:
    if os.getuid() or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv")
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o7777 == 0o700:
            folder.chmod(0o755)
    clip = file(tmp_path / "clip.wav")
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    readers = [
        subprocess.Popen([*command, "tail", "-f", clip], stdout=subprocess.DEVNULL, start_new_session=True)
        for command in ([], nobody, nobody)
    ]
    assert eventually(lambda: all(own(readings, reader.pid) for reader in readers))
    mine, first, second = (reader.pid for reader in readers)
    kin = {reading.pid for reading in of(readings, first)}
    for reader in readers:
        reader.kill()
        reader.wait()
    assert {first, second} <= kin
    assert mine not in kin


def test_notes_are_bounded_and_forgotten(tmp_path: Path) -> None:
    readings = Readings(list, most=100, remember_s=3.0, every_s=0.05)
    for i in range(200):
        file(tmp_path / f"{i:03}", 2000)
    readings.start()
    try:
        if readings.method != "fanotify":
            pytest.skip("no right to fanotify")
        settle(readings)
        reader = subprocess.Popen(["cat", *sorted(tmp_path.iterdir())], stdout=subprocess.DEVNULL)
        reader.wait()
        assert eventually(lambda: str(tmp_path / "199") in own(readings, reader.pid))
        assert len(own(readings, reader.pid)) <= 100
        assert eventually(lambda: not own(readings, reader.pid))
    finally:
        readings.stop()


def test_without_the_right_to_fanotify_open_files_are_sampled(tmp_path: Path) -> None:
    if os.getuid() or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv")
    clip, piped, written = (file(tmp_path / name) for name in ("clip.wav", "piped.wav", "written.wav"))
    told = subprocess.run(
        [*WITHOUT_RIGHTS, sys.executable, "-c", SAMPLER, clip, piped, written],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ).stdout.splitlines()
    assert told[0] == "/proc sample"
    assert {line for line in told if str(tmp_path) in line} == {
        f"{clip}|{SIZE}|sleep|/proc sample",
        f"{piped}|{SIZE}|tail|/proc sample",
    }
    assert all(line.startswith(str(tmp_path)) for line in told[1:])


@pytest.mark.parametrize("every_s", [0.02, 60.0])
def test_stop_ends_the_thread(every_s: float) -> None:
    readings = Readings(lambda: [os.getpid()], every_s=every_s)
    readings.stop()
    readings = Readings(lambda: [os.getpid()], every_s=every_s)
    readings.start()
    names = {"file-readings", "hearing"}
    assert names & {thread.name for thread in threading.enumerate()}
    readings.stop()
    readings.stop()
    assert not names & {thread.name for thread in threading.enumerate()}


def test_a_process_that_never_was_has_read_nothing(readings: Readings) -> None:
    assert of(readings, 1 << 30) == []


def test_programs_of_one_interpreter_are_no_kin() -> None:
    this = Processes().get(os.getpid(), 0.0)

    def kin_of_this(exe: str) -> bool:
        other = Process(pid=1 << 30, start=1, ppid=0, pgid=0, uid=this.uid, exe=exe, comm="x", seen=0.0)
        this.exe = exe
        assert not this.is_kin(other)  # it does not run
        return other.is_kin(this)

    assert kin_of_this("/usr/lib/firefox/firefox")
    assert not any(kin_of_this(each) for each in ("/usr/bin/python3.11", "/bin/bash", "/usr/bin/node"))
