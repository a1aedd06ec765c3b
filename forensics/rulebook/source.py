"""Reading a pack's files; whatever goes wrong is a RuleError that begins with file and line."""

from __future__ import annotations

import tomllib
from pathlib import Path

from forensics.errors import RuleError


def read_bytes(path: Path) -> bytes:
    """The bytes of a file of a pack. Raises RuleError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RuleError(f"{path}:1: {error.strerror}") from error


def read_text(path: Path) -> str:
    """The text of a file of a pack. Raises RuleError, with the line of the first byte that is not UTF-8."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise RuleError(f"{path}:{line}: not UTF-8") from error


def read_toml(path: Path) -> dict[str, object]:
    """Parse a TOML file of a pack. Raises RuleError with the line."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        line = message.rpartition("(at line ")[2].partition(",")[0]
        raise RuleError(f"{path}:{line if line.isdigit() else 1}: {message}") from error
