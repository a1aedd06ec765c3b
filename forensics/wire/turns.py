"""Whose turn it is: what a side of a connection says is told behind the bytes of the other side that it answers.

Every TCP segment acknowledges what its sender has. Where a tap shows an answer before what it answers, as those with
two ports or several queues do, the answer waits; but not for long, since what was acknowledged is not sent again: if it
does not come, the tap has lost it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

WAIT_S = 0.5
"""How long an answer waits for what it answers."""
WAITING_LIMIT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Said:
    """Bytes, the size of a hole, or None for the end of a side; `after` counts bytes of the other side before it."""

    what: bytes | int | None
    after: int
    time: float
    is_fresh: bool = False
    """Whether a burst begins with it."""

    @property
    def size(self) -> int:
        """How far the side gets by it; an end counts as a byte, for it is acknowledged like one."""
        return 1 if self.what is None else self.what if isinstance(self.what, int) else len(self.what)


class Turns:
    """What both sides of a connection said and was not told yet, each side in order."""

    __slots__ = ("_told", "_waiting", "_waits", "bytes")

    def __init__(self) -> None:
        self._waiting: tuple[deque[Said], deque[Said]] = deque(), deque()
        self._told = [0, 0]
        self._waits = True
        self.bytes = 0
        """Bytes that wait."""

    @property
    def is_waiting(self) -> bool:
        """Say whether anything waits."""
        return any(self._waiting)

    def has(self, side: int) -> bool:
        """Say whether something of a side waits."""
        return bool(self._waiting[side])

    def add(self, side: int, said: Said) -> None:
        """Take what a side says next."""
        self._waiting[side].append(said)
        self.bytes += len(said.what) if isinstance(said.what, bytes) else 0

    def skip(self, side: int) -> None:
        """Note that the end of a side was told before."""
        self._told[side] += 1

    def take(self) -> tuple[int, Said] | None:
        """What comes next and who says it; None where all that is there waits for what is not.

        What waits for each other never was acknowledged truly, and comes as it came.
        """
        heads = [(queue[0], side) for side, queue in enumerate(self._waiting) if queue]
        ready = [side for said, side in heads if not self._waits or said.after <= self._told[1 - side]]
        if not ready and len(heads) == 2:
            ready = [min(heads, key=lambda head: head[0].time)[1]]
        if not ready:
            return None
        said = self._waiting[ready[0]].popleft()
        self._told[ready[0]] += said.size
        self.bytes -= len(said.what) if isinstance(said.what, bytes) else 0
        return ready[0], said

    def overdue(self, now: float) -> tuple[int, int] | None:
        """The side that is waited for in vain, and up to which byte; None while there is hope."""
        for side, queue in enumerate(self._waiting):
            if queue and (now - queue[0].time > WAIT_S or self.bytes > WAITING_LIMIT_BYTES):
                return 1 - side, queue[0].after
        return None

    def stop_waiting(self) -> None:
        """From here on what is said comes as it is said."""
        self._waits = False
