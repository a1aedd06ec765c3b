"""A settled file as an observation."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from forensics.channels.folder import observation
from forensics.content import Content
from forensics.model import Direction
from forensics.sensors.files.settled import Method, SettledFile, Stamp, as_uri, stamp_of


def settled(path: Path, *, role: str = "removable") -> SettledFile:
    content = Content.at(path)
    return SettledFile(
        sensor=f"files:{role}:{path.parent}",
        role=role,  # type: ignore[arg-type]
        root=str(path.parent),
        path=path.name,
        uri=as_uri(str(path)),
        stamp=stamp_of(content),
        content=content,
        time=1_700_000_000.0,
        method=Method.CLOSED,
        user="contractor",
        known_by="file owner",
    )


def test_a_file_on_a_medium_is_leaving(tmp_path: Path) -> None:
    file = tmp_path / "clip one.wav"
    file.write_bytes(b"sound")
    seen = observation(settled(file), host="ws-7")
    assert (seen.channel, seen.name, seen.is_leaving, seen.direction) == ("removable", file.name, True, Direction.NONE)
    assert (seen.source, seen.destination) == ("", file.as_uri())
    assert (seen.subject.host, seen.subject.user, seen.subject.method) == ("ws-7", "contractor", "file owner")
    assert seen.content.bytes() == b"sound"


def test_who_did_it_is_named_as_far_as_known(tmp_path: Path) -> None:
    file = tmp_path / "clip.wav"
    file.write_bytes(b"sound")
    told = replace(settled(file), process="cp", pid=77, known_by="fanotify; /usr/bin/cp < bash")
    seen = observation(told, host="ws-7").subject
    assert (seen.process, seen.pid, seen.method) == ("cp", 77, "fanotify; /usr/bin/cp < bash")


def test_a_file_in_the_work_folder_is_not_leaving(tmp_path: Path) -> None:
    file = tmp_path / "clip.wav"
    file.write_bytes(b"sound")
    seen = observation(settled(file, role="work"), host="ws-7")
    assert (seen.is_leaving, seen.source, seen.destination) == (False, file.as_uri(), "")


def test_the_key_is_stable_and_tells_states_apart(tmp_path: Path) -> None:
    file = tmp_path / "clip.wav"
    file.write_bytes(b"sound")
    first = settled(file)
    again = replace(settled(file), time=1_800_000_000.0, method=Method.FOUND)
    assert observation(first, host="a").key == observation(again, host="a").key
    assert first.stamp is not None
    linked = replace(first, stamp=first.stamp._replace(ctime_ns=first.stamp.ctime_ns + 1))
    assert observation(first, host="a").key == observation(linked, host="a").key
    elsewhere = replace(first, path="other.wav")
    keys = [observation(each, host="a").key for each in (first, elsewhere)]
    os.utime(file, ns=(0, first.stamp.mtime_ns + 1))
    assert len({*keys, observation(settled(file), host="a").key}) == 3


def test_a_file_rewritten_before_it_was_read_is_the_state_that_was_read(tmp_path: Path) -> None:
    file = tmp_path / "clip.wav"
    file.write_bytes(b"sound")
    early = settled(file)
    file.write_bytes(b"other")
    assert observation(early, host="a").key == observation(settled(file), host="a").key


def test_a_vanished_file_is_an_observation_without_bytes(tmp_path: Path) -> None:
    file = tmp_path / "gone.wav"
    file.write_bytes(b"sound")
    last = Stamp(1, 2, 5, 3, 4)
    seen = observation(
        replace(settled(file), content=None, stamp=last, user="", known_by="unknown", method=Method.VANISHED),
        host="ws-7",
    )
    assert not seen.content.is_at_hand
    assert seen.content.size == 5
    assert seen.subject.method == "unknown"
    assert observation(replace(settled(file), content=None, stamp=None), host="a").content.size == 0
