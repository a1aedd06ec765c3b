"""What the system knows of the device behind a mount: may it be carried away, and which one is it.

From sysfs, udev's database where it runs, and else libblkid (the one door to it), which reads the superblock.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from forensics.sensors.files.mounts import Mount

LOOP_MAJOR = "7"
SYSTEM = Path("/")
_BUS = re.compile(r"/(usb\d+|fw\d+)/")
_MOST_LAYERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What tells one medium from another; each is empty where the system does not tell."""

    uuid: str = ""
    label: str = ""
    vendor: str = ""
    model: str = ""
    serial: str = ""

    @property
    def facts(self) -> dict[str, str]:
        """For evidence: `medium.uuid`, `medium.label` and so on, without the empty ones."""
        return {f"medium.{name}": value for name, value in asdict(self).items() if value}


def number_of(mount: Mount) -> str:
    """The block device behind a mount as major:minor; empty when there is none (tmpfs, a server, a program)."""
    if not mount.device.startswith("0:"):
        return mount.device
    with suppress(OSError):  # btrfs counts its devices itself, and says in `source` which one it is
        rdev = os.stat(mount.source).st_rdev if mount.source.startswith("/dev/") else 0
        return f"{os.major(rdev)}:{os.minor(rdev)}" if rdev else ""
    return ""


def is_portable(number: str, system: Path = SYSTEM) -> bool:
    """Say whether a block device, or one that it lies on (LUKS), is made to be carried away.

    That is a removable disk, one on USB or FireWire, or an SD card; not eMMC, which is soldered on.
    """
    return any(_is_portable_disk(disk) for disk in _disks(_folder(number, system), _MOST_LAYERS))


def identify(mount: Mount, number: str, system: Path = SYSTEM) -> Identity:
    """Who the medium of a mount is; never raises."""
    known = _udev(number, system)
    disk = next((disk for disk in _disks(_folder(number, system), _MOST_LAYERS)), None)
    own = _from_sysfs(disk) if disk is not None else Identity()
    if "ID_FS_UUID" not in known and number:
        known = {**known, **_superblock(_node(mount, number, system))}
    return Identity(
        uuid=_clean(known.get("ID_FS_UUID", "")),
        label=_clean(known.get("ID_FS_LABEL", "")),
        vendor=own.vendor or _clean(known.get("ID_VENDOR", "")),
        model=own.model or _clean(known.get("ID_MODEL", "")),
        serial=own.serial or _clean(known.get("ID_SERIAL_SHORT", "")),
    )


def _folder(number: str, system: Path) -> Path:
    return Path(os.path.realpath(system / "sys/dev/block" / number)) if number else system / "sys/dev/block/none"


def _disks(folder: Path, layers: int) -> Iterator[Path]:
    """The disks below a device: itself or the disk of which it is a part, and through what is stacked on it."""
    below = list((folder / "slaves").glob("*")) if layers else []
    for each in below:
        yield from _disks(Path(os.path.realpath(each)), layers - 1)
    if not below and folder.is_dir():
        yield folder.parent if (folder / "partition").exists() else folder


def _is_portable_disk(disk: Path) -> bool:
    is_on_bus = _BUS.search(f"{disk}/") is not None
    return is_on_bus or _text(disk / "removable") == "1" or _text(disk / "device/type") in ("SD", "SDcombo")


def _from_sysfs(disk: Path) -> Identity:
    device = Path(os.path.realpath(disk / "device"))
    usb = next((up for up in (device, *device.parents) if (up / "idVendor").exists()), None)
    vendor, model = _text(device / "vendor"), _text(device / "model") or _text(device / "name")
    serial = _text(device / "serial")
    if usb is not None:
        vendor = vendor or _text(usb / "manufacturer")
        model, serial = model or _text(usb / "product"), _text(usb / "serial") or serial
    return Identity(vendor=vendor, model=model, serial=serial)


def _udev(number: str, system: Path) -> dict[str, str]:
    lines = _text(system / "run/udev/data" / f"b{number}", most=1 << 16).splitlines() if number else []
    pairs = (line[2:].partition("=") for line in lines if line.startswith("E:"))
    return {name: value for name, _, value in pairs}


def _node(mount: Mount, number: str, system: Path) -> str:
    with suppress(OSError):
        rdev = os.stat(mount.source).st_rdev
        if f"{os.major(rdev)}:{os.minor(rdev)}" == number:
            return mount.source
    found = re.search(r"^DEVNAME=(.+)$", _text(_folder(number, system) / "uevent"), re.MULTILINE)
    return f"/dev/{found[1]}" if found else ""


@cache
def _blkid() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libblkid.so.1")
    except OSError:
        return None
    library.blkid_new_probe_from_filename.restype = ctypes.c_void_p
    library.blkid_new_probe_from_filename.argtypes = (ctypes.c_char_p,)
    library.blkid_do_safeprobe.argtypes = library.blkid_free_probe.argtypes = (ctypes.c_void_p,)
    library.blkid_probe_lookup_value.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p)
    return library


def _superblock(node: str) -> dict[str, str]:
    """What libblkid reads off the device; nothing without the right to read it."""
    library = _blkid()
    if library is None or not os.access(node, os.R_OK):
        return {}
    probe = library.blkid_new_probe_from_filename(os.fsencode(node))
    if not probe:
        return {}
    found: dict[str, str] = {}
    try:
        if library.blkid_do_safeprobe(probe) == 0:
            for name in ("UUID", "LABEL"):
                value = ctypes.c_char_p()
                if (
                    library.blkid_probe_lookup_value(probe, name.encode(), ctypes.byref(value), None) == 0
                    and value.value
                ):
                    found[f"ID_FS_{name}"] = value.value.decode("utf-8", "replace")
    finally:
        library.blkid_free_probe(probe)
    return found


def _text(path: Path, *, most: int = 256) -> str:
    try:
        with path.open("rb") as file:
            return file.read(most).decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _clean(text: str) -> str:
    """One line, whatever a medium's maker or owner wrote into it."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
