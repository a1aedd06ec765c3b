"""Editions: the packs in force as they stood, copied into the store before anything is made of them.

What a worker loads, what was tried and what a finding names is then one state: packs that change meanwhile, or are half
written, are another edition. Editions stay, so that it can be said later by which rules something was found.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from forensics.custody.keys import VerifierKey
from forensics.errors import RuleError, StoreError
from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.pack import find_packs
from forensics.rulebook.signing import LEFT_OUT, SIGNATURE, check
from forensics.rulebook.source import read_bytes

FOLDER = "rules"
IN_FORCE, REFUSED = "rules", "rules refused"
"""The acts by which the log tells of them."""
MOST_FILES = 10_000
MOST_BYTES = 64 << 20
_NAME = re.compile(r"(\d{5,9})-([0-9a-f]{16})")

Stamp = tuple[tuple[str, int, int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One state of the packs. `generation` counts from 1 in each store; `digest` is of all names and bytes."""

    generation: int
    digest: str
    folder: Path

    @property
    def places(self) -> tuple[Path, ...]:
        """The packs, in their order."""
        return tuple(sorted(self.folder.glob("*/*")))


class Editions:
    """The editions of one store. For one writer.

    With `signers`, only packs that one of them signed are kept, but for the shipped one, which is part of the program.
    """

    def __init__(self, store: Path, signers: Sequence[VerifierKey] = ()) -> None:
        self._folder = store / FOLDER
        self._signers = signers

    def latest(self) -> Edition | None:
        """The edition with the highest number."""
        return max(self.all(), key=lambda each: each.generation, default=None)

    def all(self) -> Iterator[Edition]:
        """Every edition."""
        with suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                if named := _NAME.fullmatch(path.name):
                    yield Edition(generation=int(named[1]), digest=named[2], folder=path)

    def keep(self, places: Sequence[Path]) -> Edition:
        """Copy packs as they stand now; the latest edition when they stand as it does.

        Raises RuleError for what cannot be read or is too much, StoreError where it cannot be written.
        """
        files = list(_files(places))
        if self._signers:
            _check(files, places, self._signers)
        digest = _digest(files)
        latest = self.latest()
        if latest is not None and latest.digest == digest:
            return latest
        number = latest.generation + 1 if latest is not None else 1
        folder = self._folder / f"{number:05d}-{digest}"
        try:
            _write(folder, files)
        except OSError as error:
            raise StoreError(f"{self._folder}: {error.strerror}") from error
        return Edition(generation=number, digest=digest, folder=folder)

    def drop(self, edition: Edition) -> None:
        """Forget an edition that was never in force."""
        shutil.rmtree(edition.folder, ignore_errors=True)


def kept(editions: Editions, places: Sequence[Path]) -> tuple[Edition, Rulebook]:
    """Packs as they stand now, loaded from their edition. Raises RuleError, StoreError."""
    edition = editions.keep(places)
    try:
        return edition, Rulebook.load(edition.places)
    except RuleError as error:
        editions.drop(edition)
        raise RuleError(as_written(str(error), edition, places)) from error


def stamp(places: Sequence[Path]) -> Stamp:
    """What tells one state of the packs from another without reading them: names, numbers, sizes and times.

    Raises RuleError for what is there no more.
    """
    found = []
    for _, path in _paths(places):
        try:
            seen = path.stat()
        except OSError as error:
            raise RuleError(f"{path}: {error.strerror}") from error
        found.append((str(path), seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns))
    return tuple(found)


def as_written(message: str, edition: Edition, places: Sequence[Path]) -> str:
    """A message about a file of an edition as one about the file that it was copied from."""
    for number, place in enumerate(_packs(places)):
        message = message.replace(str(edition.folder / f"{number:02d}" / place.name), str(place))
    return message


def _packs(places: Sequence[Path]) -> list[Path]:
    return list(dict.fromkeys(pack.resolve() for place in places for pack in find_packs(place)))


def _paths(places: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """The files rules are made of: their name in an edition, and where they lie. Raises RuleError."""
    count = 0
    for number, pack in enumerate(_packs(places)):
        for path in sorted(_walked(pack)):
            count += 1
            if count > MOST_FILES:
                raise RuleError(f"{pack}: more than {MOST_FILES} files")
            inner = "" if pack.is_file() else f"/{path.relative_to(pack)}"
            yield f"{number:02d}/{pack.name}{inner}", path


def _walked(pack: Path) -> Iterator[Path]:
    """Regular files of a pack but hidden ones; links to folders are not followed."""
    if pack.is_file():
        yield pack
        return
    for folder, folders, files in os.walk(pack):
        is_top = Path(folder) == pack
        folders[:] = [name for name in folders if name[0] != "." and not (is_top and name in LEFT_OUT)]
        yield from (path for path in (Path(folder) / name for name in files if name[0] != ".") if path.is_file())


def _files(places: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    total = 0
    for name, path in _paths(places):
        total += path.stat().st_size if path.exists() else 0
        if total > MOST_BYTES:
            raise RuleError(f"{path}: rule packs of more than {MOST_BYTES >> 20} MiB")
        yield name, read_bytes(path)


def _check(files: Sequence[tuple[str, bytes]], places: Sequence[Path], signers: Sequence[VerifierKey]) -> None:
    """See that what was read is what was signed. Raises RuleError."""
    for number, pack in enumerate(_packs(places)):
        if pack == (rules_folder() / "starter").resolve():
            continue
        start = f"{number:02d}/{pack.name}/"
        mine = {name.removeprefix(start): data for name, data in files if name.startswith(start)}
        signature = mine.pop(SIGNATURE, b"")
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in mine.items()}
        check(pack, digests, signature, signers, left_out=LEFT_OUT)


def _digest(files: Sequence[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for name, data in files:
        digest.update(f"{name}\0{len(data)}\0".encode("utf-8", "surrogateescape") + data)
    return digest.hexdigest()[:16]


def _write(folder: Path, files: Sequence[tuple[str, bytes]]) -> None:
    """All files in a folder of that name, or nothing."""
    passing = folder.with_name(f".{folder.name}")
    shutil.rmtree(passing, ignore_errors=True)
    for name, data in files:
        path = passing / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(data)
    passing.rename(folder)
