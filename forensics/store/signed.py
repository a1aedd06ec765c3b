"""The signed heads that a store keeps of a log, checked."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.custody import keys, notes
from forensics.database import Connection, Row
from forensics.errors import Malformed

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
