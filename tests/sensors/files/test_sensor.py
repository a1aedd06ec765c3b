"""The file sensor on real folders and a real kernel."""

from __future__ import annotations

import ctypes
import mmap
import os
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from forensics.config import Files, Folder
from forensics.model import Gap, SensorHealth
from forensics.sensors.files.sensor import FileSensor
from forensics.sensors.files.settled import Method, SettledFile, Stamp

SETTINGS = Files(quiet_after_scan_s=0.4)
PATIENCE_S = 60.0
MOST_KEPT = 20


class Watch:
    """A running sensor and what it handed on."""

    def __init__(self, sensor_of: Callable[[Watch], FileSensor]) -> None:
        self.files: list[SettledFile] = []
        self.bodies: dict[str, bytes | None] = {}
        self.gaps: list[Gap] = []
        self.health: list[SensorHealth] = []
        self.sensor = sensor_of(self)

    def take(self, file: SettledFile) -> None:
        self.bodies[file.path] = file.content.bytes() if file.content else None
        self.files.append(file if len(self.files) < MOST_KEPT else replace(file, content=None))

    @property
    def paths(self) -> Counter[str]:
        return Counter(file.path for file in self.files)

    def causes(self) -> set[str]:
        return {gap.cause for gap in self.gaps}

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"not seen; got {len(self.files)} files, gaps {self.causes()}")
            time.sleep(0.02)


