"""Reading a pack's files; whatever goes wrong is a RuleError that begins with the file and, inside it, the line."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from pathlib import Path

from forensics.errors import RuleError

MOST_BYTES = 32 << 20
"""The largest file of a pack that is read: twenty thousand rules take half of it."""
_COMPILED = b"YARA"
_ID = re.compile(r'^[ \t]*id[ \t]*=[ \t]*"((?:[^"\\\n]|\\.){1,200})"', re.MULTILINE)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_MOST_REFUSED = 50
"""Headings within a text of several lines that are tried: each costs a reading of all before it."""


def read_bytes(path: Path) -> bytes:
    """The bytes of a file of a pack. Raises RuleError, also for a pipe and for one larger than rule files are."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise RuleError(f"{path}: no regular file")
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise RuleError(f"{path}: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise RuleError(f"{path}: larger than rule files may be, {MOST_BYTES >> 20} MiB")
    return data


def read_text(path: Path) -> str:
    """The text of a file of a pack. Raises RuleError, with the line of the first byte that does not belong in it."""
    data = read_bytes(path)
    if data.startswith(_COMPILED):
        raise RuleError(f"{path}:1: compiled rules, which are never loaded: the pack needs their source")
    if data.startswith(_UTF_16):
        raise RuleError(f"{path}:1: UTF-16, not UTF-8")
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(0)) + 1
        raise RuleError(f"{path}:{line}: a NUL byte, which no text has")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise RuleError(f"{path}:{line}: not UTF-8") from error


def read_toml(path: Path) -> dict[str, object]:
    """Parse a TOML file of a pack. Raises RuleError with the line."""
    text = read_text(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        line = message.rpartition("(at line ")[2].partition(",")[0]
        last = len(text.splitlines()) or 1  # it says `at end of document`
        raise RuleError(f"{path}:{line if line.isdigit() else last}: {message}") from error


def ids_in(path: Path) -> list[str]:
    """The ids that a file of rules says, whether it loads or not."""
    try:
        return list(dict.fromkeys(_ID.findall(read_text(path))))
    except RuleError:
        return []


def line_of_key(text: str, key: str) -> int:
    """The line, from 1, where sound TOML sets a key of the top level or opens its table; 1 where none is found."""
    name = re.escape(key)
    setting = re.compile(rf"^[ \t]*\[{{0,2}}[ \t]*(?:{name}|\"{name}\"|'{name}')[ \t]*[=.\]]", re.MULTILINE)
    for found in setting.finditer(text):
        if _is_whole(text[: found.start()]):
            return text.count("\n", 0, found.start()) + 1
    return 1


def lines_of_tables(text: str, name: str) -> list[int]:
    """The lines, from 1, where sound TOML opens each `[[name]]` table, as far as few stand within texts."""
    heading = re.compile(rf"^[ \t]*\[\[[ \t]*{re.escape(name)}[ \t]*\]\]", re.MULTILINE)
    lines: list[int] = []
    read, line, refused = 0, 1, 0
    for found in heading.finditer(text):
        if _is_whole(text[read : found.start()]):
            line += text.count("\n", read, found.start())
            read = found.start()
            lines.append(line)
        elif (refused := refused + 1) > _MOST_REFUSED:
            break
    return lines


def _is_whole(text: str) -> bool:
    """Say whether TOML may end here: not within a text or a list of several lines."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
