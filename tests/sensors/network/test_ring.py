"""Capture on loopback with real traffic: order, crash and restart, bounds, and a clean end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forensics.config import Network
from forensics.errors import CaptureError
from forensics.model import Gap
from forensics.sensors.network.keeper import start_time
from forensics.sensors.network.keeping import Keeping
from forensics.sensors.network.ring import Ring, RingFile, why_not_capture

OBSTACLE = why_not_capture("lo")
pytestmark = pytest.mark.skipif(bool(OBSTACLE), reason=f"no live capture here: {OBSTACLE}")

PATIENCE_S = 60.0
PARENT = """
import sys
from pathlib import Path
from forensics.config import Network
from forensics.sensors.network.ring import Ring

base, store, grace_s = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
ring = Ring(store, Network(interfaces=("lo",), ring_seconds=0.3, ring_folder=base, capture_filter="udp"),
            gap=lambda gap: None, grace_s=grace_s)
ring.start()
print("ready", flush=True)
for file in ring.files():
    pass
"""


class Tap:
    """A ring with a thread that follows it, keeping what the files held."""

    def __init__(self, base: Path, *, store: Path | None = None, is_reading: bool = True, **settings: object) -> None:
        self.gaps: list[Gap] = []
        self.data = b""
        self.files: list[RingFile] = []
        chosen = {"interfaces": ("lo",), "ring_seconds": 0.3, "capture_filter": "udp", **settings}
        network = Network(ring_folder=base, **chosen)  # type: ignore[arg-type]
        self.ring = Ring(store or base / "store", network, gap=self.gaps.append, grace_s=20.0)
        self._thread = threading.Thread(target=self._follow)
        self._is_reading = is_reading

    def start(self) -> None:
        self.ring.start()
        if self._is_reading:
            self._thread.start()

    def _follow(self) -> None:
        for file in self.ring.files():
            self.files.append(file)
            with file.path.open("rb") as stream:
                while self.ring.is_growing(file):
                    self.data += stream.read()
                    self.ring.mind()
                    self.ring.wait(0.02)
                self.data += stream.read()
            self.ring.done(file)

    def stop(self) -> None:
        self.ring.stop()
        if self._is_reading:
            self._thread.join(PATIENCE_S)
        self.ring.close()


@pytest.fixture
def tap(tmp_path: Path) -> Iterator[Callable[..., Tap]]:
    taps: list[Tap] = []

    def begin(**settings: object) -> Tap:
        taps.append(Tap(tmp_path, **settings))  # type: ignore[arg-type]
        taps[-1].start()
        return taps[-1]

    yield begin
    for each in taps:
        each.ring.close()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "not seen in time"
        time.sleep(0.05)


def send(token: bytes, *, count: int = 1) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            sender.sendto(token, ("127.0.0.1", 9))


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_traffic_is_handed_on_in_order_and_the_end_removes_everything(tap: Callable[..., Tap]) -> None:
    watch = tap()
    for number in range(5):
        send(b"token-%d" % number)
        time.sleep(0.25)
    send(b"last words")
    watch.stop()
    assert watch.ring.sensor == "network:lo"
    positions = [watch.data.find(b"token-%d" % number) for number in range(5)]
    assert positions == sorted(positions)
    assert -1 not in positions
    assert b"last words" in watch.data
    assert [file.number for file in watch.files] == sorted(file.number for file in watch.files)
    assert not watch.ring.folder.exists()
    assert not watch.gaps
    assert watch.ring.health().state == "stopped"


def test_a_quiet_upload_is_readable_while_capture_goes_on(tap: Callable[..., Tap]) -> None:
    watch = tap()
    send(b"quiet upload")
    until(lambda: b"quiet upload" in watch.data)
    assert watch.ring.health().state == "running"
    assert watch.ring.folder.stat().st_mode & 0o777 == 0o700
    watch.stop()


def test_several_interfaces_are_captured_together_and_a_missing_one_is_a_gap(tap: Callable[..., Tap]) -> None:
    watch = tap(interfaces=("lo", "any", "nosuch0"))
    send(b"both taps")
    until(lambda: watch.data.count(b"both taps") >= 2)
    assert watch.data.startswith(b"\x0a\x0d\x0d\x0a")
    assert watch.ring.interfaces == ("lo", "any")
    assert watch.ring.health().state == "degraded"
    watch.stop()
    assert [gap.cause for gap in watch.gaps] == ["interface missing"]
    assert "nosuch0" in watch.gaps[0].detail


def test_a_killed_monitor_loses_nothing_and_its_keeper_is_taken_over(tap: Callable[..., Tap], tmp_path: Path) -> None:
    parent = started_parent(tmp_path, grace_s=20.0)
    folder = next(tmp_path.glob("earwitness-*"))
    send(b"before the kill")
    time.sleep(0.5)
    parent.kill()
    parent.wait()
    send(b"while it was down")
    keeper = Keeping(folder).running()
    assert keeper is not None
    watch = tap(store=tmp_path / "store")
    taken_over = Keeping(folder).running()
    assert taken_over is not None
    assert taken_over.pid == keeper.pid
    send(b"after the restart")
    until(lambda: b"after the restart" in watch.data)
    for token in (b"before the kill", b"while it was down", b"after the restart"):
        assert watch.data.count(token) == 1
    capturers = children_of(keeper.pid)
    watch.stop()
    assert not folder.exists()
    assert not [pid for pid in (keeper.pid, *capturers) if start_time(pid)]


def test_a_keeper_left_alone_ends_after_the_grace_time_and_keeps_the_packets(
    tap: Callable[..., Tap], tmp_path: Path
) -> None:
    parent = started_parent(tmp_path, grace_s=1.0)
    folder = next(tmp_path.glob("earwitness-*"))
    keeper = Keeping(folder).running()
    assert keeper is not None
    capturers = children_of(keeper.pid)
    send(b"before the kill")
    parent.kill()
    parent.wait()
    until(lambda: not [pid for pid in (keeper.pid, *capturers) if start_time(pid)])
    watch = tap(store=tmp_path / "store")
    until(lambda: b"before the kill" in watch.data)
    watch.stop()
    assert [gap.cause for gap in watch.gaps] == ["monitor was away"]
    assert watch.gaps[0].start < watch.gaps[0].end


def test_a_killed_keeper_is_a_gap_and_leaves_no_orphan(tap: Callable[..., Tap]) -> None:
    watch = tap()
    keeper = Keeping(watch.ring.folder).running()
    assert keeper is not None
    capturers = children_of(keeper.pid)
    os.kill(keeper.pid, signal.SIGKILL)
    until(lambda: not [pid for pid in capturers if start_time(pid)])
    until(lambda: [gap.cause for gap in watch.gaps] == ["capture keeper died"])
    send(b"goes on")
    until(lambda: b"goes on" in watch.data)
    watch.stop()


def test_a_killed_dumpcap_is_a_gap_and_started_again(tap: Callable[..., Tap]) -> None:
    watch = tap()
    keeper = Keeping(watch.ring.folder).running()
    assert keeper is not None
    os.kill(children_of(keeper.pid)[0], signal.SIGKILL)
    until(lambda: [gap.cause for gap in watch.gaps] == ["capture ended", "capture was down"])
    send(b"goes on")
    until(lambda: b"goes on" in watch.data)
    watch.stop()
    assert watch.gaps[1].start < watch.gaps[1].end


def test_a_folder_removed_from_under_it_is_a_gap_and_made_again(tap: Callable[..., Tap]) -> None:
    watch = tap()
    keeper = Keeping(watch.ring.folder).running()
    assert keeper is not None
    until(lambda: watch.ring.health().counters["empty"])
    shutil.rmtree(watch.ring.folder)
    until(lambda: "ring folder removed" in [gap.cause for gap in watch.gaps])
    send(b"goes on")
    until(lambda: b"goes on" in watch.data)
    assert not start_time(keeper.pid)
    watch.stop()


def test_what_is_not_read_in_time_is_a_gap_with_its_size(tap: Callable[..., Tap]) -> None:
    watch = tap(is_reading=False, ring_file_mib=1, ring_files=2)
    send(b"x" * 8000, count=600)
    time.sleep(1.5)
    watch.ring.stop()
    sizes = []
    for file in watch.ring.files():
        sizes.append(file.size)
        watch.ring.done(file)
    overruns = [gap for gap in watch.gaps if gap.cause == "ring overrun"]
    assert sum(gap.size for gap in overruns) + sum(sizes) >= 600 * 8000
    assert sum(sizes) <= 4 << 20
    assert all(gap.start <= gap.end for gap in overruns)
    assert overruns


def test_a_file_not_done_is_handed_on_again_after_a_restart(tap: Callable[..., Tap], tmp_path: Path) -> None:
    first = tap(is_reading=False)
    send(b"not done")
    time.sleep(0.5)
    first.ring.stop()
    assert [file for file in first.ring.files() if b"not done" in file.path.read_bytes()]
    first.ring.close()
    assert first.ring.folder.exists()
    second = tap()
    until(lambda: b"not done" in second.data)
    second.stop()
    assert not second.ring.folder.exists()


def test_a_second_monitor_on_the_same_store_is_refused(tap: Callable[..., Tap], tmp_path: Path) -> None:
    parent = started_parent(tmp_path, grace_s=1.0)
    with pytest.raises(CaptureError, match="another monitor"):
        tap(store=tmp_path / "store")
    assert parent.poll() is None
    parent.kill()
    parent.wait()
    tap(store=tmp_path / "store").stop()


def test_a_folder_that_others_can_read_is_refused(tmp_path: Path) -> None:
    ring = Ring(tmp_path / "s", Network(interfaces=("lo",), ring_folder=tmp_path), gap=lambda _: None)
    ring.folder.mkdir(mode=0o755)
    with pytest.raises(CaptureError, match="private"):
        ring.start()


def started_parent(base: Path, *, grace_s: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PARENT, str(base), str(base / "store"), str(grace_s)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    parent.stdout.close()
    return parent
