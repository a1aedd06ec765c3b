"""How the self-check stands: for each sensor and channel what was sent last, whether it was seen, and how soon."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from forensics.database import Connection
from forensics.store import canaries
from forensics.store.access import fetch_all, question
from forensics.store.canaries import FOUND, MISSED, UNDER_WAY, Canary
from forensics.store.texts import restored

MOST = 500
"""So many of the last canaries are counted."""
SILENT_S = 90.0
"""A sensor whose last heartbeat is so much older than the newest of all watches no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of one sensor and channel. `last` is the last canary of which it is known what became of it, or
    the one under way where there is none yet; the quantiles are seconds from sending to the alert of those seen in
    time, None without any. `is_watched` says whether the sensor watched to the last: a medium may be gone since.
    """

    channel: str
    sensor: str
    last: Canary
    sent: int
    seen: int
    missed: int
    p50_s: float | None
    p95_s: float | None
    is_watched: bool

    @property
    def is_missed(self) -> bool:
        """Say whether the last canary was missed by a sensor that is still there."""
        return self.last.outcome == MISSED and self.is_watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Selfcheck:
    """All of it, and when the next canaries are due (Unix seconds); None while none are planned."""

    standings: tuple[Standing, ...] = ()
    next: float | None = None

    @property
    def missed(self) -> tuple[Standing, ...]:
        """Those whose last canary was missed."""
        return tuple(each for each in self.standings if each.is_missed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a line has room for: when the next canaries are due (None: none are planned), and the channels of which the
    last one was missed, by sensors that watch.
    """

    next: float | None = None
    missed: tuple[str, ...] = ()


@question
def brief(connection: Connection) -> Brief:
    """How the self-check stands, cheap enough to be asked at every change of the store. Raises StoreError."""
    sql = (
        "SELECT channel, sensor, outcome FROM canaries WHERE id IN (SELECT max(id) FROM canaries WHERE outcome != ''"
        f" AND id > (SELECT max(id) FROM canaries) - {MOST} AND log IN"
        " (SELECT id FROM logs WHERE agent = (SELECT agent FROM logs WHERE is_own)) GROUP BY sensor, channel)"
    )
    missed = [row for row in fetch_all(connection, sql) if row["outcome"] == MISSED]
    watched = _watched(connection) if missed else frozenset()
    channels = {restored(row["channel"]) for row in missed if restored(row["sensor"]) in watched}
    return Brief(next=canaries.planned(connection), missed=tuple(sorted(channels)))


@question
def selfcheck(connection: Connection) -> Selfcheck:
    """How the self-check of this store stands, by sensor and channel. Raises StoreError."""
    by_way: dict[tuple[str, str], list[Canary]] = {}
    for canary in canaries.newest(connection, MOST):
        by_way.setdefault((canary.sensor, canary.channel), []).append(canary)
    watched = _watched(connection) if by_way else frozenset()
    standings = (_standing(by_way[way], is_watched=way[0] in watched) for way in sorted(by_way))
    return Selfcheck(standings=tuple(standings), next=canaries.planned(connection))


def _watched(connection: Connection) -> frozenset[str]:
    """The sensors that watched to the last."""
    rows = fetch_all(connection, "SELECT sensor, time FROM sensors")
    newest = max((row["time"] for row in rows), default=0.0)
    return frozenset(restored(row["sensor"]) for row in rows if newest - row["time"] < SILENT_S)


def _standing(found: Sequence[Canary], *, is_watched: bool) -> Standing:
    """Of the canaries of one sensor and channel, the newest first."""
    last = next((canary for canary in found if canary.outcome != UNDER_WAY), found[0])
    times = sorted(canary.detected_s or 0.0 for canary in found if canary.outcome == FOUND)
    return Standing(
        channel=last.channel,
        sensor=last.sensor,
        last=last,
        sent=len(found),
        seen=len(times),
        missed=sum(canary.outcome == MISSED for canary in found),
        p50_s=_quantile(times, 0.5),
        p95_s=_quantile(times, 0.95),
        is_watched=is_watched,
    )


def _quantile(times: Sequence[float], share: float) -> float | None:
    """The smallest time that so large a share of them do not exceed."""
    if not times:
        return None
    return times[max(0, math.ceil(share * len(times)) - 1)]
