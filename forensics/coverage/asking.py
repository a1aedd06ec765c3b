"""The ledger of a store, for whoever reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from forensics.coverage.ledger import CHANNELS, make
from forensics.coverage.model import Ledger, Level
from forensics.coverage.tiling import NOBODY
from forensics.coverage.watching import unwatched
from forensics.database import Connection
from forensics.store import reader, watches
from forensics.store.access import fetch_one
from forensics.store.rows import GapRow

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


def of_late(connection: Connection, now: float, seconds: float) -> Ledger:
    """The ledger of the last `seconds`, or since the first sensor of this store began, where that is later.

    It ends with the last heartbeat where sensors run. Raises StoreError.
    """
    end = told_until(connection, now)
    row = fetch_one(connection, "SELECT min(first) AS first FROM watches")
    first = row["first"] if row is not None and row["first"] is not None else -math.inf
    return ledger(connection, min(end, max(end - seconds, first)), end)


def blind(connection: Connection, since: float, until: float, *, limit: int) -> tuple[GapRow, ...]:
    """The `limit` newest gaps that touch the time, with those nobody could record: when no sensor ran (their id is 0).

    Raises StoreError.
    """
    recorded = reader.gaps(connection, since=since, until=until, limit=limit)
    lost = (
        GapRow(id=0, sensor="", channel="all", start=start, end=end, cause=NOBODY, size=-1, unit="events", detail="")
        for start, end in unwatched(watches.runs(connection, since=since, until=until), since, until)
    )
    return tuple(sorted((*recorded, *lost), key=lambda gap: gap.start, reverse=True)[:limit])


def told_until(connection: Connection, now: float) -> float:
    """Now, or the last heartbeat where sensors run: of what came after nothing can be told yet. Raises StoreError."""
    beats = [row.time for row in reader.sensors(connection) if row.state != "stopped" and row.time <= now]
    return min(beats) if (beats := [beat for beat in beats if now - beat <= watches.MISSED_S]) else now


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of the time of the channels that any sensor watched was covered or opaque, 0.0 to 1.0 each."""

    covered: float
    opaque: float


def share(found: Ledger) -> Share | None:
    """The shares of a ledger; None where no sensor watched anything."""
    watched = [channel for channel in found.channels if channel.sensors]
    whole = sum(each.seconds for channel in watched for each in channel.intervals)
    if not whole:
        return None
    covered, opaque = (sum(each.seconds(level) for each in watched) for level in (Level.COVERED, Level.OPAQUE))
    return Share(covered=covered / whole, opaque=opaque / whole)
