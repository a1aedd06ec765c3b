"""What the kernel and watchdog lose silently is told as a gap, and the files are found all the same.

The sensor runs in a process of its own, so that it can be paused, killed and limited.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from forensics.sensors.files.acts import Acts
from forensics.sensors.files.attribution import Attribution
from forensics.sensors.hearing import Hearing

PATIENCE_S = 60.0
WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin") if os.getuid() == 0 else ()
PROBE = """
import json, signal, sys, threading
from pathlib import Path
from forensics.config import Files, Folder
from forensics.sensors.files.sensor import FileSensor
from forensics.sensors.files.settled import Stamp

folder, ledger = Path(sys.argv[1]), Path(sys.argv[2])
lines = [json.loads(line) for line in ledger.read_text().splitlines()] if ledger.exists() else []
known = [(line["path"], Stamp(*line["stamp"])) for line in lines]
book, stopping = ledger.open("a", buffering=1), threading.Event()

def say(**line):
    print(json.dumps(line), flush=True)

def take(file):
    book.write(json.dumps({"root": file.root, "path": file.path, "stamp": file.stamp}) + "\\n")
    say(path=file.path)

signal.signal(signal.SIGTERM, lambda *_: stopping.set())
sensor = FileSensor([Folder(role="share", path=folder)], Files(quiet_after_scan_s=0.3), recall=lambda _: known,
                    emit=take, gap=lambda gap: say(gap=gap.cause, size=gap.size), health=lambda _: None)
