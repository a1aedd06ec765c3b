"""A canary as a file in a watched folder: written there under a name that says what it is, and removed again."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 1 << 20
MOST_LEFT: Final = 1000
_NAME: Final = re.compile(r"earwitness-selfcheck-[0-9a-f]{16}\.zip")


def name_of(nonce: str) -> str:
    """The file name of a canary; hidden ones and those of this program may be left out by `files.ignore`."""
    return f"earwitness-selfcheck-{nonce}.zip"


def write(folder: Path, name: str, content: bytes) -> None:
    """Make a new file. Raises OSError, and leaves nothing behind then."""
    path = folder / name
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def remove(folder: Path, is_ours: Callable[[str], bool], *, only: str = "") -> int:
    """Remove the canaries that lie in a folder, or the one of that name; returns how many.

    Only regular files go that have a canary's name and whose SHA-256 is ours: what somebody put in their place stays.
    """
    names = [only] if only else _names(folder)
    return sum(_removed(folder / name, is_ours) for name in names)


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            found = (entry.name for entry in entries if _NAME.fullmatch(entry.name))
            return [name for name, _ in zip(found, range(MOST_LEFT), strict=False)]
    except OSError:
        return []


def _removed(path: Path, is_ours: Callable[[str], bool]) -> bool:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            content = file.read(MOST_BYTES + 1)
        if not is_ours(hashlib.sha256(content).hexdigest()):
            return False
        path.unlink()
    except OSError:
        return False
    return True