Start = Callable[..., Watch]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts sensors on tmp_path/watched (or given folders) and stops them."""
    running: list[Watch] = []
    (tmp_path / "watched").mkdir()

    def begin(
        *folders: Folder,
        known: Mapping[tuple[str, str], Stamp] | None = None,
        settings: Files = SETTINGS,
        exclude: tuple[Path, ...] = (),
    ) -> Watch:
        chosen = folders or (Folder(role="removable", path=tmp_path / "watched"),)
        watch = Watch(
            lambda watch: FileSensor(
                chosen,
                settings,
                emit=watch.take,
                gap=watch.gaps.append,
                health=watch.health.append,
                exclude=exclude,
                recall=lambda root: [(path, stamp) for (of, path), stamp in (known or {}).items() if of == root],
            )
        )
        running.append(watch)
        watch.sensor.start()
        assert watch.sensor.wait_until_watching(PATIENCE_S)
        return watch

    yield begin
    for watch in running:
        watch.sensor.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("files-")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "watched"


def test_a_written_file_is_handed_on_once_with_its_content(start: Start, folder: Path) -> None:
    watch = start()
    (folder / "clip.wav").write_bytes(b"RIFF" * 1000)
    watch.until(lambda: bool(watch.files))
    file = watch.files[0]
    assert (file.path, file.role, file.root, file.size) == ("clip.wav", "removable", str(folder), 4000)
    assert file.method is Method.CLOSED
    assert file.uri == (folder / "clip.wav").as_uri()
    assert file.user
    assert watch.bodies["clip.wav"] == b"RIFF" * 1000
    assert file.is_unchanged()
    (folder / "clip.wav").write_bytes(b"other")
    assert not file.is_unchanged()
    watch.until(lambda: watch.paths["clip.wav"] == 2)


def test_what_happened_while_it_was_down_is_found_and_the_known_is_not_repeated(start: Start, folder: Path) -> None:
    (folder / "old.txt").write_text("old")
    first = start()
    first.until(lambda: first.paths["old.txt"] == 1)
    first.sensor.stop()
    known = {(file.root, file.path): file.stamp for file in first.files if file.stamp}
    (folder / "new.txt").write_text("new")
    second = start(known=known)
    second.until(lambda: second.paths["new.txt"] == 1)
    time.sleep(1.0)
    assert second.paths == {"new.txt": 1}


def test_a_burst_is_complete_and_nothing_is_doubled(start: Start, folder: Path) -> None:
    watch = start()
    for number in range(2000):
        (folder / f"{number}.txt").write_text(str(number))
    watch.until(lambda: len(watch.files) >= 2000)
    time.sleep(1.0)
    assert watch.paths == Counter(f"{number}.txt" for number in range(2000))
    assert all(watch.bodies[f"{number}.txt"] == str(number).encode() for number in range(2000))


def test_a_written_and_renamed_file_is_handed_on_under_its_last_name(start: Start, folder: Path) -> None:
    watch = start()
    for number in range(200):
        (folder / f".{number}.part").write_text(str(number))
        (folder / f".{number}.part").rename(folder / f"{number}.txt")
    watch.until(lambda: len([path for path in watch.paths if path.endswith(".txt")]) == 200)
    assert not [path for path in watch.paths if path.endswith(".part")]
    assert set(watch.paths.values()) == {1}


def test_a_race_of_new_folders_loses_no_file(start: Start, folder: Path) -> None:
    watch = start()
    names = [f"{a}/{b}/{c}" for a in range(10) for b in range(10) for c in range(5)]
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "f.txt").write_text(name)
    watch.until(lambda: len(watch.paths) == len(names))
    assert set(watch.paths.values()) == {1}


def test_a_tree_that_is_moved_in_is_gone_over(start: Start, folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "elsewhere"
    for number in range(300):
        (source / str(number % 7)).mkdir(parents=True, exist_ok=True)
        (source / str(number % 7) / f"{number}.txt").write_text("x")
    watch = start()
    source.rename(folder / "arrived")
    watch.until(lambda: len(watch.paths) == 300)
    assert (folder / "arrived").exists()
    assert set(watch.paths.values()) == {1}


def test_links_mapped_writes_and_nameless_files_are_seen(start: Start, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("outside")
    watch = start()
    os.link(tmp_path / "outside.txt", folder / "linked.txt")
    with open(folder / "mapped.bin", "w+b") as file:
        file.truncate(4096)
        with mmap.mmap(file.fileno(), 4096) as memory:
            memory[:5] = b"bytes"
    nameless = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
    os.write(nameless, b"late name")
    os.link(f"/proc/self/fd/{nameless}", folder / "named.txt", src_dir_fd=nameless, follow_symlinks=True)
    os.close(nameless)
    watch.until(lambda: {"linked.txt", "mapped.bin", "named.txt"} <= set(watch.paths))
    mapped = watch.bodies["mapped.bin"]
    assert mapped is not None
    assert mapped[:5] == b"bytes"
    assert watch.bodies["named.txt"] == b"late name"


def test_exchanged_files_are_both_seen_again(start: Start, folder: Path) -> None:
    (folder / "a").write_text("first")
    (folder / "b").write_text("second")
    watch = start()
    watch.until(lambda: len(watch.paths) == 2)
    exchange = 2
    done = ctypes.CDLL(None).renameat2(-100, bytes(folder / "a"), -100, bytes(folder / "b"), exchange)
    if done != 0:
        pytest.skip("this file system exchanges no names")
    watch.until(lambda: watch.bodies == {"a": b"second", "b": b"first"})


def test_a_file_removed_after_closing_is_read_or_recorded_as_vanished(start: Start, folder: Path) -> None:
    watch = start()
    for number in range(200):
        path = folder / f"{number}.txt"
        path.write_text("short-lived")
        path.unlink()
    watch.until(lambda: len(watch.paths) == 200)
    assert {file.method for file in watch.files} <= {Method.VANISHED, Method.UNLINKED}
    assert all(watch.bodies[file.path] in (None, b"short-lived") for file in watch.files)


def test_a_file_held_open_after_closing_survives_its_name(start: Start, folder: Path) -> None:
    watch = start(settings=Files(quiet_after_close_s=1.0))
    (folder / "clip.wav").write_bytes(b"sound")
    time.sleep(0.5)
    (folder / "clip.wav").unlink()
    watch.until(lambda: bool(watch.files))
    assert watch.files[0].method is Method.UNLINKED
    assert watch.bodies["clip.wav"] == b"sound"
    assert watch.files[0].is_unchanged()


def test_a_file_still_being_written_waits(start: Start, folder: Path) -> None:
    watch = start()
    with open(folder / "long.bin", "wb", buffering=0) as file:
        for _ in range(12):
            file.write(b"0123456789")
            time.sleep(0.1)
        assert not watch.files
    watch.until(lambda: bool(watch.files))
    assert watch.bodies["long.bin"] == b"0123456789" * 12


def test_links_pipes_and_left_out_names_are_never_opened(start: Start, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    private = folder / "private"
    private.mkdir()
    watch = start(exclude=(private,))
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    os.mkfifo(folder / "pipe")
    (folder / ".earwitness.tmp").write_text("own")
    (private / "diary.txt").write_text("mine")
    (folder / "plain.txt").write_text("plain")
    watch.until(lambda: bool(watch.files))
    time.sleep(2.0)
    assert set(watch.paths) == {"plain.txt"}
    assert not watch.gaps


def test_a_missing_folder_is_a_gap_and_watched_when_it_returns(start: Start, folder: Path) -> None:
    (folder / "before.txt").write_text("before")
    watch = start()
    watch.until(lambda: watch.paths["before.txt"] == 1)
    shutil.rmtree(folder)
    watch.until(lambda: "folder missing" in watch.causes())
    folder.mkdir()
    (folder / "early.txt").write_text("early")
    watch.until(lambda: "folder was missing" in watch.causes())
    (folder / "later.txt").write_text("later")
    watch.until(lambda: {"early.txt", "later.txt"} <= set(watch.paths))
    gap = next(gap for gap in watch.gaps if gap.cause == "folder was missing")
    assert gap.start < gap.end
    assert gap.channel == "removable"


def test_a_folder_that_was_never_there_does_not_keep_the_others_from_working(
    start: Start, folder: Path, tmp_path: Path
) -> None:
    watch = start(Folder(role="share", path=tmp_path / "absent"), Folder(role="outbox", path=folder))
    (folder / "mail.eml").write_text("mail")
    watch.until(lambda: bool(watch.files))
    assert watch.files[0].role == "outbox"
    assert watch.causes() == {"folder missing"}


def test_an_inner_folder_has_its_own_role(start: Start, folder: Path) -> None:
    (folder / "sync").mkdir()
    watch = start(Folder(role="work", path=folder), Folder(role="cloud_sync", path=folder / "sync"))
    (folder / "a.txt").write_text("a")
    (folder / "sync" / "b.txt").write_text("b")
    watch.until(lambda: len(watch.files) == 2)
    time.sleep(1.0)
    assert sorted((file.role, file.path) for file in watch.files) == [("cloud_sync", "b.txt"), ("work", "a.txt")]


def test_names_that_are_no_text_are_handed_on_as_text_and_exact_uris(start: Start, folder: Path) -> None:
    watch = start()
    with open(os.path.join(os.fsencode(folder), b"bad\xff\x1bname.txt"), "wb") as file:
        file.write(b"x")
    watch.until(lambda: bool(watch.files))
    assert watch.files[0].path.encode() == b"bad\\xff\x1bname.txt"
    assert watch.files[0].uri.endswith("bad%FF%1Bname.txt")
    time.sleep(1.0)
    assert len(watch.files) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_what_may_not_be_read_is_a_gap_that_names_it(start: Start, folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o000)
    (folder / "closed.txt").write_text("x")
    (folder / "closed.txt").chmod(0o000)
    watch = start()
    watch.until(lambda: watch.causes() == {"folder unreadable", "file unreadable"})
    assert {gap.detail.partition(":")[0] for gap in watch.gaps} == {"closed", "closed.txt"}
    (folder / "closed").chmod(0o700)


def test_a_taker_that_fails_is_a_gap_and_the_sensor_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    gaps: list[Gap] = []
    seen: list[str] = []

    def take(file: SettledFile) -> None:
        seen.append(file.path)
        if len(seen) == 1:
            raise OSError("no space")

    settings = Files(quiet_after_scan_s=0.1, reconcile_every_s=0.5)
    sensor = FileSensor([Folder(role="work", path=folder)], settings, emit=take, gap=gaps.append, health=lambda _: None)
    sensor.start()
    deadline = time.monotonic() + PATIENCE_S
    while len(seen) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    sensor.stop()
    assert seen == ["a.txt", "a.txt"]
    assert [gap.cause for gap in gaps] == ["sighting not taken"]


def test_health_tells_of_each_folder(start: Start, folder: Path) -> None:
    watch = start()
    watch.until(lambda: any(health.state == "running" for health in watch.health))
    watch.sensor.stop()
    assert watch.health[0].state == "starting"
    assert watch.health[-1].state == "stopped"
    assert watch.health[-1].sensor == f"files:removable:{folder}"


def test_the_process_that_copied_a_file_is_named(start: Start, folder: Path) -> None:
    watch = start()
    pids = {}
    for number in range(10):
        copy = subprocess.Popen(["cp", "/etc/passwd", folder / f"taken{number}"])
        copy.wait()
        pids[f"taken{number}"] = copy.pid
    watch.until(lambda: len(watch.files) == len(pids))
    if not watch.files[0].known_by.startswith("fanotify"):
        assert watch.files[0].known_by == "file owner"
        pytest.skip("fanotify is not allowed here")
    assert {file.path: (file.process, file.pid) for file in watch.files} == {
        path: ("cp", pid) for path, pid in pids.items()
    }
    assert any("/cp < " in file.known_by for file in watch.files)  # it lives long enough to tell of its parents
