"""Taking over the logs of another store: a workstation's into a central one, or what is left of a damaged one.

Entries come with the number, the key, the body and the digest they have, so that their own chain and heads go on
speaking for them; what is made from them is made anew here. Taking the same over again adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forensics.custody.chain import BEFORE_FIRST, canonical, digest_after, leaf_of
from forensics.custody.tree import Frontier
from forensics.database import Connection, Row
from forensics.errors import StoreError
from forensics.store.access import fetch_all, fetch_each
from forensics.store.pen import Pen
from forensics.store.projection import Projection

GROUP = 1000
"""Entries in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of one log: how many entries it has there, how many of them are new here."""

    agent: str
    epoch: int
    size: int
    added: int


@dataclass(slots=True)
class _End:
    """Where a log ends here."""

    id: int
    size: int
    digest: bytes
    frontier: Frontier


def merge(pen: Pen, other: Connection) -> Iterator[Taken]:
    """Add what another store's logs hold and ours do not, log by log.

    Raises StoreError where they tell two stories: a chain that does not hold, or an entry that is another one here.
    What was added before stays, for it is whole.
    """
    for log in fetch_all(other, "SELECT * FROM logs ORDER BY id"):
        yield _take(pen, other, log)


def _take(pen: Pen, other: Connection, log: Row) -> Taken:
    agent, epoch = str(log["agent"]), int(log["epoch"])
    if (agent, epoch) == (pen.log.agent, pen.log.epoch):
        return _own(pen, other, log)
    with pen.transaction():
        end = _end(pen, agent, epoch, float(log["started"]))
        _check_fork(pen, other, log, end)
    added = 0
    for group in _groups(other, log["id"], end.size):
        with pen.transaction():
            _add(pen, end, f"{agent}:{epoch}", group)
        added += len(group)
    with pen.transaction():
        _heads(pen, other, log, end)
        if added:
            name = f"{agent}:{epoch}"
            first = end.size - added + 1
            pen.note("import", f"log {name}", f"entries {first} to {end.size}, which end in {end.digest.hex()}")
    return Taken(agent=agent, epoch=epoch, size=end.size, added=added)


def _own(pen: Pen, other: Connection, log: Row) -> Taken:
    """A copy of this store's own log: it may be shorter, but can neither differ nor go on elsewhere."""
    with pen.transaction():
        end = _end(pen, pen.log.agent, pen.log.epoch, 0.0)
        _check_fork(pen, other, log, end)
    if log["size"] > end.size:
        raise StoreError(
            f"log {log['agent']}:{log['epoch']} goes on to entry {log['size']} there and ends at {end.size} here,"
            " though it is this store's own: one was set back; `earwitness restore` begins a new epoch"
        )
    return Taken(agent=pen.log.agent, epoch=pen.log.epoch, size=end.size, added=0)


def _end(pen: Pen, agent: str, epoch: int, started: float) -> _End:
    execute = pen.connection.execute
    sql = "SELECT id, size, digest, frontier FROM logs WHERE agent = ? AND epoch = ?"
    row = execute(sql, (agent, epoch)).fetchone()
    if row is None:
        execute(
            "INSERT INTO logs (agent, epoch, started, is_own, size, digest, frontier) VALUES (?, ?, ?, 0, 0, ?, ?)",
            (agent, epoch, started, BEFORE_FIRST, Frontier().to_bytes()),
        )
        row = execute(sql, (agent, epoch)).fetchone()
    frontier = Frontier.from_bytes(row["frontier"])
    return _End(id=row["id"], size=row["size"], digest=row["digest"], frontier=frontier)


def _check_fork(pen: Pen, other: Connection, log: Row, end: _End) -> None:
    """The last entry that both have must be the same one. Raises StoreError."""
    common = min(end.size, log["size"])
    sql = "SELECT digest FROM entries WHERE log = ? AND seq = ?"
    ours = fetch_all(pen.connection, sql, (end.id, common))
    theirs = fetch_all(other, sql, (log["id"], common))
    if common and [row[0] for row in ours] != [row[0] for row in theirs]:
        raise StoreError(f"log {log['agent']}:{log['epoch']} tells another story there: entry {common} is not the same")


def _groups(other: Connection, log: int, after: int) -> Iterator[list[Row]]:
    group: list[Row] = []
    sql = "SELECT seq, kind, key, body, digest FROM entries WHERE log = ? AND seq > ? ORDER BY seq"
    for row in fetch_each(other, sql, (log, after)):
        group.append(row)
        if len(group) == GROUP:
            yield group
            group = []
    if group:
        yield group


def _add(pen: Pen, end: _End, name: str, group: list[Row]) -> None:
    """Check and add entries, and make what follows from them; inside a transaction."""
    agent, epoch = name.split(":")
    execute, projection = pen.connection.execute, Projection(pen)
    before = execute("SELECT coalesce(max(id), 0) FROM entries").fetchone()[0]
    rows = []
    for id, (seq, kind, key, body, digest) in enumerate(group, before + 1):
        text = canonical(agent, int(epoch), seq, (key or b"").hex(), body)
        if seq != end.size + 1 or digest_after(end.digest, text) != digest or body[2:3] != kind:
            raise StoreError(f"log {name} does not hold at entry {end.size + 1}; `earwitness verify` there says more")
        rows.append((id, end.id, seq, kind, key, body, digest))
        end.size, end.digest = seq, digest
        end.frontier.append(leaf_of(digest))
    pen.connection.executemany(
        "INSERT INTO entries (id, log, seq, kind, key, body, digest) VALUES (?, ?, ?, ?, ?, ?, ?)", rows
    )
    for id, log, seq, _, _, body, _ in rows:
        projection.take(id=id, log=log, seq=seq, body=body)
    projection.finish()
    execute(
        "UPDATE logs SET size = ?, digest = ?, frontier = ? WHERE id = ?",
        (end.size, end.digest, end.frontier.to_bytes(), end.id),
    )


def _heads(pen: Pen, other: Connection, log: Row, end: _End) -> None:
    """The signed heads, which `custody.examine` checks here like our own."""
    rows = fetch_all(other, "SELECT size, time, note FROM heads WHERE log = ? AND size <= ?", (log["id"], end.size))
    pen.connection.executemany(
        "INSERT OR IGNORE INTO heads VALUES (?, ?, ?, ?)",
        [(end.id, row["size"], row["time"], row["note"]) for row in rows],
    )
