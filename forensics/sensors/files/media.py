"""Which mounts are ways out: media that are carried away, and other machines' folders."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from forensics.config import Role
from forensics.sensors.files.devices import LOOP_MAJOR, SYSTEM, identify, is_portable, number_of
from forensics.sensors.files.mounts import Mount

_SHARES = re.compile("afs|ceph|cifs|davfs|fuse.davfs2|fuse.sshfs|ncpfs|nfs|nfs4|smb3|smbfs")
_NO_FILES = re.compile(
    "autofs|binfmt_misc|bpf|cgroup|cgroup2|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|mqueue|nsfs|proc|pstore"
    "|rpc_pipefs|securityfs|sysfs|tracefs"
)
_OURS = frozenset(("/", "/boot", "/boot/efi", "/boot/firmware", "/efi", "/etc", "/home", "/root", "/usr", "/var"))
_PLUGGED = ("/media/", "/run/media/")
_WEAK = frozenset(("exfat", "fuse.exfat", "msdos", "vfat"))


class Place(NamedTuple):
    """A folder that came by itself. `name` is what its ledger is kept by, `facts` say in evidence what it is.

    `is_medium`: the same wherever it is mounted. `is_weak`: its files have neither lasting numbers nor change times.
    """

    role: Role
    name: str
    path: str
    device: str
    facts: Mapping[str, str]
    is_medium: bool = False
    is_weak: bool = False


def places(table: Iterable[Mount], wanted: tuple[str, ...], system: Path = SYSTEM) -> list[Place]:
    """The ways out of a mount table. `wanted`: `auto`, `shares`, or folders below which every mount is one.

    Of several mounts at one point the last is seen, and of one medium the first.
    """
    seen: dict[str, Place] = {}
    for mount in {mount.point: mount for mount in table}.values():
        place = _place(mount, wanted, system)
        if place is not None and place.name not in seen:
            seen[place.name] = place
    return list(seen.values())


def _place(mount: Mount, wanted: tuple[str, ...], system: Path) -> Place | None:
    if _NO_FILES.fullmatch(mount.kind):
        return None
    is_named = any(_is_below(mount.point, os.path.expanduser(each)) for each in wanted if each.startswith(("/", "~")))
    if _SHARES.fullmatch(mount.kind):
        is_ours = mount.point in _OURS | _homes()
        if not is_named and (is_ours or "shares" not in wanted):
            return None
        return Place(
            "share",
            mount.point,
            mount.point,
            mount.device,
            {"share.server": mount.source, "share.kind": mount.kind},
        )
    number = number_of(mount)
    if not is_named and ("auto" not in wanted or not _is_carried(mount, number, system)):
        return None
    identity = identify(mount, number, system)
    name = f"medium:{identity.uuid}{mount.root.rstrip('/')}" if identity.uuid else mount.point
    return Place(
        "removable",
        name,
        mount.point,
        mount.device,
        {**identity.facts, "medium.kind": mount.kind},
        is_medium=bool(identity.uuid),
        is_weak=mount.kind in _WEAK,
    )


def _is_carried(mount: Mount, number: str, system: Path) -> bool:
    if not number or number.partition(":")[0] == LOOP_MAJOR or mount.point in _OURS | _homes():
        return False
    return mount.point.startswith(_PLUGGED) or is_portable(number, system)


def _is_below(point: str, folder: str) -> bool:
    return point == folder or point.startswith(folder.rstrip("/") + "/")


@cache
def _homes() -> frozenset[str]:
    return frozenset(entry.pw_dir for entry in pwd.getpwall())
