"""The signed heads that a store keeps of a log, checked."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.custody import keys, notes
from forensics.database import Connection, Row
from forensics.errors import Malformed
from forensics.store.access import fetch_all, question

Root = tuple[int, bytes]
Wrong = tuple[int, str]
"""The size a head gives itself in the table, and what is wrong with it."""


def heads_of(connection: Connection, log: Row) -> tuple[Sequence[keys.VerifierKey], Sequence[Root], Sequence[Wrong]]:
    """The public keys that the log names, the heads they signed as (size, root), and the heads that do not hold."""
    known = keys_of(connection, log["id"])
    found: list[Root] = []
    wrong: list[Wrong] = []
    for row in connection.execute("SELECT size, note FROM heads WHERE log = ? ORDER BY size", [log["id"]]):
        try:
            head = checked(str(row["note"]), known)
        except Malformed as error:
            wrong.append((row["size"], str(error)))
            continue
        if head.log != (log["agent"], log["epoch"]) or head.size != row["size"]:
            wrong.append((row["size"], "it is the head of something else"))
            continue
        found.append((head.size, head.root))
    return known, found, wrong


@question
def all_keys(connection: Connection) -> list[keys.VerifierKey]:
    """The public keys of every log in the store."""
    logs = fetch_all(connection, "SELECT id FROM logs ORDER BY id")
    return [key for log in logs for key in keys_of(connection, log["id"])]


@question
def all_notes(connection: Connection, *, is_newest: bool) -> list[str]:
    """The signed heads of every log as notes, the oldest first; with `is_newest` only the last of each."""
    newest = "SELECT note FROM heads h WHERE size = (SELECT max(size) FROM heads WHERE log = h.log) ORDER BY log"
    sql = newest if is_newest else "SELECT note FROM heads ORDER BY log, size"
    return [str(row["note"]) for row in fetch_all(connection, sql)]


def keys_of(connection: Connection, log: int) -> Sequence[keys.VerifierKey]:
    """The public keys that a log names as its own, the first one first."""
    sql = (
        "SELECT a.detail FROM acts a JOIN entries e ON e.id = a.id"
        " WHERE a.about = 'store' AND a.action = 'signing key' AND e.log = ? ORDER BY a.id"
    )
    found = []
    for row in connection.execute(sql, [log]):
        try:
            found.append(keys.VerifierKey.parse(str(row["detail"])))
        except Malformed:
            continue  # whatever it is, it signs nothing
    return found


def checked(text: str, known: Sequence[keys.VerifierKey]) -> notes.Head:
    """The head a note carries, when one of these keys signed it. Raises Malformed."""
    note = notes.Note.parse(text.encode("utf-8", "surrogatepass"))
    notes.check(note, known)
    return notes.Head.parse(note.text)
