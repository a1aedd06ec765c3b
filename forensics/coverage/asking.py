"""The ledger of a store, for whoever reports."""

from __future__ import annotations

from collections.abc import Sequence

from forensics.coverage.ledger import CHANNELS, make
from forensics.coverage.model import Ledger
from forensics.database import Connection
from forensics.store import reader, watches

_ALL = 1 << 62


def ledger(connection: Connection, since: float, until: float, channels: Sequence[str] = CHANNELS) -> Ledger:
    """What could be seen from `since` up to `until`, Unix seconds. Raises StoreError."""
    return make(
        since,
        until,
        runs=watches.runs(connection, since=since, until=until),
        gaps=reader.gaps(connection, since=since - 1, until=until, limit=_ALL),
        opaque=(row for row in reader.opaque(connection, since=since - 1, limit=_ALL) if row.start < until),
        channels=channels,
    )
