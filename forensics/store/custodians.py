"""The custodians of a store: a folder with a public file for each, from which sealing takes its keys."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from forensics.errors import InputError, Malformed, StoreError
from forensics.sealing import keyfiles
from forensics.sealing.custodian import Custodian, is_name
from forensics.sealing.shares import MOST_SHARES, THRESHOLD

FOLDER = "custodians"
SUFFIX = ".pub"
SUBJECT = "custodian:"
"""How the log names a custodian; the detail of an act has the fingerprint."""
ADDED, REMOVED = "custodian added", "custodian removed"
TOO_FEW = "there are fewer than two custodians to seal it for"


class Custodians:
    """The folder of one store; follows what other processes change there."""

    def __init__(self, store: Path) -> None:
        self._folder = store / FOLDER
        self._stamp = -1
        self._people: tuple[Custodian, ...] = ()

    @staticmethod
    def are_enough(people: Sequence[Custodian]) -> bool:
        """Say whether content can be sealed for these."""
        return len(people) >= THRESHOLD

    def all(self) -> tuple[Custodian, ...]:
        """The custodians, by name. Raises StoreError for a file that is none: nobody knows who was meant."""
        try:
            stamp = self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StoreError(f"{self._folder}: {error.strerror}") from error
        if stamp != self._stamp:
            self._people = tuple(self._read(path) for path in sorted(self._folder.glob(f"*{SUFFIX}")))
            self._stamp = stamp
        return self._people

    def why_not(self) -> str:
        """Why nothing can be kept now; empty when it can."""
        try:
            return "" if self.are_enough(self.all()) else TOO_FEW
        except StoreError as error:
            return str(error)

    def add(self, person: Custodian) -> None:
        """Take one on. Raises InputError when one of that name or with these keys is there, StoreError."""
        known = self.all()
        if any(person.fingerprint == other.fingerprint for other in known):
            raise InputError(f"{person.name}: these keys are a custodian's already")
        if len(known) == MOST_SHARES:
            raise InputError(f"{MOST_SHARES} custodians are the most there can be")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self._folder}: {error.strerror}") from error
        keyfiles.write_new(self._folder / f"{person.name}{SUFFIX}", person.text, 0o600)
        self._stamp = -1

    def remove(self, name: str) -> Custodian:
        """Seal nothing more for that one. Raises InputError when there is none of that name."""
        gone = next((person for person in self.all() if person.name == name), None)
        if gone is None or not is_name(name):
            raise InputError(f"{name}: no custodian has that name")
        try:
            os.unlink(self._folder / f"{name}{SUFFIX}")
        except OSError as error:
            raise StoreError(f"{self._folder}: {error.strerror}") from error
        self._stamp = -1
        return gone

    def _read(self, path: Path) -> Custodian:
        try:
            person = Custodian.parse(keyfiles.read(path))
        except (Malformed, InputError) as error:
            raise StoreError(f"{path}: {error}") from error
        if f"{person.name}{SUFFIX}" != path.name:
            raise StoreError(f"{path}: holds the keys of {person.name}")
        return person
