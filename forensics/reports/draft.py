"""A folder that is written beside its place and put there as a whole, or not at all; nothing is written over."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from forensics.errors import InputError


class Draft:
    """Files of an export that is not yet done; what is left when an error ends it is taken away.

    `digests` are the SHA-256 of the files by their path in the folder, `/` between, in the order they were added.
    Raises InputError when the place is taken or cannot be written to.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.digests: dict[str, str] = {}
        self.size = 0
        self._folder = place.with_name(f".{place.name}.{os.getpid()}.partial")
        self._is_done = False

    def __enter__(self) -> Draft:
        if os.path.lexists(self.place):
            raise InputError(f"{self.place}: is there already; an export never writes over anything")
        try:
            self._folder.mkdir(mode=0o700)
        except OSError as error:
            raise InputError(f"{self._folder}: {error.strerror}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._is_done:
            shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, path: str, pieces: Iterable[str | bytes]) -> str:
        """Write one file, for its owner alone, as far as the disk; returns its SHA-256 in hexadecimal."""
        digest = hashlib.sha256()
        target = self._folder / path
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(fd, "wb") as file:
                for piece in pieces:
                    data = piece.encode() if isinstance(piece, str) else piece
                    digest.update(data)
                    self.size += file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InputError(f"{target}: {error.strerror}") from error
        self.digests[path] = digest.hexdigest()
        return self.digests[path]

    def finish(self) -> None:
        """Put the folder in its place."""
        try:
            if os.path.lexists(self.place):
                raise InputError(f"{self.place}: is there already; an export never writes over anything")
            self._folder.rename(self.place)
            self._is_done = True
            fd = os.open(self.place.parent, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
        except OSError as error:
            raise InputError(f"{self.place}: {error.strerror}") from error
