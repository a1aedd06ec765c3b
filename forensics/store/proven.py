"""Entries for others, with everything by which they can hold them against the logs they come from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from forensics.custody import bundle, notes
from forensics.custody.chain import Entry
from forensics.custody.keys import VerifierKey
from forensics.database import Connection, Row
from forensics.errors import Malformed, StoreError
from forensics.store import signed
from forensics.store.access import fetch_all, fetch_each, marks, question

_AT_ONCE = 500


@question
def proven(connection: Connection, ids: Collection[int]) -> bundle.Part:
    """The entries of these row ids, and what proves that they stood in their logs when heads were signed.

    Of each log there are the earliest head that counts each entry, and the newest. Reads the digests of the whole of
    each log. Raises StoreError when an entry is not there, or no head counts it yet: one is signed when a store is
    closed.
    """
    rows = sorted(_rows(connection, sorted(ids)), key=lambda row: (row["agent"], row["epoch"], row["seq"]))
    if len(rows) != len(set(ids)):
        raise StoreError("some of the entries are not in the evidence store")
    parts = [_of_one_log(connection, list(some)) for _, some in groupby(rows, key=lambda row: row["log"])]
    return bundle.Part(
        entries=[entry for part in parts for entry in part.entries],
        heads=[head for part in parts for head in part.heads],
        keys=[key for part in parts for key in part.keys],
        inclusion=[proof for part in parts for proof in part.inclusion],
        consistency=[proof for part in parts for proof in part.consistency],
    )


def _rows(connection: Connection, ids: Sequence[int]) -> Iterator[Row]:
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        sql = (
            "SELECT e.log, l.agent, l.epoch, e.seq, e.key, e.body, e.digest FROM entries e JOIN logs l ON l.id = e.log"
            f" WHERE e.id IN ({marks(len(some))})"
        )
        yield from fetch_each(connection, sql, some)


def _of_one_log(connection: Connection, rows: Sequence[Row]) -> bundle.Part:
    log, agent, epoch = rows[0]["log"], rows[0]["agent"], rows[0]["epoch"]
    seqs = [row["seq"] for row in rows]
    sizes = [row["size"] for row in fetch_all(connection, "SELECT size FROM heads WHERE log = ? ORDER BY size", [log])]
    if not sizes or sizes[-1] < seqs[-1]:
        raise StoreError(f"no signed head of log {agent}:{epoch} counts entry {seqs[-1]} yet")
    chosen = sorted({sizes[bisect_left(sizes, seq)] for seq in seqs} | {sizes[-1]})
    keys = signed.keys_of(connection, log)
    sql = "SELECT digest FROM entries WHERE log = ? AND seq <= ? ORDER BY seq"
    digests = (row["digest"] for row in fetch_each(connection, sql, [log, chosen[-1]]))
    inclusion, consistency = bundle.prove_part(agent, epoch, digests, seqs=seqs, sizes=chosen)
    return bundle.Part(
        entries=[_entry(row) for row in rows],
        heads=[_head(connection, log, size, keys) for size in chosen],
        keys=keys,
        inclusion=inclusion,
        consistency=consistency,
    )


def _entry(row: Row) -> Entry:
    return row["agent"], row["epoch"], row["seq"], (row["key"] or b"").hex(), row["body"], row["digest"]


def _head(connection: Connection, log: int, size: int, keys: Sequence[VerifierKey]) -> notes.Note:
    (row,) = fetch_all(connection, "SELECT note FROM heads WHERE log = ? AND size = ?", [log, size])
    try:
        note = notes.Note.parse(str(row["note"]).encode())
        notes.check_head(note, keys)
    except Malformed as error:
        raise StoreError(
            f"the signed head of {size} entries does not hold ({error}); see `earwitness verify`"
        ) from error
    return note
