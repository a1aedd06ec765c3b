"""What the ids that people use (`A12`, `I3`, `O57`) mean to every machine: a letter and an entry of a log."""

from __future__ import annotations

import re

from forensics.database import Connection

_ID = re.compile(r"([AIOGQ])(\d{1,18})")
_WHERE = {
    "A": "SELECT log, seq FROM entries WHERE id = (SELECT entry FROM alerts WHERE id = ?)",
    "I": "SELECT log, seq FROM incidents WHERE id = ?",
}
_ENTRY = "SELECT log, seq FROM entries WHERE id = ?"


def resolve(connection: Connection, subject: str) -> str:
    """`A12` as `A:agent:epoch:seq` of the entry it was made from; other subjects as they are."""
    hit = _ID.fullmatch(subject)
    if hit is None:
        return subject
    row = connection.execute(_WHERE.get(hit[1], _ENTRY), [int(hit[2])]).fetchone()
    if row is None:
        return subject
    log = connection.execute("SELECT agent, epoch FROM logs WHERE id = ?", [row["log"]]).fetchone()
    return f"{hit[1]}:{log['agent']}:{log['epoch']}:{row['seq']}"
