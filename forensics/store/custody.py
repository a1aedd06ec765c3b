"""The chain of custody: every entry is kept as canonical bytes that name the digest of the entry before.

An entry for evidence also carries the digest of that evidence's rows, so that an edit there breaks the chain too.
A bare chain cannot show by itself that its newest entries were cut off and everything rewritten; what is checked
here is that the database still agrees with how many entries it has handed out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forensics.database import Connection
from forensics.model import CustodyEntry
from forensics.store.texts import stored, stored_time

FIRST = "0" * 64
"""What the first entry names as the digest before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest entry: its id and digest."""

    id: int
    digest: str


def canonical(value: object) -> str:
    """The one JSON text of a value: ASCII, sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest_of(text: str) -> str:
    """The SHA-256 of canonical text, hexadecimal."""
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def head(connection: Connection) -> Head:
    """The newest entry, read inside the writer's transaction."""
    row = connection.execute("SELECT id, digest FROM custody ORDER BY id DESC LIMIT 1").fetchone()
    return Head(id=row[0], digest=row[1]) if row is not None else Head(id=0, digest=FIRST)


def append(
    connection: Connection,
    entry: CustodyEntry,
    *,
    after: Head,
    agent: str,
    epoch: tuple[int, int],
    seq: int,
    facts: Mapping[str, Any],
) -> Head:
    """Add an entry after `after`; `epoch` is its row id and its number. Returns the new head.

    `facts` (evidence digest, state, kept digests) become part of the canonical bytes.
    """
    text = canonical(
        {
            **facts,
            "id": after.id + 1,
            "previous": after.digest,
            "agent": agent,
            "epoch": epoch[1],
            "seq": seq,
            "time": stored_time(entry.time),
            "actor": stored(entry.actor, 500),
            "action": stored(entry.action, 100),
            "subject": stored(entry.subject, 200),
            "detail": stored(entry.detail),
        }
    )
    new = Head(id=after.id + 1, digest=digest_of(text))
    connection.execute(
        "INSERT INTO custody (id, epoch, seq, entry, digest) VALUES (?, ?, ?, ?, ?)",
        (new.id, epoch[0], seq, text, new.digest),
    )
    return new
