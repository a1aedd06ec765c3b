"""Going over a folder: what is there, what is left out, what refuses."""

from __future__ import annotations

import os
from pathlib import Path

from forensics.sensors.files.reconcile import Found, Ignore, Reconciliation, Unreadable
from forensics.sensors.files.settled import Absent, Stamp, look

ALL = Ignore(())


def tree(root: Path) -> None:
    (root / "a" / "b").mkdir(parents=True)
    (root / "one.txt").write_text("1")
    (root / "a" / "two.txt").write_text("22")
    (root / "a" / "b" / "three.txt").write_text("333")
    (root / "a" / "link.txt").symlink_to(root / "one.txt")
    (root / "a" / "round").symlink_to(root)
    os.mkfifo(root / "a" / "pipe")


def found(pass_: Reconciliation) -> dict[str, Stamp]:
    news: list[Found | Unreadable] = []
    while not pass_.is_done:
        news += pass_.step(2)
    assert not [entry for entry in news if isinstance(entry, Unreadable)]
    return {os.path.basename(entry.path): entry.stamp for entry in news if isinstance(entry, Found)}


def test_finds_regular_files_only_and_follows_no_link(tmp_path: Path) -> None:
    tree(tmp_path)
    pass_ = Reconciliation(str(tmp_path), ALL, lambda *_: False)
    assert {name: stamp.size for name, stamp in found(pass_).items()} == {"one.txt": 1, "two.txt": 2, "three.txt": 3}
    assert len(pass_.folders) == 3


def test_known_states_are_passed_over_and_new_states_are_not(tmp_path: Path) -> None:
    tree(tmp_path)
    known = {path: look(str(path)) for path in tmp_path.rglob("*.txt")}
    (tmp_path / "one.txt").write_text("4")
    pass_ = Reconciliation(str(tmp_path), ALL, lambda path, stamp: known.get(Path(path)) == stamp)
    assert set(found(pass_)) == {"one.txt"}
    assert pass_.files == 3


def test_a_rewrite_with_restored_times_is_a_new_state(tmp_path: Path) -> None:
    file = tmp_path / "clip.wav"
    file.write_text("first")
    before, times = look(str(file)), os.stat(file)
    file.write_text("other")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    after = look(str(file))
    assert isinstance(before, Stamp)
    assert isinstance(after, Stamp)
    assert (before.size, before.mtime_ns) == (after.size, after.mtime_ns)
    assert before != after


def test_globs_and_excluded_folders_are_left_out_at_any_depth(tmp_path: Path) -> None:
    tree(tmp_path)
    ignore = Ignore(["two*", "a/b/*"], [str(tmp_path / "private")])
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "diary.txt").write_text("mine")
    assert set(found(Reconciliation(str(tmp_path), ignore, lambda *_: False))) == {"one.txt"}
    assert ignore.matches(str(tmp_path), str(tmp_path / "a" / "two.txt"))
    assert ignore.matches(str(tmp_path), str(tmp_path / "private" / "deep" / "diary.txt"))
    assert not ignore.matches(str(tmp_path), str(tmp_path / "one.txt"))


def test_a_missing_root_is_reported_and_a_missing_part_is_not(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    assert isinstance(Reconciliation(gone, ALL, lambda *_: False).step(5)[0], Unreadable)
    assert Reconciliation(str(tmp_path), ALL, lambda *_: False, folder=gone).step(5) == []


def test_looks_tell_missing_from_not_a_file(tmp_path: Path) -> None:
    tree(tmp_path)
    assert look(str(tmp_path / "nothing")) is Absent.MISSING
    assert look(str(tmp_path / "a" / "pipe")) is Absent.OTHER
    assert look(str(tmp_path / "a" / "link.txt")) is Absent.OTHER
    assert look(str(tmp_path / "a")) is Absent.OTHER
