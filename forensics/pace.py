"""How fast files are examined: as fast as the budget of processor and disk allows, and what it cost them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

SAVED_S = 10.0
"""How much of its budget a quiet machine has saved up, in seconds."""
LENT_S = 10.0
"""How much of the budget to come what goes first may use up, in seconds."""
_ASK_EVERY_S = 0.1


@dataclass(slots=True)
class Overrun:
    """A time over budget, in seconds since the epoch: how many files waited, and how many were passed over."""

    start: float
    end: float = 0.0
    waited: int = 0
    passed_over: int = 0
    passed_over_bytes: int = 0


class Pace:
    """A budget that fills up with time and is drawn on by work; asked before each file, from one thread.

    `cpu_share` is in processors, `bytes_per_s` what may be read. `cpu_s` says how much processor time the work has
    taken so far. Work that would be over budget waits, looking every `nap_s`; when it had to for `patience_s` on end,
    it is passed over instead, until the budget is even again.
    """

    def __init__(
        self,
        *,
        cpu_share: float,
        bytes_per_s: float,
        patience_s: float,
        cpu_s: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
        nap_s: float = 0.25,
    ) -> None:
        self._nap_s = nap_s
        self._rates = cpu_share, bytes_per_s
        self._left = [rate * SAVED_S for rate in self._rates]
        self._patience_s = patience_s
        self._cpu_s = cpu_s
        self._cpu_before = cpu_s()
        self._asked = clock()
        self._clock = clock
        self._filled = clock()
        self._behind_since = 0.0
        self._stopping = threading.Event()
        self._overrun: Overrun | None = None
        self.admitted_bytes = 0
        """So much was let through to be read."""

    def admit(self, size: int, *, is_last_chance: bool = False, is_first: Callable[[], bool] = lambda: False) -> bool:
        """Wait until a file of `size` bytes may be examined; False when it is to be passed over for now.

        One that will be gone (`is_last_chance`) is never passed over, unless everything ends. `is_first` is asked over
        budget only: such a file is lent of what is to come, which the others wait for the longer.
        """
        delay_s, lent_s = self._delay_s(), 0.0
        if delay_s <= 0:
            self._behind_since = 0.0
        else:
            lent_s = LENT_S if is_first() else 0.0
            delay_s -= lent_s
            self._begin()
            assert self._overrun is not None
            self._overrun.waited += delay_s > 0
        while delay_s > 0:
            is_over = self._clock() - self._behind_since >= self._patience_s and not is_last_chance
            if is_over or self._stopping.wait(min(delay_s, self._nap_s)):
                self._pass_over(size)
                return False
            delay_s = self._delay_s() - lent_s
        self._left[1] -= size
        self.admitted_bytes += size
        return True

    def overrun(self) -> Overrun | None:
        """The time over budget that ended since the last call, or has gone on for `patience_s`.

        One shorter than a nap, with nothing passed over, is none.
        """
        found = self._overrun
        if found is None or (self._delay_s() > 0 and time.time() - found.start < self._patience_s):
            return None
        found.end, self._overrun = time.time(), None
        is_worth_telling = found.passed_over or found.end - found.start > self._nap_s
        return found if is_worth_telling else None

    def stop(self) -> None:
        """Let nobody wait any more: what is not examined is found at the next start. From any thread."""
        self._stopping.set()

    def _delay_s(self) -> float:
        """Draw what was spent, and say how long until the budget is even."""
        now = self._clock()
        passed_s, self._filled = now - self._filled, now
        if now - self._asked >= _ASK_EVERY_S:
            self._asked, cpu_s = now, self._cpu_s()
            self._left[0] -= max(0.0, cpu_s - self._cpu_before)
            self._cpu_before = cpu_s
        for at, rate in enumerate(self._rates):
            self._left[at] = min(rate * SAVED_S, self._left[at] + rate * passed_s)
        return max(-left / rate for left, rate in zip(self._left, self._rates, strict=True))

    def _begin(self) -> None:
        self._behind_since = self._behind_since or self._clock()
        if self._overrun is None:
            self._overrun = Overrun(start=time.time())

    def _pass_over(self, size: int) -> None:
        self._begin()
        assert self._overrun is not None
        self._overrun.passed_over += 1
        self._overrun.passed_over_bytes += max(0, size)
