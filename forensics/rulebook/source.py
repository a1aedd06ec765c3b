"""Reading a pack's files; whatever goes wrong is a RuleError that begins with the file and, inside it, the line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from forensics.errors import RuleError


def read_bytes(path: Path) -> bytes:
    """The bytes of a file of a pack. Raises RuleError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RuleError(f"{path}: {error.strerror}") from error


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


def line_of_key(text: str, key: str) -> int:
    """The line, from 1, where sound TOML sets a key of the top level or opens its table; 1 where none is found."""
    name = re.escape(key)
    setting = re.compile(rf"^[ \t]*\[{{0,2}}[ \t]*(?:{name}|\"{name}\"|'{name}')[ \t]*[=.\]]", re.MULTILINE)
    for found in setting.finditer(text):
        if _is_whole(text[: found.start()]):
            return text.count("\n", 0, found.start()) + 1
    return 1


def _is_whole(text: str) -> bool:
    """Say whether TOML may end here: not within a text or a list of several lines."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
