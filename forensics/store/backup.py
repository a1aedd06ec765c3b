"""Copies of a store that is in use, stores made from copies, and what can be had of a damaged one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from forensics.custody.chain import BEFORE_FIRST, leaf_of
from forensics.custody.keys import KEY_FILE
from forensics.custody.tree import Frontier
from forensics.database import Connection, DatabaseError, Row, open_damaged
from forensics.errors import StoreError
from forensics.store import clear, requests, schema
from forensics.store.access import FAILURES, explain
from forensics.store.merging import GROUP
from forensics.store.pen import Pen
from forensics.store.projection import Projection

_SIDES = ("-wal", "-shm")
_LEFT_OUT = (KEY_FILE, requests.FOLDER, clear.FOLDER, schema.FILE_NAME, *(schema.FILE_NAME + side for side in _SIDES))


def copy(source: Path, target: Path) -> None:
    """Copy a store, also one that is being written, into a folder that must not exist yet; all of it or nothing.

    The signing key stays: a copy that could sign would be another witness of the same name. So do the keys of requests
    to open content, which are to end with their time, and what is still in clear. Raises StoreError.
    """
    if target.exists():
        raise StoreError(f"{target}: is there already; a backup is never written over anything")
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700, parents=True)
        reading = schema.open_readable(source)
        try:
            reading.execute("PRAGMA query_only = OFF")  # it only reads, but SQLite asks
            reading.execute("VACUUM INTO ?", [str(unfinished / schema.FILE_NAME)])
        finally:
            reading.close()
        _copy_beside(source, unfinished)
        _sync(unfinished)
        unfinished.rename(target)
    except (OSError, *FAILURES) as error:
        with suppress(OSError):
            shutil.rmtree(unfinished)
        reason = explain(error) if isinstance(error, FAILURES) else (error.strerror or str(error))
        raise StoreError(f"{target}: the backup was not made: {reason}") from error


def restore(source: Path, target: Path) -> None:
    """Make a store from a copy, in a folder that holds none. Its log goes on as a new epoch, under a new key.

    What was recorded after the copy was made is not in it; `earwitness import` brings it where it can still be had.
    Raises StoreError.
    """
    if (target / schema.FILE_NAME).exists():
        raise StoreError(f"{target}: holds a store already; it was left untouched")
    checked = schema.open_readable(source)
    checked.close()
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(source / schema.FILE_NAME, target / schema.FILE_NAME)
        os.chmod(target / schema.FILE_NAME, 0o600)
        _copy_beside(source, target)
    except OSError as error:
        raise StoreError(f"{target}: could not be restored: {error.strerror}") from error
    connection = schema.open_store(target)
    try:
        begin_epoch(connection)
    finally:
        connection.close()


def begin_epoch(connection: Connection) -> None:
    """Let the store's own log be a new one of the same agent, since entries of the old one may exist elsewhere."""
    connection.execute("BEGIN IMMEDIATE")
    own = connection.execute("SELECT id, agent FROM logs WHERE is_own").fetchone()
    last = connection.execute("SELECT max(epoch) FROM logs WHERE agent = ?", [own["agent"]]).fetchone()[0]
    connection.execute("UPDATE logs SET is_own = 0 WHERE id = ?", [own["id"]])
    connection.execute(
        "INSERT INTO logs (agent, epoch, started, is_own, size, digest, frontier)"
        " VALUES (?, ?, unixepoch('subsec'), 1, 0, ?, ?)",
        (own["agent"], last + 1, BEFORE_FIRST, Frontier().to_bytes()),
    )
    connection.execute("COMMIT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """How many entries of a log could be read, of how many that there were as far as is known."""

    agent: str
    epoch: int
    found: int
    size: int


def salvage(source: Path, pen: Pen, *, tell: Callable[[Salvaged], None], beside: Path) -> None:
    """Take every entry that can still be read out of a damaged store into a new one.

    What cannot be read is a hole that `verify` names. Envelopes below `beside` get their rows back, held ones stay held
    (by digest). Raises StoreError when not even the logs can be read.
    """
    reading = open_damaged(source / schema.FILE_NAME)
    try:
        logs = reading.execute("SELECT * FROM logs ORDER BY id").fetchall()
        if not logs:
            raise StoreError(f"{source}: names no log")
        last = _last_id(reading, sum(int(log["size"]) for log in logs))
        places = {log["id"]: _place(pen, log) for log in logs}
        counts = dict.fromkeys(places, 0)
        for group in _grouped(_readable(reading, 1, last)):
            with pen.transaction():
                _take(pen, places, counts, group)
        for log in logs:
            _finish(pen, reading, places[log["id"]], log["id"])
            tell(Salvaged(agent=log["agent"], epoch=log["epoch"], found=counts[log["id"]], size=log["size"]))
        _take_kept(pen, reading, beside)
    except (*FAILURES, UnicodeDecodeError) as error:
        raise StoreError(f"{source}: nothing could be salvaged: {explain(error)}") from error
    finally:
        reading.close()


def _place(pen: Pen, log: Row) -> int:
    with pen.transaction():
        sql = "INSERT INTO logs (agent, epoch, started, is_own, size, digest, frontier) VALUES (?, ?, ?, 0, 0, ?, ?)"
        values = (log["agent"], log["epoch"], log["started"], BEFORE_FIRST, Frontier().to_bytes())
        return int(pen.connection.execute(sql, values).lastrowid or 0)


def _take(pen: Pen, places: dict[int, int], counts: dict[int, int], group: list[Row]) -> None:
    projection = Projection(pen)
    for row in group:
        if row["log"] not in places:
            continue
        cursor = pen.connection.execute(
            "INSERT OR IGNORE INTO entries (log, seq, kind, key, body, digest) VALUES (?, ?, ?, ?, ?, ?)",
            (places[row["log"]], *(row[name] for name in ("seq", "kind", "key", "body", "digest"))),
        )
        if cursor.rowcount:
            counts[row["log"]] += 1
            id = int(cursor.lastrowid or 0)
            projection.take(id=id, log=places[row["log"]], seq=row["seq"], body=row["body"])
    projection.finish()


def _finish(pen: Pen, reading: Connection, log: int, old: int) -> None:
    """The end of a salvaged log as it stands, and the heads that can be read."""
    with pen.transaction():
        execute, tree, size, digest = pen.connection.execute, Frontier(), 0, BEFORE_FIRST
        for seq, found in execute("SELECT seq, digest FROM entries WHERE log = ? ORDER BY seq", [log]).fetchall():
            size, digest = seq, found
            tree.append(leaf_of(found))
        execute("UPDATE logs SET size = ?, digest = ?, frontier = ? WHERE id = ?", (size, digest, tree.to_bytes(), log))
        with suppress(*FAILURES):
            heads = reading.execute("SELECT size, time, note FROM heads WHERE log = ?", [old])
            for row in heads:
                execute("INSERT OR IGNORE INTO heads VALUES (?, ?, ?, ?)", (log, *row))


def _take_kept(pen: Pen, reading: Connection, beside: Path) -> None:
    """The rows of envelopes that are here, and of what is held, as far as they can be read."""
    with pen.transaction(), suppress(*FAILURES):
        for row in reading.execute("SELECT sha256, size, path, added FROM content"):
            if (beside / str(row["path"])).is_file():
                pen.connection.execute("INSERT OR IGNORE INTO content VALUES (?, ?, ?, ?)", tuple(row))
        sql = (
            "SELECT h.sha256, o.since, o.actor, o.reason FROM held h JOIN holds o ON o.subject = h.subject UNION"
            " SELECT substr(subject, 8), since, actor, reason FROM holds WHERE subject LIKE 'sha256:%'"
        )
        for digest, *rest in reading.execute(sql):
            pen.connection.execute("INSERT OR IGNORE INTO holds VALUES (?, ?, ?, ?)", (f"sha256:{digest}", *rest))
            pen.connection.execute("INSERT OR IGNORE INTO held VALUES (?, ?)", (f"sha256:{digest}", digest))


def _readable(connection: Connection, first: int, last: int) -> Iterator[Row]:
    """The entries between two ids that can be read: where a range cannot be, its halves are tried."""
    ranges = [(first, last)]
    sql = "SELECT log, seq, kind, key, body, digest FROM entries WHERE id BETWEEN ? AND ? ORDER BY id"
    while ranges:
        low, high = ranges.pop()
        if high - low >= GROUP:
            middle = (low + high) // 2
            ranges += [(middle + 1, high), (low, middle)]
            continue
        try:
            found = connection.execute(sql, (low, high)).fetchall()
        except (DatabaseError, UnicodeDecodeError):
            if low < high:
                middle = (low + high) // 2
                ranges += [(middle + 1, high), (low, middle)]
            continue
        yield from found


def _last_id(connection: Connection, guess: int) -> int:
    """The last id, or one beyond it where that cannot be read."""
    try:
        return int(connection.execute("SELECT coalesce(max(id), 0) FROM entries").fetchone()[0])
    except DatabaseError:
        return guess + GROUP


def _grouped(rows: Iterator[Row]) -> Iterator[list[Row]]:
    group: list[Row] = []
    for row in rows:
        group.append(row)
        if len(group) == GROUP:
            yield group
            group = []
    if group:
        yield group


def _copy_beside(source: Path, target: Path) -> None:
    """Everything in a store's folder but the database and the key: sealed content, the register."""
    for each in sorted(source.iterdir()):
        if each.name in _LEFT_OUT or each.name.startswith("."):
            continue
        if each.is_dir() and not each.is_symlink():
            shutil.copytree(each, target / each.name, symlinks=True)
        elif each.is_file():
            shutil.copy2(each, target / each.name)


def _sync(folder: Path) -> None:
    for path in (*(each for each in folder.rglob("*") if each.is_file()), folder):
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
