"""Small files that hold keys: written once, never over another; private ones are read only when nobody else can."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from forensics.errors import ConfigError, InputError

MOST_BYTES = 4096


def read(path: Path, *, is_secret: bool = False, most_bytes: int = MOST_BYTES) -> bytes:
    """The file's leading bytes.

    Raises InputError when it cannot be read, ConfigError for a secret one that others than its owner may read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise InputError(f"{path}: not a regular file")
            if is_secret and (status.st_mode & 0o077 or status.st_uid not in (0, os.geteuid())):
                raise ConfigError(f"{path}: others may read this private key; `chmod 600` it and make it yours alone")
            return file.read(most_bytes)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def write_new(path: Path, text: bytes, mode: int) -> None:
    """Write a file that is not there yet, to the disk. Raises InputError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with open(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
