"""What came and could not be read, told when a connection is over and not packet by packet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forensics.channels.base import Peers
    from forensics.channels.desk import Desk


class Losses:
    """Counts bytes by cause; each cause is one Gap, at the time of its first bytes."""

    def __init__(self) -> None:
        self._sizes: dict[str, tuple[float, int]] = {}

    def add(self, cause: str, size: int, time: float) -> None:
        """Count bytes."""
        first, known = self._sizes.get(cause, (time, 0))
        self._sizes[cause] = first, known + size

    def lay_down(self, desk: Desk, peers: Peers, channel: str) -> None:
        """Tell of all that was counted since the last time."""
        for cause, (first, size) in self._sizes.items():
            desk.lose(peers, channel=channel, time=first, cause=cause, size=size)
        self._sizes.clear()
