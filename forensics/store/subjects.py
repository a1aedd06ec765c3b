"""What the ids that people use (`A12`, `I3`, `O57`) mean to every machine: a letter and an entry of a log."""

from __future__ import annotations

import re

from forensics.database import Connection

_ID = re.compile(r"([AIOGQC])(\d{1,18})")
_CASE = re.compile(r"case-(\d{1,18})")
_NAME = re.compile(r"([AI]):([0-9a-f]{32}):(\d{1,18}):(\d{1,18})")
_WHERE = {
    "A": "SELECT log, seq FROM entries WHERE id = (SELECT entry FROM alerts WHERE id = ?)",
    "I": "SELECT log, seq FROM incidents WHERE id = ?",
}
_ENTRY = "SELECT log, seq FROM entries WHERE id = ?"


def resolve(connection: Connection, subject: str) -> str:
    """`A12` as `A:agent:epoch:seq` of the entry it was made from; other subjects as they are."""
    if case := _CASE.fullmatch(subject):
        row = connection.execute("SELECT name FROM cases WHERE id = ?", [int(case[1])]).fetchone()
        return subject if row is None else f"case:{row['name']}"
    hit = _ID.fullmatch(subject)
    if hit is None:
        return subject
    row = connection.execute(_WHERE.get(hit[1], _ENTRY), [int(hit[2])]).fetchone()
    if row is None:
        return subject
    log = connection.execute("SELECT agent, epoch FROM logs WHERE id = ?", [row["log"]]).fetchone()
    return f"{hit[1]}:{log['agent']}:{log['epoch']}:{row['seq']}"


def find(connection: Connection, name: str) -> int | None:
    """The id in this store of an alert or incident that is named `A:agent:epoch:seq` or `I:...`."""
    hit = _NAME.fullmatch(name)
    if hit is None:
        return None
    sql = {
        "A": "SELECT a.id FROM alerts a JOIN entries e ON e.id = a.entry JOIN logs l ON l.id = e.log",
        "I": "SELECT e.id FROM incidents e JOIN logs l ON l.id = e.log",
    }[hit[1]]
    place = (hit[2], int(hit[3]), int(hit[4]))
    row = connection.execute(f"{sql} WHERE l.agent = ? AND l.epoch = ? AND e.seq = ?", place).fetchone()
    return None if row is None else int(row["id"])
