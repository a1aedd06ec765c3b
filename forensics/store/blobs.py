"""Kept content, once per digest, in files named by it: the only door to those bytes.

`content/ab/cdef...`: written beside, synced, renamed, the folder synced; only then does a row name it. A crash leaves
at most a partial file, which `sweep` removes at the next start. Files are the owner's alone.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from forensics.content import Content
from forensics.errors import InputError, StoreError

FOLDER = "content"
RESERVE_BYTES = 64 << 20
"""What keeping content leaves free for what is said about it (at most a twentieth of the file system)."""
_PARTIAL = ".partial-"


class NotKeptError(StoreError):
    """Content that could not be kept, and why; what is known about it is recorded all the same."""


class Blobs:
    """The content folder of one store."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._folder = store / FOLDER

    def put(self, content: Content) -> str:
        """Keep the bytes; returns their path relative to the store. Keeping them again costs nothing.

        Raises NotKeptError when the bytes are gone or changed, or the disk is (nearly) full.
        """
        sha256 = content.sha256
        relative = Path(FOLDER, sha256[:2], sha256[2:])
        final = self._store / relative
        try:
            if final.exists() and final.stat().st_size == content.size:
                return str(relative)
            self._leave_room(content.size)
            _make_folder(self._folder)
            _make_folder(final.parent)
            self._write(content, final)
        except InputError as error:
            raise NotKeptError(str(error)) from error
        except OSError as error:
            is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            raise NotKeptError("disk full" if is_full else f"cannot be written: {error.strerror}") from error
        return str(relative)

    def get(self, sha256: str) -> Content:
        """The kept bytes. Raises InputError when they are not there."""
        return Content.at(self._store / FOLDER / sha256[:2] / sha256[2:])

    def sweep(self) -> int:
        """Remove the partial files that no process is writing; returns how many."""
        count = 0
        for partial in self._folder.glob(f"{_PARTIAL}*"):
            with contextlib.suppress(OSError), open(partial, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                partial.unlink()
                count += 1
        return count

    def _begin(self) -> tuple[int, str]:
        """A new partial file, locked for as long as it is open, which tells it from what a killed process left."""
        while True:
            fd, name = tempfile.mkstemp(prefix=_PARTIAL, dir=self._folder)
            with contextlib.suppress(OSError):  # some network file systems know no locks
                fcntl.flock(fd, fcntl.LOCK_EX)
            if os.fstat(fd).st_nlink:
                return fd, name
            os.close(fd)  # swept by another process before it was locked

    def _leave_room(self, size: int) -> None:
        usage = shutil.disk_usage(self._store)
        if usage.free - size < min(RESERVE_BYTES, usage.total // 20):
            raise OSError(errno.ENOSPC, "no room beside what must be recorded")

    def _write(self, content: Content, final: Path) -> None:
        fd, name = self._begin()
        try:
            with open(fd, "wb") as file:
                digest = hashlib.sha256()
                for chunk in content.chunks():
                    digest.update(chunk)
                    file.write(chunk)
                if digest.hexdigest() != content.sha256:
                    raise NotKeptError("the bytes changed after they were examined")
                file.flush()
                os.fsync(file.fileno())
                os.rename(name, final)
            _sync_folder(final.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
