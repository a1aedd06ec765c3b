"""Kept content, once per digest, in envelopes that its custodians alone can open: the only door to those files.

`sealed/ab/cdef...`, named by HMAC-SHA256 of the digest under the store's own key, so that a name does not tell which
file it is: written beside, synced, renamed, the folder synced; only then does a row name it. A crash leaves at most a
partial envelope, which `sweep` removes at the next start. Files are the owner's alone. Nothing is ever written in
clear: with fewer than two custodians nothing is kept.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from forensics.content import Content
from forensics.errors import EarwitnessError, Malformed, StoreError
from forensics.pseudonyms import PERSON
from forensics.sealing import keyfiles
from forensics.sealing.envelope import KEY_BYTES, new_header, read_header, sealed
from forensics.store.custodians import TOO_FEW, Custodians
from forensics.store.room import Room

FOLDER, NAMES_FOLDER = "sealed", "people"
"""Where content lies, and names of people."""
NAMES_KEY = "names.key"
"""32 random bytes in the store's folder, which names of files are made with."""
_PARTIAL = ".partial-"


class NotKeptError(StoreError):
    """Content that could not be kept, and why; what is known about it is recorded all the same."""


class Blobs:
    """The sealed content of one store. `random` gives that many bytes nobody can foretell."""

    def __init__(
        self, store: Path, *, room: Room | None = None, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._store = store
        self._room = room or Room(store)
        self._folder = store / FOLDER
        self._random = random
        self.custodians = Custodians(store)

    def put(self, content: Content) -> str:
        """Seal the bytes; returns the path relative to the store. Keeping them again costs nothing.

        Raises NotKeptError when there are too few custodians, the bytes are gone or changed, or the disk is (nearly)
        full.
        """
        return self._kept(content)

    def put_name(self, content: Content, pseudonym: str) -> str:
        """Seal the name of somebody; returns the path relative to the store. Raises NotKeptError as `put` does."""
        return self._kept(content, pseudonym)

    def _kept(self, content: Content, pseudonym: str = "") -> str:
        try:
            people = self.custodians.all()
            if not self.custodians.are_enough(people):
                raise NotKeptError(TOO_FEW)
            address = f"{PERSON}{pseudonym}" if pseudonym else self._address(content.sha256)
            name = f"{pseudonym}.{content.sha256}"
            relative = Path(NAMES_FOLDER, name) if pseudonym else Path(FOLDER, address[:2], address[2:])
            final = self._store / relative
            if final.exists() and final.stat().st_size > content.size:
                return str(relative)
            self._leave_room(content.size)
            _make_folder(self._folder)
            _make_folder(final.parent)
            key = self._random(KEY_BYTES)
            header = new_header(address, content.sha256, people, key, self._random)
            self._write(sealed(_true_to(content), header=header, key=key), final)
        except (EarwitnessError, Malformed) as error:
            raise NotKeptError(str(error)) from error
        except OSError as error:
            is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            raise NotKeptError("disk full" if is_full else f"cannot be written: {error.strerror}") from error
        return str(relative)

    def open(self, relative: str) -> BinaryIO:
        """The envelope of that path. Raises StoreError when it is not there, or not below the store's folder."""
        path = Path(relative)
        if path.is_absolute() or ".." in path.parts or path.parts[:1] not in ((FOLDER,), (NAMES_FOLDER,)):
            raise StoreError(f"{relative}: no sealed content")
        try:
            return open(self._store / path, "rb")
        except OSError as error:
            raise StoreError(f"{relative}: the sealed content cannot be read: {error.strerror}") from error

    def destroy(self, relative: str) -> bool:
        """Overwrite the shares of the key, on the disk, and remove the envelope; says whether there was one.

        What is no envelope is overwritten whole. Raises StoreError when it cannot be done.
        """
        path = self._store / relative
        try:
            with open(os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW), "r+b", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                _overwrite(file, min(size, _start_of(file) or size))
            path.unlink()
            sync_folder(path.parent)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StoreError(f"{relative}: cannot be destroyed: {error.strerror}") from error
        return True

    def paths(self, *, before: float) -> Iterator[str]:
        """The envelopes that were written before that time (Unix seconds)."""
        for path in self._folder.glob("[0-9a-f][0-9a-f]/*"):
            with contextlib.suppress(FileNotFoundError):
                if path.lstat().st_mtime < before:
                    yield str(path.relative_to(self._store))

    def sweep(self) -> int:
        """Remove the partial files that no process is writing; returns how many."""
        count = 0
        for partial in self._folder.glob(f"{_PARTIAL}*"):
            with contextlib.suppress(OSError), open(partial, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                partial.unlink()
                count += 1
        return count

    def _address(self, sha256: str) -> str:
        """The name that content of this digest has here."""
        key = secret_of(self._store / NAMES_KEY, lambda: self._random(KEY_BYTES))
        return hmac.new(key, sha256.encode(), hashlib.sha256).hexdigest()

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
        if not self._room.has_for(size):
            raise OSError(errno.ENOSPC, "no room beside what must be recorded")

    def _write(self, pieces: Iterator[bytes], final: Path) -> None:
        fd, name = self._begin()
        try:
            with open(fd, "wb") as file:
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
                os.rename(name, final)
            sync_folder(final.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise


def secret_of(path: Path, make: Callable[[], bytes]) -> bytes:
    """The secret in a file of the store, which the first who asks makes. Raises InputError, ConfigError, OSError."""
    if not path.exists():
        whole = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        keyfiles.write_new(whole, make(), 0o600)
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(whole, path)
        whole.unlink()
        sync_folder(path.parent)
    return keyfiles.read(path, is_secret=True)


def sync_folder(folder: Path) -> None:
    """Have what was made, renamed or removed in the folder survive a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _true_to(content: Content) -> Iterator[bytes]:
    """The bytes, as long as they are those that were examined. Raises NotKeptError in the end when they are not."""
    digest = hashlib.sha256()
    for chunk in content.chunks():
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != content.sha256:
        raise NotKeptError("the bytes changed after they were examined")


def _start_of(file: BinaryIO) -> int:
    """How long the header of an envelope is; 0 when it is none."""
    try:
        return len(read_header(file).packed)
    except Malformed:
        return 0


def _overwrite(file: BinaryIO, size: int) -> None:
    file.seek(0)
    left = size
    while left:
        left -= file.write(bytes(min(left, 1 << 20)))
    os.fsync(file.fileno())


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)
