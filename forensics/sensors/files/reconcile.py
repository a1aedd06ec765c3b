"""The whole of a folder against what is known of it: finds what no hint told of."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from forensics.sensors.files.private import Zones
from forensics.sensors.files.settled import Stamp, stamp_from


class Found(NamedTuple):
    """A regular file, with the stamp it has now."""

    path: str
    stamp: Stamp


class Folder(NamedTuple):
    """A folder that was listed."""

    path: str
    inode: int


class Unreadable(NamedTuple):
    """A folder or entry that could not be looked at, and what the system said."""

    path: str
    reason: str


Entry = Found | Folder | Unreadable


class Ignore:
    """What is left out: names, or with a slash ways below the root, that match a glob; whole folders; private zones."""

    def __init__(self, globs: Sequence[str], excluded: Sequence[str] = (), private: Zones | None = None) -> None:
        self._names = _pattern([glob for glob in globs if "/" not in glob])
        self._ways = _pattern([glob for glob in globs if "/" in glob])
        self._excluded = tuple(excluded)
        self.inner: tuple[str, ...] = ()
        """Folders that are roots by themselves for the time being."""
        self._private = private or Zones()

    def matches(self, root: str, path: str) -> bool:
        """Say whether a path below `root`, or any folder on the way to it, is left out."""
        names = path[len(root) :].strip("/").split("/")
        ways = ("/".join(names[:depth]) for depth in range(1, len(names) + 1))
        return (
            self._is_excluded(path)
            or self._private.cover(path)
            or (self._names is not None and any(map(self._names.match, names)))
            or (self._ways is not None and any(map(self._ways.match, ways)))
        )

    def matches_entry(self, root: str, name: str, path: str) -> bool:
        """The same for an entry of a folder that is itself not left out; cheaper."""
        if self._names is not None and self._names.match(name):
            return True
        if self._ways is not None and self._ways.match(path[len(root) :].strip("/")):
            return True
        return path in self._excluded or path in self.inner or self._private.cover(path)

    def _is_excluded(self, path: str) -> bool:
        excluded = self._excluded + self.inner if self.inner else self._excluded
        return any(path == folder or path.startswith(folder + "/") for folder in excluded)


def _pattern(globs: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(fnmatch.translate, globs))) if globs else None


def scan(root: str, ignore: Ignore, *, folder: str = "") -> Iterator[Entry]:
    """Every folder and regular file below `root`, or below `folder` in it; links are not followed.

    Listing is lazy: memory is bounded by one folder and the list of folders still to visit. A folder or entry that
    disappears in between is passed over, one that refuses is yielded as Unreadable; a missing `root` is Unreadable.
    """
    top = folder or root
    waiting = [top]
    while waiting:
        path = waiting.pop()
        try:
            status = os.lstat(path)
            entries = os.scandir(path)
        except (FileNotFoundError, NotADirectoryError) as error:
            if path == root:
                yield Unreadable(path, error.strerror or str(error))
            continue
        except OSError as error:
            yield Unreadable(path, error.strerror or str(error))
            continue
        with entries:
            if not stat.S_ISDIR(status.st_mode):
                continue
            yield Folder(path, status.st_ino)
            yield from _list(root, path, entries, ignore, waiting)


def _list(
    root: str, folder: str, entries: Iterator[os.DirEntry[str]], ignore: Ignore, waiting: list[str]
) -> Iterator[Entry]:
    try:
        for entry in entries:
            if ignore.matches_entry(root, entry.name, entry.path):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            except OSError as error:
                yield Unreadable(entry.path, error.strerror or str(error))
                continue
            if stat.S_ISDIR(status.st_mode):
                waiting.append(entry.path)
            elif stat.S_ISREG(status.st_mode):
                yield Found(entry.path, stamp_from(status))
    except OSError as error:
        yield Unreadable(folder, error.strerror or str(error))


class Reconciliation:
    """One pass over a folder, or a part of it, in steps: what is there and not known with just its stamp."""

    def __init__(self, root: str, ignore: Ignore, is_known: Callable[[str, Stamp], bool], *, folder: str = "") -> None:
        self.root = root
        self.folder = folder
        self.files = 0
        self.folders: set[int] = set()
        self.refused: set[str] = set()
        self.is_done = False
        self._entries = scan(root, ignore, folder=folder)
        self._is_known = is_known

    @property
    def is_whole(self) -> bool:
        """Say whether the pass is over the whole root."""
        return not self.folder

    def step(self, entries: int) -> list[Found | Unreadable]:
        """Look at up to `entries` more entries and return the unknown and the refused ones."""
        news: list[Found | Unreadable] = []
        for _ in range(entries):
            entry = next(self._entries, None)
            if entry is None:
                self.is_done = True
                break
            if isinstance(entry, Found):
                self.files += 1
                if not self._is_known(entry.path, entry.stamp):
                    news.append(entry)
            elif isinstance(entry, Folder):
                self.folders.add(entry.inode)
            else:
                self.refused.add(entry.path)
                news.append(entry)
        return news
