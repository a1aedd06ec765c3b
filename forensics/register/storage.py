"""Writes the register: packages and what is in them, one transaction each, the same thing never twice; and removes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Literal

from forensics.database import Connection, DatabaseError, Row, open_writer
from forensics.errors import InputError, StoreError
from forensics.fingerprints.text.shingles import KEY_BYTES, TextPrint
from forensics.register import references, removal, terms
from forensics.register.compaction import compact, listed
from forensics.register.removal import Removed
from forensics.register.schema import (
    CHECKSUMS,
    FILE,
    PICTURES,
    SCHEMA,
    TABLES,
    check_engine,
    engine_versions,
    read_header,
)
from forensics.register.segments import SegmentFolder
from forensics.register.terms import NO_TERMS, Control, Terms

Kind = Literal["clip", "text", "file"]


class Standing(Enum):
    """What a register already holds under an item's id."""

    FREE = "nothing"
    SAME = "the same content"
    OTHERS = "other content, of another package"
    CONTRADICTED = "other content, of this package"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A package that is issued to one recipient."""

    package: str
    programme: str
    recipient: str
    terms: Terms = NO_TERMS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """One thing to register: a clip with its acoustic codes, a text with its print, or a file by its digest."""

    id: str
    kind: Kind
    name: str
    role: str = ""
    sha256: str = ""
    size: int = 0
    """Of a clip or file in bytes; 0 where it is not known, and then its CRC-32 is not either."""
    crc32: int = 0
    seconds: float = 0.0
    codes: bytes = b""
    print: TextPrint | None = None
    picture: bytes = b""
    """The print of a file that is a picture."""
    is_weak: bool = False
    """Too little sound, too few words or too flat a picture to be known again by; its digest still is."""


class RegisterWriter:
    """The register, open for writing. Several processes may write; each package is one transaction."""

    def __init__(self, connection: Connection, path: Path, header: Row, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._path = path
        self._clock = clock
        self._folder = SegmentFolder(path)
        self.key: bytes = header["key"]

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        clock: Callable[[], float] = time.time,
        token: Callable[[int], bytes] = secrets.token_bytes,
    ) -> RegisterWriter:
        """Open the register of a store folder, or begin one with a key of its own.

        Raises StoreError when it cannot be written, is no register, or was made by another engine.
        """
        path = folder / FILE
        connection = open_writer(path)
        try:
            header = _begun(connection, path, clock(), token)
            check_engine(header, path)
            _add_tables(connection, path)
        except BaseException:
            connection.close()
            raise
        writer = cls(connection, path, header, clock)
        writer._sweep()
        return writer

    def add_package(self, issue: Issue, items: Iterable[NewItem]) -> list[NewItem]:
        """Register items under a package and its recipient, all or nothing; returns those that were new.

        Raises InputError when an id or a package is already registered as something else, StoreError when the
        register cannot be written.
        """
        with self._transaction():
            added = self._add(issue, items)
        self._compact()
        return added

    def remove(self, items: Iterable[str] = (), packages: Iterable[str] = ()) -> tuple[list[Removed], list[str]]:
        """Remove packages, and clips (with their texts), texts and files by id, in one transaction.

        A clip leaves every package it was issued in; a package takes along what stood in no other. Waveforms that were
        kept of what went go too. Returns what is no longer registered, and the ids of which nothing was. Raises
        StoreError.
        """
        self._connection.execute("PRAGMA secure_delete = ON")
        with self._transaction():
            gone, unknown = removal.remove(self._connection, dict.fromkeys(items), dict.fromkeys(packages))
        digests = {item.sha256 for item in gone if item.kind == "clip"}
        references.forget(self._path.parent, [sha256 for sha256 in digests if not self.is_registered(sha256)])
        self._compact()
        return gone, unknown

    def decide(self, act: str, about: str, name: str, reason: str) -> bool:
        """Note a halt, recall or withdrawal; False when it stands already. Raises StoreError.

        `name` is a programme, package or clip, or a consent token in clear.
        """
        called = terms.hashed(self.key, name) if about == "consent" else name
        control = Control(act=act, about=about, name=called, since=self._clock(), reason=reason)
        with self._transaction():
            return self._counted(terms.decide(self._connection, control, self._next()))

    def lift(self, act: str, about: str, name: str) -> bool:
        """End a halt or recall; False when there is none. Raises StoreError."""
        with self._transaction():
            return self._counted(terms.lift(self._connection, act, about, name))

    def _next(self) -> int:
        return 1 + int(self._connection.execute("SELECT generation FROM register").fetchone()[0])

    def _counted(self, has_changed: bool) -> bool:
        if has_changed:
            self._connection.execute("UPDATE register SET generation = generation + 1")
        return has_changed

    def standing(self, item: NewItem, package: str) -> Standing:
        """Say what is registered under an item's id, seen from the package that would hold it."""
        known = self._item(item.id)
        if known is None:
            return Standing.FREE
        if self._is_same(known, item):
            return Standing.SAME
        return Standing.CONTRADICTED if package in self._packages_of(known) else Standing.OTHERS

    def is_registered(self, sha256: str) -> bool:
        """Say whether a clip with these bytes is registered."""
        row = self._connection.execute("SELECT 1 FROM items WHERE sha256 = ? AND kind = 'clip'", [sha256]).fetchone()
        return row is not None

    def owners(self, clip: str) -> frozenset[str]:
        """The packages that hold a clip of that id or a text of it."""
        rows = self._connection.execute(
            "SELECT DISTINCT package FROM contents JOIN items ON number = item"
            " WHERE id = ? OR (id > ? || ':' AND id < ? || ';')",
            [clip, clip, clip],
        )
        return frozenset(row["package"] for row in rows)

    def close(self) -> None:
        """Close the register."""
        self._connection.close()

    def __enter__(self) -> RegisterWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """One write transaction, all or nothing. Raises StoreError when the database refuses."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
        except DatabaseError as error:
            raise StoreError(f"{self._path}: cannot be written: {error}") from error

    def _compact(self) -> None:
        try:
            compact(self._connection, self._folder)
        except DatabaseError as error:
            raise StoreError(f"{self._path}: cannot be written: {error}") from error

    def _sweep(self) -> None:
        """Remove segment files of a process that was killed before it listed them."""
        if self._folder.path.is_dir():
            with self._folder.claimed() as is_ours:
                if is_ours:
                    self._folder.sweep([each.file for each in listed(self._connection)])

    def _add(self, issue: Issue, items: Iterable[NewItem]) -> list[NewItem]:
        generation = self._next()
        changed = self._add_issue(issue, generation)
        added = []
        for item in items:
            known = self._item(item.id)
            if known is None:
                number = self._insert(item, generation)
                added.append(item)
            elif self._is_same(known, item):
                number = known["number"]
            else:
                raise InputError(
                    f"{item.id}: already registered in {' '.join(self._packages_of(known))} with other content"
                )
            if item.size:
                checksum = (number, item.crc32, item.size)
                changed |= self._changes("INSERT OR IGNORE INTO checksums VALUES (?, ?, ?)", *checksum)
            if item.picture:
                changed |= self._changes("INSERT OR IGNORE INTO pictures VALUES (?, ?)", number, item.picture)
            row = (issue.package, number, generation)
            changed |= self._changes("INSERT OR IGNORE INTO contents VALUES (?, ?, ?)", *row)
        if changed or added:
            self._connection.execute("UPDATE register SET generation = ?, items = items + ?", [generation, len(added)])
        return added

    def _add_issue(self, issue: Issue, generation: int) -> bool:
        known = self._connection.execute("SELECT programme FROM packages WHERE id = ?", [issue.package]).fetchone()
        if known is not None and known["programme"] != issue.programme:
            raise InputError(f"package {issue.package}: already registered under programme {known['programme']}")
        now = self._clock()
        package = (issue.package, issue.programme, now, generation)
        is_new = self._changes("INSERT OR IGNORE INTO packages VALUES (?, ?, ?, ?)", *package)
        recipient = (issue.package, issue.recipient, now, generation)
        is_new |= self._changes("INSERT OR IGNORE INTO recipients VALUES (?, ?, ?, ?)", *recipient)
        issued = (issue.package, issue.recipient)
        return terms.add(self._connection, self.key, issued, issue.terms, generation) or is_new

    def _insert(self, item: NewItem, generation: int) -> int:
        number: int = self._connection.execute(
            "INSERT INTO items (id, kind, name, role, sha256, seconds, words, generation)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
            [
                item.id,
                item.kind,
                item.name,
                item.role,
                item.sha256,
                item.seconds,
                item.print.words if item.print else 0,
                generation,
            ],
        ).fetchone()[0]
        if item.codes:
            self._connection.execute("INSERT INTO audio VALUES (?, ?)", [number, item.codes])
        if item.print:
            self._connection.execute(
                "INSERT INTO texts VALUES (?, ?, ?, ?, ?)",
                [number, item.print.elements, item.print.bits, item.print.is_weak, item.print.packed],
            )
        return number

    def _item(self, identity: str) -> Row | None:
        row: Row | None = self._connection.execute("SELECT * FROM items WHERE id = ?", [identity]).fetchone()
        return row

    def _is_same(self, known: Row, item: NewItem) -> bool:
        if known["kind"] != item.kind or known["sha256"] != item.sha256:
            return False
        if item.print is None:
            return True
        stored = self._connection.execute(
            "SELECT elements, shingles FROM texts WHERE item = ?", [known["number"]]
        ).fetchone()
        return tuple(stored) == (item.print.elements, item.print.packed)

    def _packages_of(self, known: Row) -> list[str]:
        rows = self._connection.execute("SELECT package FROM contents WHERE item = ?", [known["number"]])
        return [row["package"] for row in rows]

    def _changes(self, statement: str, *values: object) -> bool:
        return bool(self._connection.execute(statement, values).rowcount > 0)


def _add_tables(connection: Connection, path: Path) -> None:
    """Give an older register its tables of checksums, pictures and terms. Raises StoreError."""
    try:
        for statement in (*CHECKSUMS, *PICTURES, *terms.TABLES):
            connection.execute(statement)
    except DatabaseError as error:
        raise StoreError(f"{path}: cannot be written: {error}") from error


def _begun(connection: Connection, path: Path, now: float, token: Callable[[int], bytes]) -> Row:
    header = read_header(connection, path)
    if header is not None:
        return header
    connection.execute("BEGIN IMMEDIATE")
    try:
        if read_header(connection, path) is None:
            for statement in TABLES.split(";"):
                connection.execute(statement)
            row = (token(4).hex(), token(KEY_BYTES), SCHEMA, *engine_versions(), now)
            connection.execute("INSERT INTO register VALUES (1, ?, ?, ?, ?, ?, 0, 0, ?)", row)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    header = read_header(connection, path)
    assert header is not None
    return header
