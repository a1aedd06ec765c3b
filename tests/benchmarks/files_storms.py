"""The storms: what is there before, what happens, and the file names each watcher has to tell of, with their times."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CONTENT = b"recording " * 20
Closed = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """`before(folder, n)` runs before the watcher starts, `during` in front of it.

    `is_paused`: the watcher is stopped meanwhile. `watches`: how many it may have; 0 is as many as there are.
    """

    title: str
    during: Callable[[Path, int], Closed]
    before: Callable[[Path, int], None] = lambda folder, n: None
    after: Callable[[Path], None] = lambda folder: None
    is_paused: bool = False
    watches: int = 0


def write(path: Path | str) -> float:
    """Write a small file; the time it was closed."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    os.write(fd, CONTENT)
    os.close(fd)
    return time.monotonic()


def aside(folder: Path) -> Path:
    """A folder of the same file system that is not watched."""
    beside = folder.with_name(folder.name + ".aside")
    beside.mkdir(exist_ok=True)
    return beside


def folders(folder: Path, n: int) -> None:
    """One folder for a hundred files, 1000 at most, 400 at least."""
    for number in range(_folders(n)):
        (folder / f"d{number}").mkdir()


def _folders(n: int) -> int:
    return max(400, min(1000, n // 100))


def many_folders(folder: Path, n: int) -> Closed:
    count = _folders(n)
    return {f"f{each}": write(f"{folder}/d{each % count}/f{each}") for each in range(n)}


def new_folders(folder: Path, n: int) -> Closed:
    """mkdir -p of three levels, then files at once; six new folders for ten files."""
    closed = {}
    for start in range(0, n, 5):
        deep = folder / f"a{start}" / "b" / "c"
        deep.mkdir(parents=True)
        for each in range(start, min(n, start + 5)):
            closed[f"f{each}"] = write(deep / f"f{each}")
    return closed


def saves(folder: Path, n: int) -> Closed:
    """As editors save: write another name, rename."""
    closed = {}
    for each in range(n):
        write(folder / f"t{each}.tmp")
        os.rename(folder / f"t{each}.tmp", folder / f"f{each}")
        closed[f"f{each}"] = time.monotonic()
    return closed


def tree(folder: Path, n: int) -> None:
    """A tree with all files, not yet in the folder."""
    for start in range(0, n, 250):
        part = aside(folder) / "tree" / f"d{start}"
        part.mkdir(parents=True)
        for each in range(start, min(n, start + 250)):
            write(part / f"f{each}")


def move_tree(folder: Path, n: int) -> Closed:
    os.rename(aside(folder) / "tree", folder / "tree")
    return dict.fromkeys((f"f{each}" for each in range(n)), time.monotonic())


def sources(folder: Path, n: int) -> None:
    for each in range(n):
        write(aside(folder) / f"s{each}")


def link(folder: Path, n: int) -> Closed:
    closed = {}
    for each in range(n):
        os.link(aside(folder) / f"s{each}", folder / f"f{each}")
        closed[f"f{each}"] = time.monotonic()
    return closed


def unlinked(folder: Path, n: int) -> Closed:
    closed = {}
    for each in range(n):
        closed[f"f{each}"] = write(folder / f"f{each}")
        os.unlink(folder / f"f{each}")
    return closed


def flat(folder: Path, n: int) -> Closed:
    """All in one folder, as many as the kernel's queue cannot hold (two events a file at least)."""
    queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    return {f"f{each}": write(f"{folder}/f{each}") for each in range(max(n, queue // 2 + 1000))}


def mount(folder: Path, n: int) -> Closed:
    """A file system that comes after the start, with half of the files written at once and half a second later."""
    subprocess.run(["mount", "-t", "tmpfs", "none", str(folder / "stick")], check=True, capture_output=True)
    closed = {f"f{each}": write(folder / "stick" / f"f{each}") for each in range(n // 2)}
    time.sleep(1.0)
    return closed | {f"f{each}": write(folder / "stick" / f"f{each}") for each in range(n // 2, n)}


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", str(folder / "stick")], check=False, capture_output=True)


STORMS = {
    "folders": Storm(title="files in many folders", before=folders, during=many_folders),
    "mkdir": Storm(title="files in new folders, mkdir -p", during=new_folders),
    "moved": Storm(title="a tree moved in", before=tree, during=move_tree),
    "saves": Storm(title="saves by rename", during=saves),
    "links": Storm(title="hard links", before=sources, during=link),
    "unlinked": Storm(title="unlinked right after close", during=unlinked),
    "paused": Storm(title="watcher paused, kernel queue overflows", during=flat, is_paused=True),
    "limit": Storm(title="300 watches at most", before=folders, during=many_folders, watches=300),
    "mount": Storm(
        title="a file system mounted after the start",
        before=lambda folder, n: (folder / "stick").mkdir(),
        during=mount,
        after=unmount,
    ),
}
