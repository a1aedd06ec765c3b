"""What an export takes out of the log: which observations alerts stand for, and entries exactly as they are chained."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from forensics.custody.chain import Entry
from forensics.database import Connection
from forensics.store.access import fetch_all, fetch_each, fetch_one, marks, question

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One log of the store: its row id, the agent whose it is and the epoch. The store's `is_own` is written to."""

    id: int
    agent: str
    epoch: int
    is_own: bool


@question
def observations_of(connection: Connection, alerts: Collection[int]) -> Mapping[int, int]:
    """The observation each of these alerts was raised on."""
    found: dict[int, int] = {}
    for some in _portions(sorted(alerts)):
        sql = f"SELECT id, entry FROM alerts WHERE id IN ({marks(len(some))})"
        found.update((row["id"], row["entry"]) for row in fetch_all(connection, sql, some))
    return found


@question
def logs(connection: Connection) -> list[Life]:
    """Every log, the oldest first."""
    rows = fetch_all(connection, "SELECT id, agent, epoch, is_own FROM logs ORDER BY id")
    return [Life(id=row["id"], agent=row["agent"], epoch=row["epoch"], is_own=bool(row["is_own"])) for row in rows]


@question
def entries(connection: Connection, log: Life, ids: Collection[int]) -> list[Entry]:
    """Those of the entries with these row ids that are of this log, with what they refer to, in their order.

    An observation refers to the entry that says who recorded it with which engine and rules.
    """
    found: dict[int, Entry] = {}
    for some in _portions(sorted(ids)):
        named = f"SELECT id FROM entries WHERE log = ? AND id IN ({marks(len(some))})"
        referred = (
            "SELECT v.id FROM observations o JOIN entries v ON v.log = o.log AND v.seq = o.versions AND v.kind = 'V'"
            f" WHERE o.log = ? AND o.id IN ({marks(len(some))})"
        )
        sql = f"SELECT seq, lower(hex(key)) AS key, body, digest FROM entries WHERE id IN ({named} UNION {referred})"
        for row in fetch_all(connection, sql, [log.id, *some, log.id, *some]):
            found[row["seq"]] = (log.agent, log.epoch, row["seq"], row["key"] or "", row["body"], bytes(row["digest"]))
    return [found[seq] for seq in sorted(found)]


def digests(connection: Connection, log: Life) -> Iterator[bytes]:
    """The digests of all entries of a log, in their order."""
    sql = "SELECT digest FROM entries WHERE log = ? ORDER BY seq"
    for row in fetch_each(connection, sql, [log.id]):
        yield bytes(row["digest"])


@question
def notes(connection: Connection, log: Life) -> list[tuple[int, str]]:
    """The signed heads of a log as (size, note), the smallest first."""
    rows = fetch_all(connection, "SELECT size, note FROM heads WHERE log = ? ORDER BY size", [log.id])
    return [(row["size"], str(row["note"])) for row in rows]


@question
def size(connection: Connection, log: Life) -> int:
    """How many entries a log has."""
    row = fetch_one(connection, "SELECT size FROM logs WHERE id = ?", [log.id])
    return int(row["size"]) if row is not None else 0


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(ids), _AT_ONCE):
        yield ids[at : at + _AT_ONCE]
