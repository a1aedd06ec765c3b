"""The one door to SQLite: a library new enough to be trusted with a write-ahead log, opened the same way everywhere."""

from __future__ import annotations

import os
import sqlite3 as _standard
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.errors import LimitReached, StoreError

if TYPE_CHECKING:
    import sqlite3
else:
    from pysqlite3 import dbapi2 as sqlite3

Connection = sqlite3.Connection
ImageConnection = _standard.Connection
Row = sqlite3.Row
DatabaseError = sqlite3.DatabaseError
OperationalError = sqlite3.OperationalError
REFUSALS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
"""Errors that lie in what was to be written, not in the disk or the file: trying again does not help."""
BUSY_TIMEOUT_MS = 15_000
DAMAGES = (_standard.DatabaseError, MemoryError)
"""What reading an image raises when it is damaged."""
PAGE_BYTES = 8192
"""Of a new database: bodies are about 900 bytes, of which a page of 4,096 holds four and a hole."""
_STEPS = 10_000
"""Instructions of SQLite between two looks at the clock."""
_BACKPORTS = {(3, 44): 6, (3, 50): 7}


def version() -> str:
    """The version of the SQLite library in use."""
    return sqlite3.sqlite_version


def is_wal_safe(release: str) -> bool:
    """Say whether this release lacks the WAL-reset bug (fixed in 3.51.3, 3.50.7, 3.44.6; sqlite.org/wal.html)."""
    numbers = tuple(int(part) for part in release.split("."))
    patch = numbers[2] if len(numbers) > 2 else 0
    return numbers >= (3, 51, 3) or patch >= _BACKPORTS.get((numbers[0], numbers[1]), 1 << 30)


def open_writer(path: Path) -> Connection:
    """Open (and create, readable by the owner alone) a database for writing: WAL, FULL sync, foreign keys on.

    Transactions are explicit (`BEGIN IMMEDIATE`). Raises StoreError when the file is not a database, cannot be
    written, or the SQLite library is one that can corrupt a write-ahead log.
    """
    if not is_wal_safe(version()):
        raise StoreError(f"SQLite {version()} can corrupt a write-ahead log; install pysqlite3 >= 0.6.1")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = _connect(f"file:{_quoted(path)}?mode=rw")
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        _use_write_ahead_log(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except (OSError, UnicodeDecodeError, sqlite3.DatabaseError, _standard.DatabaseError) as error:
        raise StoreError(f"{path}: cannot be opened for writing: {_reason(error)}") from error
    return connection


def open_reader(path: Path) -> Connection:
    """Open an existing database read-only. Raises StoreError when there is none or the file is something else."""
    if not path.is_file():
        raise StoreError(f"{path}: there is no store here; `earwitness watch`, `scan` or `register` makes one")
    if not path.stat().st_size and path.with_name(f"{path.name}-wal").exists():  # SQLite would delete that log
        raise StoreError(f"{path}: the file is empty; `earwitness put-aside` keeps what is beside it")
    try:
        connection = _connect(f"file:{_quoted(path)}?mode=ro")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except (OSError, UnicodeDecodeError, sqlite3.DatabaseError, _standard.DatabaseError) as error:
        raise StoreError(f"{path}: cannot be read: {_reason(error)}") from error
    return connection


def open_scratch() -> Connection:
    """An empty database in memory, to make tables anew in and compare."""
    return _connect("file::memory:")


def open_damaged(path: Path) -> Connection:
    """Open a damaged database read-only: what of its schema cannot be read is left out. Raises StoreError."""
    try:
        connection = _connect(f"file:{_quoted(path)}?mode=ro")
        connection.execute("PRAGMA query_only = ON")
        connection.execute(
            "PRAGMA writable_schema = ON"
        )  # with it SQLite passes over what it cannot read of the schema
    except (OSError, UnicodeDecodeError, sqlite3.DatabaseError, _standard.DatabaseError) as error:
        raise StoreError(f"{path}: cannot be read: {_reason(error)}") from error
    return connection


def open_image(image: bytes, check_time: Callable[[], None]) -> ImageConnection:
    """Open a database of somebody else from memory, to read what its tables store and nothing else.

    Statements other than SELECT and `table_xinfo`, and functions, are refused; one that still runs when `check_time`
    raises is interrupted (DAMAGES); texts come as a bytearray of UTF-8, blobs as bytes. A database that was written
    with a write-ahead log is read as it is without that log, one that is cut short as far as it goes.
    """
    connection = _standard.connect(":memory:", isolation_level=None)
    connection.deserialize(_readable(image))
    connection.text_factory = bytearray  # which no blob is
    for pragma in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.setlimit(_standard.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_authorizer(_may_read)
    connection.set_progress_handler(lambda: _is_over(check_time), _STEPS)
    return connection


def _readable(image: bytes) -> bytes:
    """The image said to have been written without a log, and to have no more pages than it has."""
    size = int.from_bytes(image[16:18], "big")
    count = -(-len(image) // (65536 if size == 1 else size or 512))
    said = min(int.from_bytes(image[28:32], "big"), count)
    return image[:18] + b"\1\1" + image[20:28] + said.to_bytes(4, "big") + image[32:]


def _may_read(action: int, name: str | None, *_: str | None) -> int:
    is_reading = action in (_standard.SQLITE_SELECT, _standard.SQLITE_READ)
    is_asking = action == _standard.SQLITE_PRAGMA and name == "table_xinfo"
    return _standard.SQLITE_OK if is_reading or is_asking else _standard.SQLITE_DENY


def _is_over(check_time: Callable[[], None]) -> int:
    try:
        check_time()
    except LimitReached:
        return 1
    return 0


def _use_write_ahead_log(connection: Connection) -> None:
    """Switch to WAL; SQLite does not wait by itself when another process is switching at the same moment."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _connect(uri: str) -> Connection:
    connection = sqlite3.connect(
        uri, uri=True, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    return connection


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.resolve()))


def _reason(error: BaseException) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "database disk image is malformed"  # even the library's message holds bytes of the damage
    return getattr(error, "strerror", None) or str(error)
