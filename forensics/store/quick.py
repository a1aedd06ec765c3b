"""The chain and the tree of a log gone through at the speed of hashing, to say that all of it holds.

Where anything does not hold this says only so; `custody.py` goes through it again and says what and where.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from forensics.custody.chain import BEFORE_FIRST
from forensics.custody.tree import Frontier
from forensics.database import Connection, Row
from forensics.model import Severity

_ALERT = re.compile(rf'\["(?:{"|".join(Severity)})","'.encode())
"""How an alert begins in the body of an observation."""
_SQL = "SELECT seq, CAST(kind AS BLOB), key, CAST(body AS BLOB), digest, id FROM entries WHERE log = ? ORDER BY seq"


@dataclass(slots=True)
class Whole:
    """A log that holds: how far it goes, how many entries its heads speak of, and what was said in it."""

    size: int = 0
    digest: bytes = BEFORE_FIRST
    covered: int = 0
    said: list[tuple[int, int, bytes]] = field(default_factory=list)
    """Number, row id and body of every act, and of every observation with an alert."""


def walk(connection: Connection, log: Row, heads: Sequence[tuple[int, bytes]]) -> Whole | None:
    """Go through a log and the heads of it, (size, root) each; None when anything does not hold."""
    waiting = sorted(heads, reverse=True)
    whole, tree, before, last = Whole(), Frontier(), BEFORE_FIRST, 0
    append = tree.append
    start = f"{log['agent']}:{log['epoch']}:".encode()
    rows = connection.cursor()
    rows.row_factory = None  # tuples, which are made faster
    for seq, kind, key, body, digest, id in rows.execute(_SQL, [log["id"]]):
        last += 1
        prefix = b"%b%d:%b\n" % (start, last, key.hex().encode() if key else b"")
        if seq != last or body is None or body[2:3] != kind or sha256(before + prefix + body).digest() != digest:
            return None
        if kind == b"C" or (kind == b"O" and _ALERT.search(body)):
            whole.said.append((seq, id, body))
        before = digest
        append(sha256(b"\0" + digest).digest())
        while waiting and waiting[-1][0] <= last:
            size, root = waiting.pop()
            if size != last or tree.root() != root:
                return None
            whole.covered = size
    whole.size, whole.digest = last, before
    return None if waiting else whole
