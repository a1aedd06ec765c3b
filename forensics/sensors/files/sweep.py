"""Who has which file open for writing now, from /proc: the way without rights, for writers that still hold it."""

from __future__ import annotations

import os
import stat
from collections.abc import Container, Iterator

from forensics.sensors.files.mounts import is_afar, mounted

_ACCESS = 0o3


def writers(devices: Container[int], *, except_pid: int) -> Iterator[tuple[tuple[int, int], int]]:
    """(device, inode) and process of every regular file on these devices that is open for writing.

    Processes of other users are left out unless the rights suffice, and so is what they hold on file systems that are
    far away: to look at it may take for ever.
    """
    afar = tuple(mount.point.rstrip("/") + "/" for mount in mounted() if is_afar(mount.kind))
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == except_pid:
            continue
        folder = f"/proc/{name}/fd"
        try:
            numbers = os.listdir(folder)
        except OSError:
            continue
        for number in numbers:
            try:
                if afar and os.readlink(f"{folder}/{number}").startswith(afar):
                    continue
                status = os.stat(f"{folder}/{number}")
                if stat.S_ISREG(status.st_mode) and status.st_dev in devices and _is_written(name, number):
                    yield (status.st_dev, status.st_ino), int(name)
            except OSError:
                continue


def _is_written(pid: str, number: str) -> bool:
    """Say whether a descriptor was opened for writing (proc_pid_fdinfo(5)); OSError when it has gone."""
    with open(f"/proc/{pid}/fdinfo/{number}", "rb") as info:
        for line in info:
            if line.startswith(b"flags:"):
                return bool(int(line.split()[1], 8) & _ACCESS)
    return False
