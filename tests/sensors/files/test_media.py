"""Which mounts are ways out and who they are, told from files laid out as the kernel lays them out."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.sensors.files.devices import identify, is_portable
from forensics.sensors.files.media import places
from forensics.sensors.files.mounts import Mount, parse

AUTO = ("auto", "shares")
USB = "devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host3/target3:0:0/3:0:0:0"


def lay(system: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (system / name).parent.mkdir(parents=True, exist_ok=True)
        (system / name).write_text(text)


def block(system: Path, number: str, folder: str) -> None:
    (system / "sys" / folder).mkdir(parents=True, exist_ok=True)
    (system / "sys/dev/block").mkdir(parents=True, exist_ok=True)
    (system / "sys/dev/block" / number).symlink_to(system / "sys" / folder)


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A machine with a disk, a USB stick, a LUKS volume on the stick, an SD card and soldered eMMC."""
    stick = f"{USB}/block/sdb"
    for number, folder in (
        ("8:1", "devices/pci0000:00/0000:00:17.0/ata1/host0/block/sda/sda1"),
        ("8:17", f"{stick}/sdb1"),
        ("253:0", "devices/virtual/block/dm-0"),
        ("179:1", "devices/platform/mmc0/mmc0:aaaa/block/mmcblk0/mmcblk0p1"),
        ("179:97", "devices/platform/mmc1/mmc1:0001/block/mmcblk1/mmcblk1p1"),
    ):
        block(tmp_path, number, folder)
    lay(
        tmp_path,
        {
            "sys/devices/pci0000:00/0000:00:17.0/ata1/host0/block/sda/sda1/partition": "1\n",
            "sys/devices/pci0000:00/0000:00:17.0/ata1/host0/block/sda/removable": "0\n",
            f"sys/{stick}/sdb1/partition": "1\n",
            f"sys/{stick}/removable": "1\n",
            f"sys/{USB}/vendor": "SanDisk \n",
            f"sys/{USB}/model": "Ultra           \n",
            "sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/idVendor": "0781\n",
            "sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/serial": "4C530001\n",
            "sys/devices/platform/mmc0/mmc0:aaaa/block/mmcblk0/mmcblk0p1/partition": "1\n",
            "sys/devices/platform/mmc0/mmc0:aaaa/block/mmcblk0/device/type": "SD\n",
            "sys/devices/platform/mmc1/mmc1:0001/block/mmcblk1/mmcblk1p1/partition": "1\n",
            "sys/devices/platform/mmc1/mmc1:0001/block/mmcblk1/device/type": "MMC\n",
            "run/udev/data/b8:17": "S:disk/by-uuid/1A2B-3C4D\nE:ID_FS_UUID=1A2B-3C4D\nE:ID_FS_LABEL=BACK\tUP\n",
        },
    )
    (tmp_path / "sys" / stick / "device").symlink_to(tmp_path / "sys" / USB)
    (tmp_path / "sys/devices/virtual/block/dm-0/slaves").mkdir()
    (tmp_path / "sys/devices/virtual/block/dm-0/slaves/sdb1").symlink_to(tmp_path / "sys" / stick / "sdb1")
    return tmp_path


@pytest.mark.parametrize(
    ("number", "expected"),
    [("8:1", False), ("8:17", True), ("253:0", True), ("179:1", True), ("179:97", False), ("9:9", False), ("", False)],
)
def test_a_disk_made_to_be_carried_away_is_told_from_one_that_stays(
    system: Path, number: str, *, expected: bool
) -> None:
    assert is_portable(number, system) is expected


def test_a_medium_is_named_by_its_file_system_and_its_device(system: Path) -> None:
    identity = identify(Mount("/x", "8:17", "/", "vfat", "/dev/none"), "8:17", system)
    assert identity.facts == {
        "medium.uuid": "1A2B-3C4D",
        "medium.label": "BACK UP",
        "medium.vendor": "SanDisk",
        "medium.model": "Ultra",
        "medium.serial": "4C530001",
    }


def test_the_ways_out_of_a_mount_table(system: Path) -> None:
    table = (
        Mount("/", "8:17", "/", "ext4", "/dev/sdb1"),
        Mount("/data", "8:1", "/", "ext4", "/dev/sda1"),
        Mount("/any/where", "8:17", "/", "vfat", "/dev/sdb1"),
        Mount("/again", "8:17", "/", "vfat", "/dev/sdb1"),
        Mount("/part", "8:17", "/DCIM", "vfat", "/dev/sdb1"),
        Mount("/media/ann/iso", "7:0", "/", "iso9660", "/dev/loop0"),
        Mount("/media/ann/disk", "8:1", "/", "ext4", "/dev/sda1"),
        Mount("/srv/team", "0:50", "/", "cifs", "//files/team"),
        Mount("/home", "0:51", "/", "nfs4", "server:/home"),
        Mount("/mnt/tmp", "0:52", "/", "tmpfs", "tmpfs"),
        Mount("/mnt/proc", "0:4", "/", "proc", "proc"),
    )
    found = places(table, AUTO, system)
    assert [(place.role, place.path, place.name, place.is_medium, place.is_weak) for place in found] == [
        ("removable", "/any/where", "medium:1A2B-3C4D", True, True),
        ("removable", "/part", "medium:1A2B-3C4D/DCIM", True, True),
        ("removable", "/media/ann/disk", "/media/ann/disk", False, False),
        ("share", "/srv/team", "/srv/team", False, False),
    ]
    assert found[-1].facts == {"share.server": "//files/team", "share.kind": "cifs"}
    assert [place.path for place in places(table, ("/mnt",), system)] == ["/mnt/tmp"]
    assert not places(table, (), system)


def test_a_mount_table_is_read_with_its_escapes_and_cut_lines() -> None:
    table = b"36 35 8:17 / /media/MY\\040STICK rw - vfat /dev/sdb1 rw\n37 35 0:4 /x\n"
    table += b"38 35 0:5 / /a rw a:1 b:2 - nfs s:/x\\134y rw"
    assert parse(table) == (
        Mount("/media/MY STICK", "8:17", "/", "vfat", "/dev/sdb1"),
        Mount("/a", "0:5", "/", "nfs", "s:/x\\y"),
    )
