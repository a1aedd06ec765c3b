"""The sealed waveforms of registered clips, in a database of their own beside the register: `reference.sqlite`.

A row is named by the digest of the clip's file, as the register has it, and holds nothing else that can be read. The
machine that registers needs the public key alone; the register works without this file, and this file says nothing
without the private key. Waveforms are written before the register lists their clips; what a killed registration left
without a clip is swept by a later one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forensics.database import Connection, DatabaseError, Row, open_reader, open_writer
from forensics.errors import ConfigError, StoreError
from forensics.register import waveform
from forensics.register.sealing import PrivateKey, key_name

FILE: Final = "reference.sqlite"
SCHEMA: Final = 1
STALE_S: Final = 3600.0
"""Age from which a waveform without a clip is taken for a killed registration's, not for one that is going on."""
_KEYLESS: Final = "waveforms are kept sealed: name the public key they are to be sealed for (--seal-for)"
_TABLES: Final = """
CREATE TABLE reference (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    schema INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    created REAL NOT NULL
) STRICT;
CREATE TABLE waveforms (
    sha256 TEXT PRIMARY KEY,
    kept REAL NOT NULL,
    sealed BLOB NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """One sealed waveform and the digest of the clip it belongs to."""

    sha256: str
    data: bytes


class References:
    """The waveforms of a store folder, opened with the private key; what is opened is told."""

    def __init__(
        self, connection: Connection | None, path: Path, key: PrivateKey, on_opened: Callable[[str], None]
    ) -> None:
        self._connection = connection
        self._path = path
        self._key = key
        self._on_opened = on_opened

    @classmethod
    def open(cls, folder: Path, key_file: Path, on_opened: Callable[[str], None] = lambda _: None) -> References:
        """Open the waveforms of a store folder; empty when none were kept there.

        `on_opened` is told the digest of each clip whose waveform was opened, before anything is done with it.

        Raises InputError and ConfigError for the key, ConfigError when the waveforms are sealed for another one,
        StoreError when the database is damaged or something else.
        """
        path = folder / FILE
        key = PrivateKey.read(key_file)
        if not path.exists():
            return cls(None, path, key, on_opened)
        connection = open_reader(path)
        header = _header(connection, path)
        if header is not None and header["public_key"] != key.public:
            connection.close()
            raise ConfigError(
                f"{key_file}: is key {key_name(key.public)}, but the waveforms in {path} are sealed for"
                f" {key_name(header['public_key'])}"
            )
        return cls(None if header is None else connection, path, key, on_opened)

    @property
    def key_name(self) -> str:
        """The name of the key that opens them."""
        return key_name(self._key.public)

    def waveform(self, sha256: str) -> NDArray[np.int16] | None:
        """The waveform of the clip with that digest, mono at 8,000 Hz; None when it was not kept.

        Raises Malformed when it was changed, and StoreError when it cannot be read.
        """
        if self._connection is None or not sha256:
            return None
        with _database_named(self._path):
            row = self._connection.execute("SELECT sealed FROM waveforms WHERE sha256 = ?", [sha256]).fetchone()
        if row is None:
            return None
        packed = self._key.unseal(bytes(row["sealed"]), sha256)
        self._on_opened(sha256)
        return waveform.unpack(packed)


class ReferenceWriter:
    """The waveforms of a store folder, open for writing with no key that opens them."""

    def __init__(self, connection: Connection, path: Path, public: bytes, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._path = path
        self._clock = clock
        self.public = public

    @classmethod
    def open(
        cls, folder: Path, public: bytes | None = None, *, clock: Callable[[], float] = time.time
    ) -> ReferenceWriter:
        """Open a store folder for keeping waveforms; the first time needs the public key they are sealed for.

        Raises ConfigError without a key, or for another one than before, and StoreError.
        """
        path = folder / FILE
        if public is None and not path.exists():
            raise ConfigError(_KEYLESS)
        connection = open_writer(path)
        try:
            header = _begun(connection, path, public, clock())
            if public is not None and public != header["public_key"]:
                raise ConfigError(
                    f"{path}: its waveforms are sealed for key {key_name(header['public_key'])}, not {key_name(public)}"
                )
        except BaseException:
            connection.close()
            raise
        return cls(connection, path, bytes(header["public_key"]), clock)

    def keep(self, sealed: Iterable[Sealed]) -> None:
        """Keep waveforms, all or none; one that is there already is replaced. Raises StoreError."""
        now = self._clock()
        with self._transaction():
            self._connection.executemany(
                "INSERT OR REPLACE INTO waveforms VALUES (?, ?, ?)", [(one.sha256, now, one.data) for one in sealed]
            )

    def forget(self, digests: Iterable[str]) -> None:
        """Remove waveforms so that not even their sealed bytes stay. Raises StoreError."""
        doomed = [(sha256,) for sha256 in digests]
        if not doomed:
            return
        with self._transaction():
            self._connection.executemany("DELETE FROM waveforms WHERE sha256 = ?", doomed)
        with _database_named(self._path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def sweep(self, is_registered: Callable[[str], bool], *, own: Iterable[str] = ()) -> int:
        """Remove waveforms of no registered clip: those in `own`, and others that are older than an hour.

        Returns how many. Raises StoreError.
        """
        with _database_named(self._path):
            rows = self._connection.execute(
                "SELECT sha256 FROM waveforms WHERE kept <= ?", [self._clock() - STALE_S]
            ).fetchall()
        known = dict.fromkeys([*own, *(row["sha256"] for row in rows)])
        orphans = [sha256 for sha256 in known if not is_registered(sha256)]
        self.forget(orphans)
        return len(orphans)

    def holds(self, sha256: str) -> bool:
        """Say whether a waveform is kept for that digest. Raises StoreError."""
        with _database_named(self._path):
            found = self._connection.execute("SELECT 1 FROM waveforms WHERE sha256 = ?", [sha256]).fetchone()
        return found is not None

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def __enter__(self) -> ReferenceWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _database_named(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def forget(folder: Path, digests: Iterable[str]) -> None:
    """Remove waveforms from a store folder, where any are kept. Raises StoreError."""
    if is_begun(folder):
        with ReferenceWriter.open(folder) as writer:
            writer.forget(digests)


def is_begun(folder: Path) -> bool:
    """Say whether waveforms are, or once were, kept in a store folder. Raises StoreError."""
    path = folder / FILE
    if not path.exists():
        return False
    connection = open_reader(path)
    try:
        return _header(connection, path) is not None
    finally:
        connection.close()


def _begun(connection: Connection, path: Path, public: bytes | None, now: float) -> Row:
    with _database_named(path):
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN IMMEDIATE")
        try:
            header = _header(connection, path)
            if header is None:
                if public is None:
                    raise ConfigError(_KEYLESS)
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
                connection.execute("INSERT INTO reference VALUES (1, ?, ?, ?)", [SCHEMA, public, now])
                header = _header(connection, path)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    assert header is not None
    return header


def _header(connection: Connection, path: Path) -> Row | None:
    """The one header row; None in a database that has no tables yet. Raises StoreError for any other database."""
    with _database_named(path):
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if not tables:
            return None
        header: Row | None = connection.execute("SELECT * FROM reference").fetchone() if "reference" in tables else None
    if header is None or len(header["public_key"]) != 32:
        raise StoreError(f"{path}: this does not hold sealed waveforms")
    if header["schema"] > SCHEMA:
        raise StoreError(f"{path}: made by a newer Earwitness (schema {header['schema']}, this one reads {SCHEMA})")
    return header


@contextmanager
def _database_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (DatabaseError, IndexError) as error:
        raise StoreError(f"{path}: {error}") from error
