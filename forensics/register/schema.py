"""The register's tables. Neither audio nor text is in them: digests, acoustic codes and keyed shingles only."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from forensics.database import Connection, DatabaseError, Row, open_reader
from forensics.errors import StoreError
from forensics.fingerprints.text.shingles import TEXT_VERSION

FILE: Final = "register.sqlite"
SCHEMA: Final = 1

TABLES: Final = """
CREATE TABLE register (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    key BLOB NOT NULL,
    schema INTEGER NOT NULL,
    text_version TEXT NOT NULL,
    audio_version TEXT NOT NULL,
    generation INTEGER NOT NULL,
    created REAL NOT NULL
) STRICT;
CREATE TABLE packages (
    id TEXT PRIMARY KEY,
    programme TEXT NOT NULL,
    issued REAL NOT NULL
) STRICT;
CREATE TABLE recipients (
    package TEXT NOT NULL REFERENCES packages (id),
    recipient TEXT NOT NULL,
    issued REAL NOT NULL,
    PRIMARY KEY (package, recipient)
) STRICT, WITHOUT ROWID;
CREATE TABLE items (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('clip', 'text', 'file')),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    seconds REAL NOT NULL,
    words INTEGER NOT NULL
) STRICT;
CREATE INDEX items_by_sha256 ON items (sha256) WHERE sha256 <> '';
CREATE TABLE contents (
    package TEXT NOT NULL REFERENCES packages (id),
    item INTEGER NOT NULL REFERENCES items (number),
    PRIMARY KEY (package, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX contents_by_item ON contents (item);
CREATE TABLE audio (
    item INTEGER PRIMARY KEY REFERENCES items (number),
    codes BLOB NOT NULL
) STRICT;
CREATE TABLE texts (
    item INTEGER PRIMARY KEY REFERENCES items (number),
    elements INTEGER NOT NULL,
    bits REAL NOT NULL,
    is_weak INTEGER NOT NULL,
    shingles BLOB NOT NULL
) STRICT;
"""


def read_header(connection: Connection, path: Path) -> Row | None:
    """The register's one header row; None in a database that has no tables yet.

    Raises StoreError when the file is no register, or one that a newer Earwitness made.
    """
    try:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if not tables:
            return None
        header: Row | None = connection.execute("SELECT * FROM register").fetchone() if "register" in tables else None
    except DatabaseError as error:
        raise StoreError(f"{path}: cannot be read: {error}") from error
    if header is None:
        raise StoreError(f"{path}: this is not a register")
    if header["schema"] > SCHEMA:
        raise StoreError(f"{path}: made by a newer Earwitness (schema {header['schema']}, this one reads {SCHEMA})")
    return header


def open_register(path: Path) -> tuple[Connection, Row] | None:
    """Open a register for reading, with its header; None when nothing was ever registered. Raises StoreError."""
    if not path.exists():
        return None
    connection = open_reader(path)
    header = read_header(connection, path)
    if header is None:
        connection.close()
        return None
    return connection, header


def engine_versions() -> tuple[str, str]:
    """The versions of the text and audio fingerprints this engine makes."""
    from forensics.fingerprints.audio.index import AUDIO_VERSION

    return TEXT_VERSION, AUDIO_VERSION


def check_engine(header: Row, path: Path) -> None:
    """Raise StoreError when the register's fingerprints are not of the kind this engine makes."""
    for column, version in zip(("text_version", "audio_version"), engine_versions(), strict=True):
        if header[column] != version:
            raise StoreError(
                f"{path}: its fingerprints are {header[column]}, this engine makes {version}; "
                "register into a new store folder"
            )
