"""The register as matchers read it: what was issued, to whom, and the indexes that recognise it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.database import Connection, DatabaseError, Row
from forensics.errors import Malformed, StoreError
from forensics.fingerprints.text.index import TextIndex, TextItem
from forensics.fingerprints.text.shingles import KEY_BYTES, TextPrint
from forensics.register.schema import FILE, check_engine, open_register

if TYPE_CHECKING:
    from forensics.fingerprints.audio.index import AudioIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One issued package. `recipient` is who got it, several in the order of issue, separated by a comma."""

    id: str
    programme: str
    recipient: str
    issued: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One registered thing. `kind`: clip, text or file; `role` of a text: source, candidate, target.

    `package` is the one it was first issued in; `Register.packages_of` names them all.
    """

    id: str
    kind: str
    package: str
    name: str
    sha256: str = ""
    role: str = ""
    seconds: float = 0.0
    words: int = 0


class Register:
    """A loaded, read-only register. Packages and items are in memory; an index is built when it is first asked for."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._signature = _signature(path)
        self._key = bytes(KEY_BYTES)
        self._items: dict[str, Item] = {}
        self._packages_of: dict[str, tuple[str, ...]] = {}
        self._by_digest: dict[str, tuple[Item, ...]] = {}
        self.packages: Mapping[str, Package] = {}
        self.generation = 0
        self.version = "none"

    @classmethod
    def empty(cls) -> Register:
        """A register in which nothing was ever registered."""
        return cls()

    @classmethod
    def load(cls, folder: Path) -> Register:
        """Read the register of a store folder; empty when there is none.

        Raises StoreError for a file that is no register, is damaged, or was made by another engine.
        """
        book = cls(folder / FILE)
        opened = open_register(folder / FILE)
        if opened is None:
            return book
        connection, header = opened
        try:
            check_engine(header, folder / FILE)
            connection.execute("BEGIN")
            book._read(connection)
        except (DatabaseError, IndexError) as error:
            raise StoreError(f"{folder / FILE}: cannot be read: {error}") from error
        finally:
            connection.close()
        return book

    @cached_property
    def audio(self) -> AudioIndex:
        """The registered clips, by their sound. Raises StoreError when the codes cannot be read."""
        from forensics.fingerprints.audio.index import AudioIndex  # compiles what it needs; only asked for sound

        with _damage_named(self._path):
            return AudioIndex.build((row["id"], row["codes"]) for row in self._blobs("audio"))

    @cached_property
    def text(self) -> TextIndex:
        """The registered passages, by their words. Raises StoreError when the shingles cannot be read."""
        with _damage_named(self._path):
            return TextIndex(self._key, [self._text_item(row) for row in self._blobs("texts")])

    def item(self, identity: str) -> Item | None:
        """The item with that id."""
        return self._items.get(identity)

    def package(self, identity: str) -> Package | None:
        """The package with that id."""
        return self.packages.get(identity)

    def packages_of(self, identity: str) -> tuple[str, ...]:
        """Every package an item was issued in, the first first."""
        return self._packages_of.get(identity, ())

    def items_of(self, package: str) -> tuple[Item, ...]:
        """Every item of a package, in the order of registration."""
        return tuple(item for item in self._items.values() if package in self._packages_of[item.id])

    def digest(self, sha256: str) -> tuple[Item, ...]:
        """The clips and files with exactly these bytes."""
        return self._by_digest.get(sha256, ())

    def __len__(self) -> int:
        return len(self._items)

    def is_stale(self) -> bool:
        """Say whether something was registered since this was loaded; costs two `stat` calls when nothing was."""
        if self._path is None:
            return False
        signature = _signature(self._path)
        if signature == self._signature:
            return False
        opened = open_register(self._path)
        if opened is None:
            return False
        connection, header = opened
        connection.close()
        if header["generation"] != self.generation:
            return True
        self._signature = signature
        return False

    def _read(self, connection: Connection) -> None:
        header = connection.execute("SELECT * FROM register").fetchone()
        self._key = header["key"]
        self.generation = header["generation"]
        self.version = f"{header['id']}-{self.generation}"
        self.packages = {row["id"]: Package(**row) for row in map(dict, connection.execute(_PACKAGES))}
        for row in connection.execute(_ITEMS):
            item = Item(**{name: row[name] for name in Item.__dataclass_fields__})
            self._items[item.id] = item
            self._packages_of[item.id] = tuple(row["packages"].split("\x1f"))
            if item.sha256:
                self._by_digest[item.sha256] = (*self._by_digest.get(item.sha256, ()), item)

    def _blobs(self, table: str) -> Iterable[Row]:
        """Rows of the items that were there when this was loaded."""
        opened = open_register(self._path) if self._path and self._items else None
        if opened is None:
            return
        connection, _ = opened
        try:
            for row in connection.execute(_BLOBS[table]):
                if row["id"] in self._items:
                    yield row
        finally:
            connection.close()

    def _text_item(self, row: Row) -> TextItem:
        item = self._items[row["id"]]
        print_ = TextPrint(
            elements=row["elements"],
            words=item.words,
            bits=row["bits"],
            is_weak=bool(row["is_weak"]),
            packed=row["shingles"],
        )
        return TextItem(id=item.id, group=item.id.rpartition(":")[0], package=item.package, print=print_)


_PACKAGES = """
SELECT id, programme, packages.issued AS issued, group_concat(recipient, ', ' ORDER BY recipients.issued) AS recipient
FROM packages JOIN recipients ON recipients.package = packages.id GROUP BY packages.id ORDER BY packages.rowid
"""
_ITEMS = """
SELECT items.*, min(packages.rowid), packages.id AS package,
       group_concat(packages.id, char(31) ORDER BY packages.rowid) AS packages
FROM items JOIN contents ON contents.item = items.number JOIN packages ON packages.id = contents.package
GROUP BY items.number ORDER BY items.number
"""
_BLOBS = {
    "audio": "SELECT items.id, codes FROM audio JOIN items ON items.number = audio.item ORDER BY number",
    "texts": "SELECT items.id, elements, bits, is_weak, shingles FROM texts JOIN items ON items.number = texts.item"
    " ORDER BY number",
}


@contextmanager
def _damage_named(path: Path | None) -> Iterator[None]:
    try:
        yield
    except (DatabaseError, Malformed) as error:
        raise StoreError(f"{path}: cannot be read: {error}") from error


def _signature(path: Path | None) -> tuple[tuple[int, int, int] | None, ...]:
    """What changes when the database or its log is written."""
    if path is None:
        return ()
    found: list[tuple[int, int, int] | None] = []
    for each in (path, path.with_name(path.name + "-wal")):
        try:
            status = os.stat(each)
            found.append((status.st_ino, status.st_size, status.st_mtime_ns))
        except OSError:
            found.append(None)
    return tuple(found)
