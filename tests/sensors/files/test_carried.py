"""What is known of a medium across mounts."""

from __future__ import annotations

from forensics.sensors.files.carried import Carried
from forensics.sensors.files.settled import Stamp

STATE = Stamp(device=1, inode=20, size=300, mtime_ns=4000, ctime_ns=5000)


def test_a_file_system_that_keeps_numbers_is_believed_them() -> None:
    carried = Carried({"a": STATE}, is_weak=False)
    assert carried.holds("a", STATE._replace(device=2))
    assert not carried.holds("a", STATE._replace(ctime_ns=5001))
    assert not carried.holds("a", STATE._replace(inode=21))
    assert not carried.holds("b", STATE)


def test_fat_is_asked_only_for_size_and_time_and_within_one_mount_for_all() -> None:
    carried = Carried({"a": STATE}, is_weak=True)
    again = STATE._replace(device=2, inode=99, ctime_ns=6000)
    assert carried.holds("a", again)
    assert carried.holds("a", again)
    assert not carried.holds("a", again._replace(ctime_ns=7000))
    carried.unmounted()
    assert carried.holds("a", again._replace(ctime_ns=7000))
    assert not carried.holds("a", again._replace(mtime_ns=1))


def test_what_is_handed_on_is_known_from_the_next_mount_on() -> None:
    carried = Carried({}, is_weak=False)
    carried.keep("a", STATE)
    carried.keep("b", STATE)
    carried.drop("b", STATE)
    assert not carried.holds("a", STATE)
    carried.unmounted()
    assert carried.holds("a", STATE._replace(device=7))
    assert not carried.holds("b", STATE)


def test_nothing_is_known_after_the_word_to_look_again() -> None:
    carried = Carried({"a": STATE}, is_weak=False)
    carried.keep("b", STATE)
    carried.unmounted()
    carried.look_again()
    assert not carried.holds("a", STATE)
    assert not carried.holds("b", STATE)
