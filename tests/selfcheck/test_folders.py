"""Canaries in folders: new files under plain names; what is removed is what was written and nothing else."""

import hashlib

import pytest

from forensics.selfcheck import folders

NAME = folders.name_of("0" * 16)


def test_only_its_own_files_are_removed(tmp_path):
    ours = {hashlib.sha256(content).hexdigest() for content in (b"a", b"b")}
    folders.write(tmp_path, NAME, b"a")
    folders.write(tmp_path, folders.name_of("1" * 16), b"b")
    (tmp_path / folders.name_of("2" * 16)).write_bytes(b"somebody's")
    (tmp_path / folders.name_of("3" * 16)).symlink_to(tmp_path / NAME)
    (tmp_path / folders.name_of("4" * 16)).mkdir()
    (tmp_path / "report.zip").write_bytes(b"a")
    assert folders.remove(tmp_path, ours.__contains__, only=NAME) == 1
    assert folders.remove(tmp_path, ours.__contains__) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [*(folders.name_of(each * 16) for each in "234"), "report.zip"]
    )
    assert folders.remove(tmp_path / "gone", ours.__contains__) == 0


def test_nothing_is_written_over_or_through_a_link(tmp_path):
    (tmp_path / "theirs").write_bytes(b"theirs")
    (tmp_path / NAME).symlink_to(tmp_path / "theirs")
    with pytest.raises(OSError, match="exists"):
        folders.write(tmp_path, NAME, b"a")
    assert (tmp_path / "theirs").read_bytes() == b"theirs"
