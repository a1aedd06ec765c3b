"""What the file sensor hands on: one file that has come to rest, held open, with the stamp it had."""

from __future__ import annotations

import os
import pwd
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from forensics.config import Role
from forensics.content import Content

_PLAIN = re.compile(r"[\w.~/-]*", re.ASCII).fullmatch


class Stamp(NamedTuple):
    """What tells one state of a file from another; mtime can be set back, ctime cannot."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    def rested_s(self, now: float) -> float:
        """How long it has been so at least, in seconds, by its change time and `now` (Unix seconds).

        0 where change times may be rounded to seconds (FAT) or the clock was set back since.
        """
        return max(0.0, now - self.ctime_ns / 1e9) if self.ctime_ns % 1_000_000_000 else 0.0


class LaterError(Exception):
    """Raised by who takes a file: not now; a later pass shall find it again, and the taker says why."""


class Method(StrEnum):
    """How a file came to notice, and for the last six why it was not simply waited for."""

    CLOSED = "closed after writing"
    CREATED = "appeared"
    MOVED = "renamed"
    FOUND = "found by a scan"
    UNLINKED = "name removed while held open"
    REPLACED = "replaced while held open"
    STILL_OPEN = "at rest with a writer still open"
    STILL_CHANGING = "taken while still changing"
    VANISHED = "gone before it could be opened"
    UNREADABLE = "not to be read from where it lies"


_REMOVED = (Method.UNLINKED, Method.REPLACED)


@dataclass(slots=True, kw_only=True, eq=False)
class SettledFile:
    """One sighting of one state of one file below a watched folder. Not frozen, which would be three times as dear.

    `root` is the folder as configured and `path` the way below it: both always encode as UTF-8 (bytes that are no
    text appear as backslash escapes); `uri` names the file exactly. `content` holds the file open, one descriptor
    for as long as the object lives, or with `is_copy` what was read of it where it may soon not be read any more; it is
    None for a file that vanished before it could be opened, or that cannot be read, whose `stamp` is the last one seen,
    or None. `time` is when it settled, in seconds since the epoch; `user` is who did
    it or the owner, `process` and `pid` what did it, and `known_by` says how that is known and with which doubts.
    `facts` say which medium, share or sync client the folder is of; with `is_medium` the root is a file system that is
    the same under whatever path and device number it is mounted.
    """

    sensor: str
    role: Role
    root: str
    path: str
    uri: str
    stamp: Stamp | None
    content: Content | None
    time: float
    method: Method
    user: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    is_medium: bool = False
    process: str = ""
    pid: int = 0
    known_by: str = "unknown"
    is_copy: bool = False
    done: Callable[[], None] = field(default=lambda: None, compare=False, repr=False)
    """To be called once it is recorded, or nothing more is to come of it."""

    @property
    def size(self) -> int:
        """Bytes of the file as last seen; -1 when it was never looked at."""
        return self.stamp.size if self.stamp else -1

    @property
    def state(self) -> tuple[int, ...]:
        """What tells the state of the file from others, for as long as the root is what it is.

        It is that of the held file now, which may have been written to since it settled: asked after the content was
        read, it goes with what was read.
        """
        stamp = stamp_of(self.content) if self.content is not None and not self.is_copy else self.stamp
        if stamp is None:
            return ()
        state = stamp.device, stamp.inode, stamp.size, stamp.mtime_ns
        return state[2:] if self.is_medium else state

    def is_unchanged(self) -> bool:
        """Ask after reading the content whether it still is the state that was settled.

        When it is not, what was read may mix two states. Nothing needs to be done to see the new state: the sensor
        notices it by itself and hands it on as another sighting.
        """
        return self.is_copy or (self.content is not None and stamp_of(self.content) == self.stamp)

    def is_removed(self) -> bool:
        """Say whether the last name of the held file is gone: nothing but what was read will ever be known of it."""
        if self.is_copy:
            return self.method in _REMOVED
        return self.content is not None and os.fstat(self.content.descriptor()).st_nlink == 0


def stamp_of(content: Content) -> Stamp:
    """The stamp, now, of the file that content holds open; raises InputError when its bytes are not at hand."""
    return stamp_from(os.fstat(content.descriptor()))


def stamp_from(status: os.stat_result) -> Stamp:
    """The stamp in a stat result."""
    return Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class Absent(Enum):
    """Why a look shows no stamp: no such file, or something that is never opened (link, folder, pipe, device)."""

    MISSING = auto()
    OTHER = auto()


def look(path: str) -> Stamp | Absent:
    """The stamp of a regular file, not following a link."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return Absent.MISSING
    except OSError:
        return Absent.OTHER
    return stamp_from(status) if stat.S_ISREG(status.st_mode) else Absent.OTHER


def as_text(path: str) -> str:
    """A path that always encodes as UTF-8; bytes that are no text become backslash escapes."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path).decode("utf-8", "backslashreplace")
    return path


def as_uri(path: str) -> str:
    """The file URI of an absolute path, exact for any bytes."""
    return "file://" + (path if _PLAIN(path) else quote(os.fsencode(path)))


@lru_cache(maxsize=1024)
def user_name(uid: int) -> str:
    """The name of a user, or the number where the system knows none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
