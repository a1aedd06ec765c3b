"""A share whose server is gone holds nothing up but itself, which is told, and is gone over when it answers again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forensics.config import Files, Folder
from forensics.model import Gap, SensorHealth
from forensics.sensors.files.mounts import lies_afar, parse
from forensics.sensors.files.sensor import FileSensor
from forensics.sensors.files.settled import Method, SettledFile
from forensics.sensors.files.sweep import writers

PATIENCE_S = 60.0
needs_fuse = pytest.mark.skipif(
    os.geteuid() != 0 or not os.access("/dev/fuse", os.W_OK), reason="FUSE may not be mounted here"
)


class Share:
    """A mounted file system and the program behind it."""

    def __init__(self, point: Path, *how: str) -> None:
        self.point = point
        point.mkdir()
        command = [sys.executable, "-m", "tests.sensors.files.slow_share", str(point), *how]
        self.server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.server.stdout is not None
        if not self.server.stdout.readline():
            pytest.skip("FUSE may not be mounted here")

    def close(self) -> None:
        self.server.send_signal(signal.SIGCONT)
        subprocess.run(["umount", "-l", str(self.point)], check=False)
        self.server.kill()
        self.server.wait()


class Sensor:
    """A running sensor and what it said."""

    def __init__(self, *folders: Folder, settings: Files) -> None:
        self.names: list[str] = []
        self.files: list[SettledFile] = []
        self.gaps: list[Gap] = []
        self.health: list[SensorHealth] = []
        self.sensor = FileSensor(
            folders, settings, emit=self._take, gap=self.gaps.append, health=self.health.append, stalled_s=1.5
        )
        self.sensor.start()

    def _take(self, file: SettledFile) -> None:
        assert file.content is None or file.content.sha256
        self.names.append(Path(file.uri).name)
        self.files.append(file)

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, (self.names, self.gaps)
            time.sleep(0.02)

    def causes(self) -> list[str]:
        return [gap.cause for gap in self.gaps]


@pytest.fixture
def share(tmp_path: Path) -> Iterator[Share]:
    share = Share(tmp_path / "share")
    yield share
    share.close()


@needs_fuse
@pytest.mark.parametrize("is_nested", [False, True])
def test_a_share_that_stops_to_answer_stalls_itself_alone(share: Share, tmp_path: Path, *, is_nested: bool) -> None:
    near = tmp_path if is_nested else tmp_path / "near"
    near.mkdir(exist_ok=True)
    folders = [Folder(role="work", path=near)]
    if not is_nested:
        folders.append(Folder(role="share", path=share.point))
    settings = Files(quiet_after_scan_s=0.1, reconcile_every_s=0.5, media=(), sync=False)
    watch = Sensor(*folders, settings=settings)
    try:
        watch.until(lambda: "clip.txt" in watch.names)
        share.server.send_signal(signal.SIGSTOP)
        watch.until(lambda: "share does not answer" in watch.causes())
        (near / "local.txt").write_text("local")
        watch.until(lambda: "local.txt" in watch.names)
        share.server.send_signal(signal.SIGCONT)
        watch.until(lambda: "share did not answer" in watch.causes())
        told = next(gap for gap in watch.gaps if gap.cause == "share did not answer")
        assert told.end - told.start > 1.0
        assert told.sensor.endswith(str(share.point))
        assert watch.names.count("clip.txt") == 1
    finally:
        share.server.send_signal(signal.SIGCONT)
        watch.sensor.stop()


@pytest.fixture
def stopping_share(tmp_path: Path) -> Iterator[Share]:
    """Its server stops when a file is read."""
    share = Share(tmp_path / "share", "stops")
    yield share
    share.close()


@needs_fuse
@pytest.mark.parametrize("is_back", [False, True])
def test_a_share_that_dies_while_a_file_is_read_holds_up_nothing_else(
    stopping_share: Share, tmp_path: Path, *, is_back: bool
) -> None:
    near = tmp_path / "near"
    near.mkdir()
    settings = Files(quiet_after_scan_s=0.1, media=(), sync=False)
    folders = Folder(role="work", path=near), Folder(role="share", path=stopping_share.point)
    watch = Sensor(*folders, settings=settings)
    try:
        watch.until(lambda: "share does not answer" in watch.causes())
        assert "clip.txt was being read" in next(g for g in watch.gaps if g.cause == "share does not answer").detail
        watch.until(lambda: "clip.txt" in watch.names)
        (near / "local.txt").write_text("local")
        watch.until(lambda: "local.txt" in watch.names)
        assert [file.method for file in watch.files if file.content is None] == [Method.UNREADABLE]
        if is_back:
            stopping_share.server.send_signal(signal.SIGCONT)
            watch.until(lambda: watch.names.count("clip.txt") == 2)
            clip = watch.files[-1]
            assert clip.content is not None
            assert clip.content.bytes() == b"words on a share\n"
            assert clip.is_copy
            assert clip.is_unchanged()
        else:
            stopping_share.server.kill()
            watch.until(lambda: "folder missing" in watch.causes())
            assert watch.names.count("clip.txt") == 1
    finally:
        stopping_share.server.send_signal(signal.SIGCONT)
        watch.sensor.stop()


@needs_fuse
def test_neither_start_nor_stop_waits_for_a_share_that_does_not_answer(share: Share, tmp_path: Path) -> None:
    share.server.send_signal(signal.SIGSTOP)
    near = tmp_path / "near"
    near.mkdir()
    settings = Files(quiet_after_scan_s=0.1, media=(), sync=False)
    watch = Sensor(Folder(role="share", path=share.point), Folder(role="work", path=near), settings=settings)
    try:
        (near / "local.txt").write_text("local")
        watch.until(lambda: "local.txt" in watch.names)
        watch.sensor.stop(2.0)
        assert {each.state for each in watch.health} >= {"stopped"}
    finally:
        share.server.send_signal(signal.SIGCONT)


@needs_fuse
def test_to_look_for_writers_waits_for_no_share_that_does_not_answer(share: Share, tmp_path: Path) -> None:
    file = tmp_path / "local.txt"
    with (share.point / "clip.txt").open("rb") as far, file.open("wb") as near:
        holder = subprocess.Popen(["sleep", "60"], stdin=far, stdout=near)
    share.server.send_signal(signal.SIGSTOP)
    try:
        found: list[int] = []
        devices = {file.stat().st_dev}
        look = threading.Thread(
            target=lambda: found.extend(pid for _, pid in writers(devices, except_pid=os.getpid())), daemon=True
        )
        look.start()
        look.join(PATIENCE_S)
        assert holder.pid in found
        assert not look.is_alive()
    finally:
        share.server.send_signal(signal.SIGCONT)
        holder.kill()
        holder.wait()


def test_where_a_path_lies_is_told_from_the_mount_table_alone() -> None:
    table = parse(
        b"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:5 / /mnt/a rw - nfs4 server:/a rw\n"
        b"3 2 0:6 / /mnt/a/local rw - tmpfs tmpfs rw\n4 1 0:7 / /disk rw - fuseblk /dev/sdb1 rw\n"
        b"5 1 0:8 / /over rw - ext4 /dev/sdc1 rw\n6 5 0:9 / /over rw - fuse.sshfs me@there: rw\n"
    )
    afar = [path for path in ("/x", "/mnt/a", "/mnt/a/b", "/mnt/ab", "/mnt/a/local/x", "/disk/x", "/over") if
            lies_afar(path, table)]  # fmt: skip
    assert afar == ["/mnt/a", "/mnt/a/b", "/over"]
