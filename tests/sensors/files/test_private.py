"""What belongs to a private zone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from forensics.config import Files, Folder
from forensics.model import Gap
from forensics.sensors.files.private import Zones
from forensics.sensors.files.sensor import FileSensor
from forensics.sensors.files.settled import SettledFile


@pytest.mark.parametrize(
    ("zone", "path", "is_private"),
    [
        ("/home/*/Private", "/home/ann/Private/diary.txt", True),
        ("/home/*/Private", "/home/ann/Private", True),
        ("/home/*/Private", "/home/ann/Privately/diary.txt", False),
        ("*.kdbx", "/media/stick/keys.kdbx", True),
        ("*.kdbx", "/media/stick/keys.kdbx.d", False),
        ("Private", "/media/stick/Private/a/b", True),
        ("/srv/own/", "/srv/own/x", True),
        ("/srv/own", "/srv/owned", False),
    ],
)
def test_a_zone_holds_what_it_names_and_all_below(zone: str, path: str, is_private: bool) -> None:
    assert Zones([zone]).cover(path) is is_private


def test_no_zone_covers_nothing() -> None:
    assert not Zones().cover("/")


def test_a_zone_named_through_a_link_is_where_the_link_leads(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    zones = Zones([str(tmp_path / "link" / "*.key"), str(tmp_path / "link")])
    assert zones.cover(tmp_path / "real" / "a.key")
    assert zones.cover(tmp_path / "link" / "a.txt")
    assert zones.cover(tmp_path / "real" / "a.txt")


def test_the_sensor_opens_and_names_nothing_of_a_zone_and_says_so_once(tmp_path: Path) -> None:
    watched = tmp_path / "watched"
    for name in ("Private/diary.txt", "keys.kdbx", "plain.txt", "last.txt"):
        (watched / name).parent.mkdir(parents=True, exist_ok=True)
        (watched / name).write_text(name)
    files: list[SettledFile] = []
    gaps: list[Gap] = []
    has_both = threading.Event()

    def take(file: SettledFile) -> None:
        files.append(file)
        if len(files) == 2:
            has_both.set()

    zones = (str(watched / "Private"), "*.kdbx")
    sensor = FileSensor(
        [Folder(role="removable", path=watched), Folder(role="removable", path=watched / "Private")],
        Files(quiet_after_scan_s=0.2, private=zones),
        emit=take,
        gap=gaps.append,
        health=lambda _: None,
    )
    sensor.start()
    try:
        assert sensor.wait_until_watching(30.0)
        assert has_both.wait(30.0)
    finally:
        sensor.stop()
    assert {file.path for file in files} == {"plain.txt", "last.txt"}
    assert [gap.detail.partition(": ")[0] for gap in gaps if gap.cause == "private zone, not opened"] == list(zones)
    assert "diary" not in repr(gaps)
