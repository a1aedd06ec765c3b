"""Acts as the kernel tells them, made into hints: what happens to the paths of files and folders."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forensics.sensors.files.acts import Acts
from forensics.sensors.files.attribution import Attribution
from forensics.sensors.files.hint import Hint
from forensics.sensors.files.settled import Absent, look
from forensics.sensors.hearing import Hearing

ENOUGH_S = 60.0


class Told:
    """The hints of one watched folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.hints: list[Hint] = []
        self.hearing = Hearing()
        self.attribution = Attribution(self.hearing)
        self.acts = Acts(self.hearing, self.attribution)

    def start(self) -> bool:
        self.attribution.start()
        return self.acts.start(self.hints.extend, lambda cause, detail: pytest.fail(f"{cause}: {detail}"))

    def stop(self) -> None:
        self.acts.stop()
        self.attribution.stop()

    def until(self, claim: Callable[[set[Hint]], bool]) -> set[Hint]:
        deadline = time.monotonic() + ENOUGH_S
        while not claim(set(self.hints)) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert claim(set(self.hints)), self.hints
        return set(self.hints)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    root = tmp_path / "root"
    root.mkdir()
    told = Told(root)
    if not told.start():
        told.stop()
        pytest.skip("fanotify is not allowed here")
    assert told.acts.cover(str(root))
    yield told
    told.stop()


def closed(path: Path) -> Hint:
    return Hint("closed", str(path), "")


def test_files_in_new_folders_are_told_by_their_paths(told: Told) -> None:
    deep = told.root / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "clip.wav").write_bytes(b"x")
    os.link(deep / "clip.wav", told.root / "linked")
    wanted = {closed(deep / "clip.wav"), Hint("created", str(told.root / "linked"), "")}
    hints = told.until(lambda hints: wanted <= hints)
    assert not [hint for hint in hints if hint.kind == "folder"]


def test_what_lies_elsewhere_is_not_told(told: Told, tmp_path: Path) -> None:
    (tmp_path / "rooted").write_bytes(b"x")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "clip.wav").write_bytes(b"x")
    (told.root / "last").write_bytes(b"x")
    hints = told.until(lambda hints: closed(told.root / "last") in hints)
    assert {hint.path for hint in hints} == {str(told.root / "last")}


def test_renames_are_told_with_both_names_where_both_are_watched(told: Told, tmp_path: Path) -> None:
    for name in ("a", "c"):
        (told.root / name).write_bytes(b"x")
    (tmp_path / "in").write_bytes(b"x")
    (told.root / "a").rename(told.root / "b")
    (told.root / "c").rename(tmp_path / "out")
    (tmp_path / "in").rename(told.root / "in")
    wanted = {
        Hint("moved", str(told.root / "a"), str(told.root / "b")),
        Hint("deleted", str(told.root / "c"), ""),
        Hint("moved", "", str(told.root / "in")),
    }
    told.until(lambda hints: wanted <= hints)


def test_a_renamed_folder_has_its_new_path_at_once(told: Told, tmp_path: Path) -> None:
    (told.root / "a").mkdir()
    (told.root / "a" / "first").write_bytes(b"x")
    told.until(lambda hints: closed(told.root / "a" / "first") in hints)
    (told.root / "a").rename(told.root / "b")
    (told.root / "b" / "second").write_bytes(b"x")
    wanted = {Hint("folder", str(told.root / "a"), str(told.root / "b")), closed(told.root / "b" / "second")}
    told.until(lambda hints: wanted <= hints)
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree").rename(told.root / "tree")
    (told.root / "tree" / "deep" / "third").write_bytes(b"x")
    wanted = {Hint("folder", "", str(told.root / "tree")), closed(told.root / "tree" / "deep" / "third")}
    told.until(lambda hints: wanted <= hints)


def test_who_brought_a_folder_brought_what_was_in_it_but_not_what_came_later(told: Told, tmp_path: Path) -> None:
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "deep" / "clip").write_bytes(b"x")
    subprocess.run(["mv", tmp_path / "tree", told.root / "tree"], check=True)
    told.until(lambda hints: Hint("folder", "", str(told.root / "tree")) in hints)
    later = told.root / "tree" / "deep" / "later"
    time.sleep(0.02)  # longer than the ticks of a file system's clock
    later.write_bytes(b"own")
    told.until(lambda hints: closed(later) in hints)
    found = {}
    for path in (told.root / "tree" / "deep" / "clip", later):
        stamp = look(str(path))
        assert not isinstance(stamp, Absent)
        found[path.name] = told.attribution.of(str(path), stamp).process
    assert found == {"clip": "mv", "later": ""}


def test_the_same_file_system_at_another_place_is_told_by_the_path_of_the_root(told: Told, tmp_path: Path) -> None:
    (told.root / "a").mkdir()
    other = tmp_path / "other"
    other.mkdir()
    if subprocess.run(["mount", "--bind", told.root, other], capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        (other / "a" / "clip").write_bytes(b"x")
        told.until(lambda hints: closed(told.root / "a" / "clip") in hints)
    finally:
        subprocess.run(["umount", "-l", other], check=True)


def test_a_file_system_mounted_below_is_followed_and_can_be_unmounted(told: Told) -> None:
    stick = told.root / "stick"
    stick.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "none", stick], capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        assert told.acts.cover(str(told.root))
        (stick / "clip").write_bytes(b"x")
        told.until(lambda hints: closed(stick / "clip") in hints)
    finally:
        deadline = time.monotonic() + ENOUGH_S
        while subprocess.run(["umount", stick], capture_output=True, check=False).returncode:
            assert time.monotonic() < deadline


def test_a_root_with_a_file_system_that_names_no_entries_is_left_to_others(told: Told, tmp_path: Path) -> None:
    lower, upper, work, merged = (tmp_path / name for name in ("lower", "upper", "work", "root/merged"))
    for folder in (lower, upper, work, merged):
        folder.mkdir()
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    mount = ["mount", "-t", "overlay", "overlay", "-o", options, str(merged)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        assert not told.acts.cover(str(told.root))
        assert not told.acts.covers(str(told.root))
        assert not told.acts.cover(str(merged))
    finally:
        subprocess.run(["umount", "-l", merged], check=True)
    assert told.acts.cover(str(told.root))


def test_a_root_no_longer_covered_is_not_told(told: Told, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    assert told.acts.cover(str(second))
    told.acts.uncover(str(told.root))
    (told.root / "a").write_bytes(b"x")
    (second / "b").write_bytes(b"x")
    hints = told.until(lambda hints: closed(second / "b") in hints)
    assert {hint.path for hint in hints} == {str(second / "b")}
