"""What became of signed heads off this machine: which witness was told of which, and what authorities stamped.

Both stand beside the log: a witness that is told again, or a stamp that is lost, takes nothing from the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forensics.database import Connection, Row
from forensics.store.access import fetch_all, fetch_one, question
from forensics.store.pen import Pen


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptHead:
    """A signed head: row id of its log, entries it counts, when it was signed (Unix seconds), the note."""

    log: int
    size: int
    time: float
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStamp:
    """What an authority answered of a head; `note` is the head's as it is stored now, empty when it is gone."""

    log: int
    size: int
    time: float
    authority: str
    answer: bytes
    note: str


@question
def untold(connection: Connection, witness: str, *, limit: int) -> Sequence[KeptHead]:
    """The heads of the store's own log that a witness was not told of, the oldest first."""
    sql = (
        "SELECT h.* FROM heads h JOIN logs l ON l.id = h.log AND l.is_own WHERE h.size >"
        " coalesce((SELECT size FROM witnessed w WHERE w.log = h.log AND w.witness = ?), 0) ORDER BY h.size LIMIT ?"
    )
    return [_head(row) for row in fetch_all(connection, sql, [witness, limit])]


def told(pen: Pen, witness: str, head: KeptHead) -> None:
    """Note that a witness knows of a head, and so of all before it; inside the caller's transaction."""
    values = (witness, head.log, head.size, pen.clock())
    pen.connection.execute("INSERT OR REPLACE INTO witnessed VALUES (?, ?, ?, ?)", values)


def forget(pen: Pen, witness: str) -> None:
    """A witness that lost what it was told begins anew; inside the caller's transaction."""
    pen.connection.execute("DELETE FROM witnessed WHERE witness = ?", [witness])


@question
def newest(connection: Connection) -> KeptHead | None:
    """The newest head of the store's own log, or None."""
    sql = "SELECT h.* FROM heads h JOIN logs l ON l.id = h.log AND l.is_own ORDER BY h.size DESC LIMIT 1"
    row = fetch_one(connection, sql)
    return None if row is None else _head(row)


@question
def stamps(connection: Connection) -> Sequence[KeptStamp]:
    """Every stamp, the oldest first."""
    sql = (
        "SELECT s.*, coalesce(h.note, '') AS note FROM stamps s"
        " LEFT JOIN heads h ON h.log = s.log AND h.size = s.size ORDER BY s.log, s.size, s.time"
    )
    return [
        KeptStamp(
            log=row["log"],
            size=row["size"],
            time=row["time"],
            authority=row["authority"],
            answer=row["answer"],
            note=row["note"],
        )
        for row in fetch_all(connection, sql)
    ]


def keep_stamp(pen: Pen, head: KeptHead, *, time: float, authority: str, answer: bytes) -> None:
    """Keep what an authority answered; inside the caller's transaction."""
    values = (head.log, head.size, time, authority, answer)
    pen.connection.execute("INSERT OR REPLACE INTO stamps VALUES (?, ?, ?, ?, ?)", values)


def _head(row: Row) -> KeptHead:
    return KeptHead(log=row["log"], size=row["size"], time=row["time"], note=str(row["note"]))
