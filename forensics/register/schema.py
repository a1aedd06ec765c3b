"""The register's tables. No audio, text or picture is in them: digests, acoustic codes, prints, keyed shingles only.

`generation` counts changes; in other tables it says with which change a row came, so that a reader sees one state.
Acoustic codes stand in `audio` until they are compacted into a segment, a file in the folder beside; `segments`
lists those, each with the item numbers it covers, and `removed` names items of theirs that are no longer registered.
Numbers of items rise and are never given twice. `checksums` and `pictures` came after registers were in use: a writer
adds them to a register that has none, a reader takes their absence as none known. So it is with the tables of
`terms.py`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from forensics.database import Connection, DatabaseError, Row, open_reader
from forensics.errors import StoreError
from forensics.fingerprints.text.shingles import TEXT_VERSION

FILE: Final = "register.sqlite"
SCHEMA: Final = 2

TABLES: Final = """
CREATE TABLE register (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    key BLOB NOT NULL,
    schema INTEGER NOT NULL,
    text_version TEXT NOT NULL,
    audio_version TEXT NOT NULL,
    generation INTEGER NOT NULL,
    items INTEGER NOT NULL,
    created REAL NOT NULL
) STRICT;
CREATE TABLE packages (
    id TEXT PRIMARY KEY,
    programme TEXT NOT NULL,
    issued REAL NOT NULL,
    generation INTEGER NOT NULL
) STRICT;
CREATE TABLE recipients (
    package TEXT NOT NULL REFERENCES packages (id),
    recipient TEXT NOT NULL,
    issued REAL NOT NULL,
    generation INTEGER NOT NULL,
    PRIMARY KEY (package, recipient)
) STRICT, WITHOUT ROWID;
CREATE TABLE items (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('clip', 'text', 'file')),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    seconds REAL NOT NULL,
    words INTEGER NOT NULL,
    generation INTEGER NOT NULL
) STRICT;
CREATE INDEX items_by_sha256 ON items (sha256) WHERE sha256 <> '';
CREATE TABLE contents (
    package TEXT NOT NULL REFERENCES packages (id),
    item INTEGER NOT NULL REFERENCES items (number),
    generation INTEGER NOT NULL,
    PRIMARY KEY (package, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX contents_by_item ON contents (item);
CREATE TABLE audio (
    item INTEGER PRIMARY KEY REFERENCES items (number),
    codes BLOB NOT NULL
) STRICT;
CREATE TABLE segments (
    file TEXT PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    clips INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE removed (
    item INTEGER PRIMARY KEY
) STRICT;
CREATE TABLE texts (
    item INTEGER PRIMARY KEY REFERENCES items (number),
    elements INTEGER NOT NULL,
    bits REAL NOT NULL,
    is_weak INTEGER NOT NULL,
    shingles BLOB NOT NULL
) STRICT;
"""

CHECKSUMS: Final = (
    "CREATE TABLE IF NOT EXISTS checksums ("
    "item INTEGER PRIMARY KEY REFERENCES items (number), crc32 INTEGER NOT NULL, size INTEGER NOT NULL) STRICT",
    "CREATE INDEX IF NOT EXISTS checksums_by_size ON checksums (size, crc32)",
)
"""CRC-32 and size in bytes of clips and files: what an encrypted archive tells of its members."""

PICTURES: Final = (
    "CREATE TABLE IF NOT EXISTS pictures ("
    "item INTEGER PRIMARY KEY REFERENCES items (number), print BLOB NOT NULL) STRICT",
)
"""Prints of the files that are pictures (forensics/fingerprints/image/prints.py)."""


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
    """Raise StoreError when the register or its fingerprints are not of the kind this engine makes."""
    if header["schema"] < SCHEMA:
        raise StoreError(
            f"{path}: made by an older Earwitness (schema {header['schema']}, this one makes {SCHEMA}); "
            "register into a new store folder"
        )
    for column, version in zip(("text_version", "audio_version"), engine_versions(), strict=True):
        if header[column] != version:
            raise StoreError(
                f"{path}: its fingerprints are {header[column]}, this engine makes {version}; "
                "register into a new store folder"
            )


def signature(path: Path | None) -> tuple[tuple[int, int, int] | None, ...]:
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