sensor.start()
sensor.wait_until_watching(30)
say(ready=True)
stopping.wait()
sensor.stop()
"""


class Probe:
    """A sensor in another process and what it says."""

    def __init__(self, folder: Path, ledger: Path, *, prefix: tuple[str, ...] = ()) -> None:
        command = [*prefix, sys.executable, "-c", PROBE, str(folder), str(ledger)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.paths: Counter[str] = Counter()
        self.gaps: Counter[str] = Counter()
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        assert self._ready.wait(PATIENCE_S)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said = json.loads(line)
            if "path" in said:
                self.paths[said["path"]] += 1
            elif "gap" in said:
                self.gaps[said["gap"]] += 1
            else:
                self._ready.set()

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"not seen; got {len(self.paths)} files, gaps {self.gaps}")
            time.sleep(0.05)

    def end(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    folder.mkdir()
    return folder


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def test_an_overflow_of_the_kernels_queue_is_a_gap_and_loses_no_file(folder: Path, ledger: Path) -> None:
    probe = Probe(folder, ledger, prefix=WITHOUT_RIGHTS)
    pause_and_overflow(probe, folder)
    assert probe.gaps["event queue overflow"] >= 1
    assert set(probe.paths.values()) == {1}


def test_the_kernels_own_word_has_a_queue_that_does_not_overflow(folder: Path, ledger: Path) -> None:
    if not is_told():
        pytest.skip("fanotify is not allowed here")
    probe = Probe(folder, ledger)
    pause_and_overflow(probe, folder)
    assert not probe.gaps
    assert set(probe.paths.values()) == {1}


def is_told() -> bool:
    hearing = Hearing()
    acts = Acts(hearing, Attribution(hearing))
    try:
        return acts.start(lambda _: None, lambda _cause, _detail: None)
    finally:
        acts.stop()


def pause_and_overflow(probe: Probe, folder: Path) -> None:
    """Write more while the sensor is stopped than the queue of inotify can hold, and wait for all of it."""
    queued = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    count = queued // 2 + 1000
    if count > 20_000:
        probe.end()
        pytest.skip("the kernel's queue is too long to fill quickly")
    probe.process.send_signal(signal.SIGSTOP)
    for number in range(count):
        os.close(os.open(folder / f"{number}.txt", os.O_WRONLY | os.O_CREAT))
    probe.process.send_signal(signal.SIGCONT)
    probe.until(lambda: len(probe.paths) == count)
    probe.end()


def test_an_exhausted_watch_limit_is_a_gap_and_loses_no_file(folder: Path, ledger: Path) -> None:
    limited = ("unshare", "-Ur", "sh", "-c", 'echo 20 > /proc/sys/user/max_inotify_watches && exec "$@"', "sh")
    if (
        shutil.which("unshare") is None
        or subprocess.run([*limited, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("no user namespaces here to lower the limit in")
    for number in range(60):
        (folder / str(number)).mkdir()
    probe = Probe(folder, ledger, prefix=limited)
    probe.until(lambda: probe.gaps["folders not watched"] == 1)
    for number in range(60):
        (folder / str(number) / "clip.wav").write_bytes(b"x" * number)
    probe.until(lambda: len(probe.paths) == 60)
    probe.end()
    assert set(probe.paths.values()) == {1}


def test_a_medium_mounted_late_is_gone_over_and_watched(folder: Path, ledger: Path) -> None:
    stick = folder / "stick"
    stick.mkdir()
    plug = """
        (until [ -e "$1/plug" ]; do sleep 0.05; done
         mount -t tmpfs none "$1/stick" && echo sound > "$1/stick/early.wav"
         until [ -e "$1/copy" ]; do sleep 0.05; done
         echo sound > "$1/stick/late.wav") &
        shift; exec "$@"
    """
    able = ("unshare", "-Urm", "mount", "-t", "tmpfs", "none", str(stick))
    if shutil.which("unshare") is None or subprocess.run(able, check=False, capture_output=True).returncode:
        pytest.skip("no mount namespaces here")
    probe = Probe(folder, ledger, prefix=("unshare", "-Urm", "sh", "-c", plug, "sh", str(folder)))
    (folder / "plug").touch()
    probe.until(lambda: "stick/early.wav" in probe.paths)
    (folder / "copy").touch()
    probe.until(lambda: "stick/late.wav" in probe.paths)
    probe.end()
    assert not probe.gaps


def test_kill_in_mid_storm_and_restart_lose_nothing_and_repeat_nothing(folder: Path, ledger: Path) -> None:
    for generation in range(3):
        probe = Probe(folder, ledger)
        for number in range(300):
            (folder / f"{generation}-{number}.txt").write_text("x")
        time.sleep(0.1 * generation)
        probe.end(signal.SIGKILL)
    probe = Probe(folder, ledger)
    expected = {f"{generation}-{number}.txt" for generation in range(3) for number in range(300)}
    probe.until(lambda: set(taken(ledger)) == expected)
    probe.end()
    assert set(taken(ledger).values()) == {1}


@pytest.mark.parametrize("prefix", [(), WITHOUT_RIGHTS], ids=["told by the kernel", "watched by watchdog"])
def test_folders_that_come_move_and_are_renamed_in_a_storm_lose_no_file(
    folder: Path, ledger: Path, tmp_path: Path, prefix: tuple[str, ...]
) -> None:
    expected = set()
    for number in range(20):
        (tmp_path / "aside" / f"moved{number}").mkdir(parents=True)
        (tmp_path / "aside" / f"moved{number}" / "clip.wav").write_bytes(b"early")
    probe = Probe(folder, ledger, prefix=prefix)
    for number in range(200):
        deep = folder / f"{number}" / "a" / "b"
        deep.mkdir(parents=True)
        (deep / ".save").write_bytes(b"sound")
        (deep / ".save").rename(deep / "clip.wav")
        expected.add(f"{number}/a/b/clip.wav")
        if number % 10 == 0:
            (folder / f"{number}").rename(folder / f"renamed{number}")
            os.replace(tmp_path / "aside" / f"moved{number // 10}", folder / f"moved{number // 10}")
            expected -= {f"{number}/a/b/clip.wav"}
            expected |= {f"renamed{number}/a/b/clip.wav", f"moved{number // 10}/clip.wav"}
    probe.until(lambda: expected <= set(probe.paths))
    probe.end()
    assert {probe.paths[path] for path in expected} == {1}
    assert set(probe.gaps) == set()


def taken(ledger: Path) -> Counter[str]:
    return Counter(json.loads(line)["path"] for line in ledger.read_text().splitlines() if line.endswith("}"))
