"""Media that are mounted while the sensor runs: real file systems on loop devices and in memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from forensics.config import Files, Folder
from forensics.model import Gap, SensorHealth
from forensics.sensors.files.sensor import FileSensor
from forensics.sensors.files.settled import SettledFile, Stamp

PATIENCE_S = 60.0
FIRST, SECOND = "11111111-2222-4333-8444-555555555501", "11111111-2222-4333-8444-555555555502"


class Watch:
    """A running sensor without any folder of its own, and what it handed on."""

    def __init__(self, prefix: Path, *folders: Folder, earlier: Mapping[str, Stamp] | None = None) -> None:
        self.files: list[SettledFile] = []
        self.gaps: list[Gap] = []
        self.health: list[SensorHealth] = []
        self.asked: list[str] = []
        self._earlier = earlier or {}
        settings = Files(quiet_after_scan_s=0.1, media=(str(prefix),))
        self.sensor = FileSensor(
            folders, settings, emit=self._take, gap=self.gaps.append, health=self.health.append, recall=self._recall
        )
        self.sensor.start()
        assert self.sensor.wait_until_watching(PATIENCE_S)

    def _take(self, file: SettledFile) -> None:
        assert file.content is None or file.content.sha256
        self.files.append(file)

    def _recall(self, root: str) -> Iterable[tuple[str, Stamp]]:
        self.asked.append(root)
        return self._earlier.items()

    @property
    def names(self) -> list[str]:
        return [Path(file.uri).name for file in self.files]

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"not seen; got {self.names}, gaps {self.gaps}")
            time.sleep(0.02)

    def until_gone(self, count: int = 1) -> None:
        self.until(lambda: sum(each.state == "stopped" for each in self.health) >= count)


Run = Callable[..., Watch]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    running: list[Watch] = []

    def begin(*folders: Folder, earlier: Mapping[str, Stamp] | None = None) -> Watch:
        running.append(Watch(tmp_path, *folders, earlier=earlier))
        return running[-1]

    yield begin
    for watch in running:
        watch.sensor.stop()


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mounts below tmp_path, and unmounts whatever is left there."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")

    def begin(name: str, *arguments: str) -> Path:
        (tmp_path / name).mkdir(exist_ok=True)
        done = subprocess.run(["mount", *arguments, str(tmp_path / name)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"mounting is not allowed: {done.stderr.strip()}")
        return tmp_path / name

    yield begin
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for point in reversed([point for point in points if point.startswith(f"{tmp_path}/")]):
        subprocess.run(["umount", "-l", point], check=True)


def stick(folder: Path, uuid: str, label: str) -> str:
    """A file that holds an ext4 file system."""
    image = folder / f"{uuid}.img"
    with image.open("wb") as file:
        file.truncate(4 << 20)
    command = ["mke2fs", "-q", "-t", "ext4", "-U", uuid, "-L", label, str(image)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no mke2fs")
    return str(image)


def umount(point: Path) -> None:
    """As a person would: again while something is still open there."""
    deadline = time.monotonic() + PATIENCE_S
    while subprocess.run(["umount", str(point)], capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_medium_mounted_later_is_watched_and_its_going_closes_it(run: Run, mount: Callable[..., Path]) -> None:
    watch = run()
    point = mount("any where", "-t", "tmpfs", "tmpfs")
    (point / "clip.wav").write_bytes(b"sound")
    watch.until(lambda: watch.names == ["clip.wav"])
    file = watch.files.pop()
    assert (file.role, file.path, file.facts) == ("removable", "clip.wav", {"medium.kind": "tmpfs"})
    del file
    umount(point)
    watch.until_gone()
    assert not watch.gaps


def test_a_stick_is_known_by_its_file_system_wherever_it_is_mounted(
    run: Run, mount: Callable[..., Path], tmp_path: Path
) -> None:
    first, second = stick(tmp_path, FIRST, "FIRST"), stick(tmp_path, SECOND, "SECOND")
    watch = run()
    point = mount("a", "-o", "loop", first)
    (point / "one.wav").write_bytes(b"one")
    watch.until(lambda: watch.names == ["one.wav"])
    file = watch.files.pop()
    assert file.root == f"medium:{FIRST}"
    assert file.facts == {"medium.uuid": FIRST, "medium.label": "FIRST", "medium.kind": "ext4"}
    del file
    umount(point)
    watch.until_gone()

    elsewhere = mount("b", "-o", "loop", first)
    other = mount("a", "-o", "loop", second)
    (other / "one.wav").write_bytes(b"one")
    (elsewhere / "two.wav").write_bytes(b"two")
    watch.until(lambda: len(watch.files) >= 2)
    time.sleep(0.5)
    assert {(file.root, file.path) for file in watch.files} == {
        (f"medium:{FIRST}", "two.wav"),
        (f"medium:{SECOND}", "one.wav"),
    }
    assert len(watch.files) == 2
    assert watch.asked == [f"medium:{FIRST}", f"medium:{SECOND}"]


def test_what_an_earlier_run_saw_on_a_stick_is_not_handed_on_again(
    run: Run, mount: Callable[..., Path], tmp_path: Path
) -> None:
    image = stick(tmp_path, FIRST, "FIRST")
    first = run()
    point = mount("a", "-o", "loop", image)
    (point / "old.wav").write_bytes(b"old")
    first.until(lambda: first.names == ["old.wav"])
    file = first.files.pop()
    assert file.stamp is not None
    earlier, state = {file.path: file.stamp._replace(device=0)}, file.state
    assert state == file.stamp[2:4]
    del file
    first.sensor.stop()
    umount(point)
    second = run(earlier=earlier)
    point = mount("b", "-o", "loop", image)
    (point / "new.wav").write_bytes(b"new")
    second.until(lambda: bool(second.files))
    time.sleep(0.5)
    assert second.names == ["new.wav"]


def test_a_medium_inside_a_watched_folder_is_handed_on_once_and_as_a_medium(
    run: Run, mount: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "work").mkdir()
    watch = run(Folder(role="work", path=tmp_path / "work"))
    point = mount("work/stick", "-t", "tmpfs", "tmpfs")
    (point / "out.wav").write_bytes(b"out")
    (tmp_path / "work" / "in.wav").write_bytes(b"in")
    watch.until(lambda: len(watch.files) >= 2)
    time.sleep(0.5)
    assert sorted((file.role, file.path) for file in watch.files) == [("removable", "out.wav"), ("work", "in.wav")]
