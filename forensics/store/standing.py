"""How the self-check stands: for each sensor and channel what was sent last, whether it was seen, and how soon."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from forensics.database import Connection
from forensics.store import canaries
from forensics.store.access import question
from forensics.store.canaries import FOUND, MISSED, UNDER_WAY, Canary

MOST = 2000
"""So many of the last canaries are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of one sensor and channel. `last` is the last canary of which it is known what became of it, or
    the one under way where there is none yet; the quantiles are seconds from sending to the alert of those seen in
    time, None without any.
    """

    channel: str
    sensor: str
    last: Canary
    sent: int
    seen: int
    missed: int
    p50_s: float | None
    p95_s: float | None

    @property
    def is_missed(self) -> bool:
        """Say whether the last canary was missed."""
        return self.last.outcome == MISSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Selfcheck:
    """All of it, and when the next canaries are due (Unix seconds); None while none are planned."""

    standings: tuple[Standing, ...] = ()
    next: float | None = None

    @property
    def missed(self) -> tuple[Standing, ...]:
        """Those whose last canary was missed."""
        return tuple(each for each in self.standings if each.is_missed)


@question
def selfcheck(connection: Connection) -> Selfcheck:
    """How the self-check of this store stands, by sensor and channel. Raises StoreError."""
    by_way: dict[tuple[str, str], list[Canary]] = {}
    for canary in canaries.newest(connection, MOST):
        by_way.setdefault((canary.sensor, canary.channel), []).append(canary)
    standings = (_standing(by_way[way]) for way in sorted(by_way))
    return Selfcheck(standings=tuple(standings), next=canaries.planned(connection))


def _standing(found: Sequence[Canary]) -> Standing:
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
    )


def _quantile(times: Sequence[float], share: float) -> float | None:
    """The smallest time that so large a share of them do not exceed."""
    if not times:
        return None
    return times[max(0, math.ceil(share * len(times)) - 1)]
