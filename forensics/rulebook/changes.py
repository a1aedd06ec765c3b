"""What changed in packs since they were last looked at, and which rules that touches; by looking, not by loading."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from forensics.errors import InputError
from forensics.rulebook.cases import TESTS
from forensics.rulebook.pack import YARA_SUFFIXES
from forensics.rulebook.source import ids_in

MOST_FILES = 20_000
_MOST_DEPTH = 12
_SAMPLES = ("samples", TESTS)
Stamp = tuple[int, int, int]
"""Size in bytes, time of change in ns and inode: a file that differs in none of them is the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Files that came, changed or went, and the ids of rules that are to be tried again for it."""

    files: tuple[Path, ...]
    rules: tuple[str, ...]


def look(places: Sequence[Path], *, most: int = MOST_FILES) -> dict[Path, Stamp]:
    """Every file of the packs with its stamp. Raises InputError for more files than can be watched.

    Hidden files and folders are left out: editors keep their own there.
    """
    found: dict[Path, Stamp] = {}
    for place in places:
        for path, stamp in _files(place, 0) if place.is_dir() else _one(place):
            found[path] = stamp
            if len(found) > most:
                raise InputError(f"{place}: more than {most} files, which is more than can be watched")
    return found


def changed(before: Mapping[Path, Stamp], after: Mapping[Path, Stamp], places: Sequence[Path]) -> Changed:
    """What differs between two looks."""
    files = tuple(sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path)))
    rules = dict.fromkeys(id for path in files for id in _touched(path, places))
    return Changed(files=files, rules=tuple(rules))


def _touched(path: Path, places: Sequence[Path]) -> Iterator[str]:
    """The rule whose sample or case it is, or the rules in it."""
    for place in places:
        parts = path.relative_to(place).parts if path.is_relative_to(place) else ()
        at = next((number for number, part in enumerate(parts[:-2]) if part in _SAMPLES), None)
        if at is not None:
            yield parts[at + 1]
            return
    if path.suffix in (*YARA_SUFFIXES, ".toml"):
        yield from ids_in(path)


def _files(folder: Path, depth: int) -> Iterator[tuple[Path, Stamp]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth < _MOST_DEPTH:
                yield from _files(Path(entry.path), depth + 1)
        else:
            yield from _one(Path(entry.path))


def _one(path: Path) -> Iterator[tuple[Path, Stamp]]:
    try:
        stat = path.stat()
    except OSError:
        return
    yield path, (stat.st_size, stat.st_mtime_ns, stat.st_ino)
