"""TLS connections that wait for their keys, since a client may write them down a moment after they are used."""

from __future__ import annotations

from typing import Protocol

from forensics.channels.desk import Desk, Shelf

PATIENCE_S = 10.0
"""How long a connection that has ended waits for its keys, in capture time."""
HELD_LIMIT_BYTES = 32 << 20
"""What all that wait may hold together."""


class Latecomer(Protocol):
    """A connection that waits."""

    @property
    def held_bytes(self) -> int:
        """What it holds meanwhile."""

    @property
    def ended(self) -> float:
        """When it ended, infinity while it goes on."""

    def retry(self) -> None:
        """See whether the keys have come."""

    def give_up(self) -> None:
        """They do not come any more."""


class Latecomers(Shelf):
    """All of them, in the order in which they began to wait."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._waiting: dict[Latecomer, int] = {}
        self._held = 0

    def add(self, waiting: Latecomer) -> None:
        """One begins to wait, or holds more now; where all hold too much the first to wait are given up on."""
        self._held += waiting.held_bytes - self._waiting.get(waiting, 0)
        self._waiting[waiting] = waiting.held_bytes
        while self._held > HELD_LIMIT_BYTES:
            next(iter(self._waiting)).give_up()

    def remove(self, waiting: Latecomer) -> None:
        """One waits no more."""
        self._held -= self._waiting.pop(waiting, 0)

    def flush(self, now: float) -> None:
        """Try all again, and give up on those that ended long ago."""
        for waiting in list(self._waiting):
            waiting.retry()
            if now - waiting.ended > PATIENCE_S:
                waiting.give_up()

    def finish(self) -> None:
        """Nothing more comes."""
        for waiting in list(self._waiting):
            waiting.retry()
            waiting.give_up()
