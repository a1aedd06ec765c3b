"""How much less is heard than there is to hear while others open too many files, and the gap that tells of it."""

from __future__ import annotations

import time
from collections.abc import Callable

from forensics.model import Gap
from forensics.sensors.files.opens import OPEN_EXEC, Opens
from forensics.sensors.share import Share

_LEVELS = (-1, OPEN_EXEC, 0)
"""What is asked of the kernel: everything, only which programs are run, nothing."""
_DEEPEST_DEBT_S = 0.05
_CALM_S = 2.0
_TELL_EVERY_S = 60.0
_RATE_OVER_S = 1.0


class Lapse:
    """Narrows what is asked of the kernel while the share is overspent. Used from one thread.

    What is queued when less is asked for is thrown away. A storm lasts until nothing had to be narrowed for two
    seconds; at its end, and every minute of it, `gap` is told. How many events the kernel did not tell of is estimated
    by the rate at which they came before.
    """

    def __init__(self, gap: Callable[[Gap], None]) -> None:
        self._gap = gap
        self._level = 0
        self._since = time.monotonic()
        """When what is asked was last changed, or while it is everything, when counting began anew."""
        self._heard = 0
        self._rate = 0.0
        self._storm_at = 0.0
        self._told_at = 0.0
        self._missed = 0.0
        self._deaf_s = 0.0

    @property
    def is_storm(self) -> bool:
        """Say whether more was to be heard lately than could be."""
        return self._storm_at > 0

    def narrowed(self, mask: int) -> int:
        """What of the mask to ask the kernel for now."""
        return mask & _LEVELS[self._level]

    def heard(self, events: int) -> None:
        """So many openings were taken."""
        self._heard += events

    def judge(self, share: Share, opens: Opens) -> None:
        """Ask for less, or for everything again, by what is left of the share."""
        now = time.monotonic()
        if opens.overflows:
            opens.overflows = 0
            self._gap(lapse_of("openings queue overflow", start=time.time(), detail="the kernel dropped openings"))
        if self._level == 0 and share.debt_s > 0:
            self._rate = (self._heard + opens.queued) / max(now - self._since, 1e-3)
            self._storm_at = self._storm_at or time.time()
            self._told_at = self._told_at or now
            self._change(1, now)
            self._missed += opens.drop(self.narrowed(opens.mask))
        elif self._level == 1 and share.debt_s > _DEEPEST_DEBT_S:
            self._change(2, now)
        elif self._level > 0 and share.is_ample:
            self._change(0, now)
        elif self._level == 0 and self.is_storm and now - self._since > _CALM_S:
            self.end()
        elif self._level == 0 and not self.is_storm and now - self._since > _RATE_OVER_S:
            self._since, self._heard = now, 0
        if self.is_storm and now - self._told_at > _TELL_EVERY_S:
            self._tell()
            self._storm_at, self._told_at = time.time(), now

    def end(self) -> None:
        """The storm is over, or nobody listens any more: tell of it."""
        if self.is_storm:
            self._change(0, time.monotonic())
            self._tell()
            self._storm_at = self._told_at = 0.0

    def _change(self, level: int, now: float) -> None:
        if self._level > 0:
            self._deaf_s += now - self._since
            self._missed += self._rate * (now - self._since)
        self._level, self._since, self._heard = level, now, 0

    def _tell(self) -> None:
        whole_s = time.time() - self._storm_at
        self._gap(
            lapse_of(
                "too many files opened to hear of each",
                start=self._storm_at,
                size=round(self._missed),
                detail=f"for {self._deaf_s:.1f} of {whole_s:.1f} s it was not heard who opened which file; "
                "the number is an estimate",
            )
        )
        self._missed = self._deaf_s = 0.0


def lapse_of(cause: str, *, start: float, size: int = -1, detail: str = "") -> Gap:
    """The gap for what was not heard since `start` (Unix seconds)."""
    return Gap(
        sensor="hearing",
        channel="all",
        start=start,
        end=time.time(),
        cause=cause,
        size=size,
        unit="events",
        detail=detail,
    )
