"""A share of a processor for work that others cause: what is spent beyond it is waited for."""

from __future__ import annotations


class Share:
    """Seconds of processor time that come in evenly and are spent as needed. Times are the caller's.

    `share` is seconds for each second; `most_s` is what can be saved up for a burst, and where it begins; `ample_s` is
    what has to be saved before work that was put off may go on.
    """

    def __init__(self, share: float, *, most_s: float, ample_s: float, now: float) -> None:
        self._share = share
        self._most_s = most_s
        self._ample_s = ample_s
        self._saved_s = most_s
        self._at = now

    def spend(self, cpu_s: float, now: float) -> None:
        """So much was spent until now."""
        earned_s = self._share * (now - self._at)
        self._saved_s = min(self._most_s, self._saved_s + earned_s) - cpu_s
        self._at = now

    @property
    def debt_s(self) -> float:
        """Seconds spent beyond the share; 0 when there are none."""
        return max(0.0, -self._saved_s)

    @property
    def is_ample(self) -> bool:
        """Say whether so much is saved that work that was put off may go on."""
        return self._saved_s >= self._ample_s
