"""What the user named, as files: folders walked in a stable order, lists read line by line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forensics.errors import InputError

_MAX_LINE_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file to read: where it is and its path below what the user named, its own name last."""

    path: Path
    below: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a list: a clip id and its file, or what is wrong with the line."""

    number: int
    clip: str
    path: Path
    problem: str = ""


def files_of(path: Path) -> Iterator[File | OSError]:
    """The files of a folder in the order of their names, or the one file named; hidden ones are left out.

    Folders that cannot be listed are yielded as the error. Raises InputError when the path is not there.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if not path.is_dir():
        yield File(path=path, below=(path.name,))
        return
    errors: list[OSError] = []
    for folder, folders, names in os.walk(path, onerror=errors.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(folder).relative_to(path).parts
        for name in sorted(names):
            if not name.startswith(".") and (Path(folder) / name).is_file():
                yield File(path=Path(folder) / name, below=(*below, name))
    yield from errors


def lines_of(path: Path) -> Iterator[Line]:
    """The lines of a list `clip_id<TAB>path`; blank lines are left out. Raises InputError when it cannot be read.

    A relative path is looked for beside the list first, then in the working folder.
    """
    try:
        with path.open("rb") as stream:
            number = 0
            while raw := stream.readline(_MAX_LINE_BYTES):
                number += 1
                text = raw.decode("utf-8", "surrogateescape").removeprefix("\ufeff" if number == 1 else "")
                if text.strip():
                    yield _line(number, text.rstrip("\r\n"), path.parent)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def storable(text: str) -> str:
    """The text with bytes that are no UTF-8 replaced, so that the register can keep it."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").encode("utf-8", "replace").decode()


def _line(number: int, text: str, folder: Path) -> Line:
    clip, tab, name = text.partition("\t")
    clip = storable(clip.strip())
    if not tab or not clip or not name.strip() or "\0" in text:
        return Line(number=number, clip=clip, path=Path(), problem="not of the form clip_id<TAB>path")
    path = Path(name) if (folder / name).exists() or not Path(name).exists() else Path.cwd() / name
    return Line(number=number, clip=clip, path=folder / path)
