"""Whether a store can be trusted to be written, as far as a quick look tells, and putting aside one that cannot.

A damaged store is never deleted and never written: its files go into a folder `damaged-...` beside, under their own
names, so that `earwitness salvage` reads them there. The log goes on in a new file as a new epoch of the same agent.
What is sealed stays where it is; nothing of it is destroyed while a damaged store lies beside, whose rows named it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from forensics.custody.keys import KEY_FILE
from forensics.database import Connection, Row, open_reader
from forensics.errors import StoreError
from forensics.store import schema
from forensics.store.access import FAILURES, STEPS, explain
from forensics.store.blobs import sync_folder

LOOK_S = 1.0
"""How long the look at the pages may take; of a large store it sees the beginning, the end and the tables' roots."""
PREFIX = "damaged-"
_TAIL = 500
_FILES = ("", "-wal", "-shm", "-journal")
_DATABASE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """A damaged store that was put aside: where, why, and when it was last written (Unix seconds)."""

    folder: Path
    why: str
    last: float
    agent: str
    epoch: int
    """Its own log as far as that could be read; empty and 0 otherwise."""


def why_damaged(folder: Path, *, look_s: float = LOOK_S) -> str:
    """What is wrong with the folder's store; empty when nothing was found, or where there never was one.

    Only reads. A file that was never a store (nothing was signed here) is not ours to judge. Raises StoreError for a
    store that is sound as far as can be told but cannot be opened (a newer Earwitness, no permission).
    """
    path = folder / schema.FILE_NAME
    if not (folder / KEY_FILE).exists():
        return ""
    if why := _unlike_a_database(path):
        return why
    if schema.is_broken_off(path):
        return ""  # the database itself undoes what was broken off
    try:
        connection = open_reader(path)
        try:
            return _why(connection, look_s)
        finally:
            connection.close()
    except StoreError as error:
        return _judged(str(error), error)
    except FAILURES as error:
        return _judged(explain(error), StoreError(f"{path}: {explain(error)}"))


def put_aside(folder: Path, *, now: Callable[[], float] = time.time) -> Aside | None:
    """Put the folder's store aside when it is damaged, and prepare a new one; None when it is sound.

    Raises StoreError. Safe for several processes at once: one does it, the others find a sound store.
    """
    with _alone(folder):
        why = why_damaged(folder)
        if not why:
            return None
        path = folder / schema.FILE_NAME
        present = [each for side in _FILES if (each := path.with_name(path.name + side)).exists()]
        last = max((each.stat().st_mtime for each in present), default=(folder / KEY_FILE).stat().st_mtime)
        agent, epoch = _own_log(path)
        try:
            target = _folder(folder, now())
            for each in present:
                os.link(each, target / each.name)
            sync_folder(target)
            sync_folder(folder)
            for each in present:
                each.unlink()
            sync_folder(folder)
        except OSError as error:
            raise StoreError(f"{folder}: the damaged store cannot be put aside: {error.strerror}") from error
        connection = schema.open_store(folder, is_anew=True)
        try:
            if agent:
                connection.execute("UPDATE logs SET agent = ?, epoch = ? WHERE is_own", (agent, epoch + 1))
        finally:
            connection.close()
        return Aside(folder=target, why=why, last=min(last, now()), agent=agent, epoch=epoch)


def aside(folder: Path) -> tuple[Path, ...]:
    """The damaged stores that lie beside the folder's own, oldest first."""
    return tuple(sorted(each for each in folder.glob(f"{PREFIX}*") if each.is_dir()))


def _why(connection: Connection, look_s: float) -> str:
    """What a reader meets: the size, the schema, the end of the log, then pages until the time is over."""
    execute = connection.execute
    if execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
        return "the header names another application"
    tables = {row["name"] for row in execute("SELECT name FROM sqlite_schema")}
    if missing := {"entries", "logs", "alerts"} - tables and {"epochs", "observations"} - tables:
        return f"tables are missing: {', '.join(sorted(missing))}"
    if "entries" in tables:
        if execute("SELECT count(*) FROM logs WHERE is_own").fetchone()[0] != 1:
            return "it does not say which log is its own"
        for sql in ("SELECT * FROM entries ORDER BY id DESC LIMIT ?", "SELECT * FROM alerts ORDER BY id DESC LIMIT ?"):
            execute(sql, [_TAIL]).fetchall()
        if _is_cut(execute("SELECT size, (SELECT max(seq) FROM entries WHERE log = l.id) AS last FROM logs l")):
            return "the end of its log is missing"
    return _quick_check(connection, look_s)


def _is_cut(logs: Iterator[Row]) -> bool:
    return any((row["last"] or 0) != row["size"] for row in logs)


def _quick_check(connection: Connection, look_s: float) -> str:
    deadline = time.monotonic() + look_s
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), STEPS)
    try:
        said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except FAILURES as error:
        if "interrupted" in str(error):
            return ""
        raise
    finally:
        connection.set_progress_handler(None, STEPS)
    return "" if said == "ok" else said.replace("\n", "; ")[:300]


def _judged(said: str, error: StoreError) -> str:
    """The words of a failure when it speaks of damage; otherwise it is raised."""
    if any(word in said for word in ("malformed", "not a database", "damaged", "unsupported file format")):
        return said
    raise error


def _unlike_a_database(path: Path) -> str:
    """What the first bytes say against the file, where no write-ahead log may hold better ones. Raises StoreError."""
    if not path.exists():
        return "the file is gone, but its key is here"
    try:
        with open(path, "rb") as file:
            head = file.read(100)
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from error
    if not head:
        return "the file is empty, but its key is here"
    if head[: len(_DATABASE)] != _DATABASE and not _has_log(path):
        return "the file does not begin as a database does"
    return ""


def _has_log(path: Path) -> bool:
    """Say whether a write-ahead log lies beside that may hold the first page."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _own_log(path: Path) -> tuple[str, int]:
    with suppress(StoreError, *FAILURES):
        connection = open_reader(path)
        try:
            row = connection.execute(
                "SELECT agent, (SELECT max(epoch) FROM logs x WHERE x.agent = l.agent) AS epoch"
                " FROM logs l WHERE is_own"
            ).fetchone()
            if row is not None and isinstance(row["agent"], str) and isinstance(row["epoch"], int):
                return row["agent"], row["epoch"]
        finally:
            connection.close()
    return "", 0


def _folder(folder: Path, now: float) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    for count in range(1000):
        target = folder / f"{PREFIX}{stamp}{f'-{count}' if count else ''}"
        with suppress(FileExistsError):
            target.mkdir(mode=0o700)
            return target
    raise StoreError(f"{folder}: too many damaged stores lie here")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    if not folder.is_dir():
        yield
        return
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
