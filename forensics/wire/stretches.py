"""How much a side of a connection sent without a pause: what a file that left under encryption looks like."""

from __future__ import annotations

from collections.abc import Callable

PAUSE_S = 1.0
"""Silence that ends a stretch, in seconds of capture time."""
LEAST_BYTES = 4096
"""Shorter stretches are talk."""

Tell = Callable[[int, int, float, float], None]
"""A side, how many bytes it sent, when the stretch began and when it ended."""


class Stretches:
    """The stretch under way of either side of one connection."""

    __slots__ = ("_began", "_last", "_sizes")

    def __init__(self) -> None:
        self._sizes = [0, 0]
        self._began = [0.0, 0.0]
        self._last = [0.0, 0.0]

    def add(self, side: int, size: int, time: float, tell: Tell) -> None:
        """Count bytes; one that comes after a pause first ends what was before it."""
        if self._sizes[side] and time - self._last[side] > PAUSE_S:
            self._end(side, tell)
        if not self._sizes[side]:
            self._began[side] = time
        self._sizes[side] += size
        self._last[side] = time

    def flush(self, now: float, tell: Tell) -> None:
        """End what has paused at `now`."""
        for side in (0, 1):
            if self._sizes[side] and now - self._last[side] > PAUSE_S:
                self._end(side, tell)

    def finish(self, tell: Tell) -> None:
        """Nothing more comes."""
        for side in (0, 1):
            self._end(side, tell)

    def _end(self, side: int, tell: Tell) -> None:
        size, self._sizes[side] = self._sizes[side], 0
        if size >= LEAST_BYTES:
            tell(side, size, self._began[side], self._last[side])
