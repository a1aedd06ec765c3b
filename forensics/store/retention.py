"""How long content is kept: until its time is over, unless it is held; then the shares of its key are destroyed.

What was recorded of it (names, digests, fingerprints, matches, proofs) stays, and so does who destroyed it and why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from forensics.database import Connection, Row
from forensics.errors import StoreError
from forensics.pseudonyms import PERSON
from forensics.store.access import fetch_all, fetch_one, question
from forensics.store.blobs import Blobs
from forensics.store.pen import Pen
from forensics.store.rows import HoldRow, KeptRow
from forensics.store.texts import restored, stored, stored_time

DIGEST = "sha256:"
_DIGITS = re.compile(r"[0-9a-f]{8,64}")
_SUBJECT = re.compile(r"sha256:[0-9a-f]{64}|[AI][0-9]{1,18}")


@question
def holds(connection: Connection) -> tuple[HoldRow, ...]:
    """What is held, oldest first."""
    rows = fetch_all(connection, "SELECT * FROM holds ORDER BY since, subject")
    return tuple(
        HoldRow(
            subject=restored(row["subject"]),
            since=row["since"],
            actor=restored(row["actor"]),
            reason=restored(row["reason"]),
        )
        for row in rows
    )


@question
def kept(connection: Connection, sha256: str) -> KeptRow | None:
    """The kept content of a digest, or None."""
    row = fetch_one(connection, "SELECT * FROM content WHERE sha256 = ?", [stored(sha256)])
    return _kept(row) if row is not None else None


@question
def kept_of(connection: Connection, subject: str) -> tuple[str, ...]:
    """The digests of content that was kept for a digest, an alert or an incident, sorted."""
    if subject.startswith(DIGEST):
        return (subject.removeprefix(DIGEST),)
    where = "incident" if subject.startswith("I") else "id"
    sql = f"SELECT o.kept FROM alerts a JOIN observations o ON o.id = a.entry WHERE a.{where} = ?"
    rows = fetch_all(connection, sql, [int(subject[1:])])
    return tuple(sorted({str(digest) for row in rows for digest in json.loads(row["kept"])}))


@question
def due(connection: Connection, *, before: float) -> tuple[KeptRow, ...]:
    """Content that was first kept before that time (Unix seconds) and is not held, oldest first."""
    held = _held(connection, [hold.subject for hold in holds(connection)])
    rows = fetch_all(connection, "SELECT * FROM content WHERE added < ? ORDER BY added, sha256", [before])
    return tuple(_kept(row) for row in rows if row["sha256"] not in held)


@question
def held_people(connection: Connection) -> frozenset[str]:
    """The people, as evidence calls them, of the alerts and incidents that are held."""
    sql = "SELECT DISTINCT o.user FROM alerts a JOIN observations o ON o.id = a.entry WHERE a.{} = ?"
    found = [
        fetch_all(connection, sql.format("incident" if hold.subject.startswith("I") else "id"), [int(hold.subject[1:])])
        for hold in holds(connection)
        if not hold.subject.startswith(DIGEST)
    ]
    return frozenset(str(row["user"]) for rows in found for row in rows)


@question
def subjects(connection: Connection, text: str) -> tuple[str, ...]:
    """What a person means by `a12`, `I3` or the first 8 digits or more of a SHA-256 of kept content; all that fit."""
    if _SUBJECT.fullmatch(text.upper()) is not None:
        return (text.upper(),) if _is_there(connection, text.upper()) else ()
    digits = text.lower().removeprefix(DIGEST)
    if not _DIGITS.fullmatch(digits):
        return ()
    sql = "SELECT sha256 FROM content WHERE sha256 >= ? AND sha256 < ? LIMIT 2"
    return tuple(f"{DIGEST}{row['sha256']}" for row in fetch_all(connection, sql, [digits, digits + "g"]))


def hold(pen: Pen, subject: str, reason: str) -> None:
    """Hold a digest, alert or incident; inside the caller's transaction. Raises StoreError when there is none."""
    if _SUBJECT.fullmatch(subject) is None or not _is_there(pen.connection, subject):
        raise StoreError(f"{subject}: there is no such alert or incident, nor content that is kept")
    values = (stored(subject, 200), stored_time(pen.clock()), stored(pen.actor, 500), stored(reason, 1000))
    pen.connection.execute("INSERT OR REPLACE INTO holds VALUES (?, ?, ?, ?)", values)
    _extend(pen)
    pen.note("hold", subject, reason)


def release(pen: Pen, subject: str, reason: str) -> None:
    """End a hold; inside the caller's transaction. Raises StoreError when there is none."""
    if not pen.connection.execute("DELETE FROM holds WHERE subject = ?", [stored(subject, 200)]).rowcount:
        raise StoreError(f"{subject}: is not held")
    pen.connection.execute("DELETE FROM held WHERE subject = ?", [stored(subject, 200)])
    pen.note("hold ended", subject, reason)


def shred(pen: Pen, blobs: Blobs, sha256: str, why: str) -> KeptRow | None:
    """Destroy one object; inside the caller's transaction, which keeps others from recording it meanwhile.

    A crash between file and row leaves a row without a file, which the next call puts right.
    """
    row = kept(pen.connection, sha256)
    if row is None or sha256 in _extend(pen):
        return None
    blobs.destroy(row.path)
    pen.connection.execute("DELETE FROM content WHERE sha256 = ?", [stored(sha256)])
    pen.note("content destroyed", f"{DIGEST}{sha256}", why, size=row.size)
    return row


def forget(pen: Pen, blobs: Blobs, person: str, row: KeptRow, why: str) -> bool:
    """Destroy the sealed name of somebody, unless evidence of theirs is held; says whether it is gone.

    Inside the caller's transaction.
    """
    if person in held_people(pen.connection):
        return False
    blobs.destroy(row.path)
    pen.note("name destroyed", f"{PERSON}{person}", why)
    return True


def shred_unnamed(pen: Pen, blobs: Blobs, *, before: float) -> int:
    """Destroy envelopes that no row names (of a recording that failed) and that are older than that; returns how many.

    Inside the caller's transaction.
    """
    named = {str(row["path"]) for row in fetch_all(pen.connection, "SELECT path FROM content")}
    unnamed = [path for path in blobs.paths(before=before) if path not in named]
    for path in unnamed:
        blobs.destroy(path)
        pen.note("content destroyed", "store", f"{path}: an envelope that no evidence names")
    return len(unnamed)


def _extend(pen: Pen) -> set[str]:
    """Note what belongs to what is held by now; all digests that are held."""
    for row in holds(pen.connection):
        digests = kept_of(pen.connection, row.subject)
        subject = stored(row.subject, 200)
        pen.connection.executemany("INSERT OR IGNORE INTO held VALUES (?, ?)", [(subject, each) for each in digests])
    return _held(pen.connection, ())


def _held(connection: Connection, subjects: Sequence[str]) -> set[str]:
    """What was seen to be held, and what these hold now."""
    seen = {str(row["sha256"]) for row in fetch_all(connection, "SELECT sha256 FROM held")}
    return seen.union(*(kept_of(connection, subject) for subject in subjects))


def _is_there(connection: Connection, subject: str) -> bool:
    if subject.startswith(DIGEST):
        return kept(connection, subject.removeprefix(DIGEST)) is not None
    table = "incidents" if subject.startswith("I") else "alerts"
    return fetch_one(connection, f"SELECT 1 FROM {table} WHERE id = ?", [int(subject[1:])]) is not None


def _kept(row: Row) -> KeptRow:
    return KeptRow(sha256=str(row["sha256"]), size=row["size"], path=str(row["path"]), added=row["added"])
