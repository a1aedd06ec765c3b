"""Copies stay within their room, end when they are to, and never leave anything behind."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.sensors.files.copying import LARGE_BYTES, Copies, GivenUpError, NoRoomError, Room, copied
from forensics.sensors.files.settled import Method, SettledFile, Stamp

MIB = 1 << 20


def unread(size: int, name: str = "a") -> SettledFile:
    return SettledFile(
        sensor="files",
        role="share",
        root="share",
        path=name,
        uri=f"file:///{name}",
        stamp=Stamp(1, 2, size, 4, 5),
        content=None,
        time=0.0,
        method=Method.UNREADABLE,
    )


@pytest.fixture
def fd(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    os.pwrite(fd, b"words", 0)
    yield fd
    os.close(fd)


@pytest.mark.parametrize("size", [5, LARGE_BYTES + 5])
def test_a_copy_stays_what_it_was_and_lies_in_memory_alone(fd: int, size: int, tmp_path: Path) -> None:
    os.truncate(fd, size)
    copy = copied(fd, size, lambda: True)
    os.pwrite(fd, b"other", 0)
    assert (copy.size, copy.head(5)) == (size, b"words")
    assert "/memfd:" in os.readlink(f"/proc/self/fd/{copy.descriptor()}")
    assert os.listdir(tmp_path) == ["file"]


def test_what_memory_has_no_room_for_is_not_copied(fd: int) -> None:
    with pytest.raises(OSError, match="in memory"):
        copied(fd, 1 << 50, lambda: True)


def test_of_a_file_that_became_shorter_the_rest_is_copied(fd: int) -> None:
    assert copied(fd, MIB, lambda: True).bytes() == b"words"


def test_copies_wait_for_room_that_others_have_and_what_never_fits_is_refused(fd: int) -> None:
    copies = Copies(Room(small=8), lambda: True)
    content, done = copies.make(fd, unread(5))
    assert content.bytes() == b"words"
    with pytest.raises(NoRoomError):
        copies.make(fd, unread(5))
    done()
    with pytest.raises(OSError, match="too large") as refusal:
        copies.make(fd, unread(9))
    assert refusal.value.errno == errno.EFBIG
    copies.make(fd, unread(5))


def test_what_is_given_up_or_cannot_be_read_takes_no_room(fd: int, tmp_path: Path) -> None:
    room = Room(small=8)
    with pytest.raises(GivenUpError):
        Copies(room, lambda: False).make(fd, unread(5))
    unreadable = os.open(tmp_path / "file", os.O_WRONLY)
    copies = Copies(room, lambda: True)
    with pytest.raises(OSError, match="Bad file"):
        copies.make(unreadable, unread(5))
    os.close(unreadable)
    assert copies.unread is None
    assert copies.make(fd, unread(5))[0].size == 5


def test_that_a_state_cannot_be_read_is_news_once() -> None:
    copies = Copies(Room(), lambda: True)
    assert [copies.is_news(file) for file in (unread(5), unread(5), unread(6), unread(5, "b"))] == [
        True,
        False,
        True,
        True,
    ]
