"""Segments in, objects and gaps out: the engine between packets and channels, for one capture or a ring of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from forensics.model import Gap, Segment, WireObject
from forensics.wire.streams import End, Listener, Streams

FLUSH_EVERY_S = 5.0
"""Capture time between two looks at what waits or idles."""


class Exchange(Protocol):
    """Where connections and datagrams go to become objects; the channels' side of the seam."""

    def open(self, key: str, ends: tuple[End, End], time: float) -> Listener:
        """The listener of a new connection."""

    def datagram(self, ends: tuple[End, End], payload: bytes, length: int, time: float) -> None:
        """Take one datagram from the first end to the second."""

    def flush(self, now: float) -> None:
        """Let go of what has been idle since long before `now`."""

    def finish(self) -> None:
        """Nothing more comes."""

    def take(self) -> Iterable[WireObject | Gap]:
        """What was found since the last time."""


class Engine:
    """Feeds segments of one network, capture after capture, and yields what crossed it as soon as it is whole.

    Connections live on from one capture file to the next. Time is capture time, so a replay gives the same.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._streams = Streams(exchange.open)
        self._flushed = 0.0

    @property
    def since(self) -> float:
        """When the oldest connection began of which an object may still come; infinity when there is none."""
        return self._streams.since

    def feed(self, items: Iterable[Segment | Gap]) -> Iterator[WireObject | Gap]:
        """Take segments in capture order; gaps of the reading are passed on in their place."""
        for item in items:
            if isinstance(item, Gap):
                yield item
                continue
            if item.protocol == "tcp":
                self._streams.feed(item)
            else:
                ends = ((item.source, item.source_port), (item.destination, item.destination_port))
                self._exchange.datagram(ends, item.payload, item.length, item.time)
            if item.time - self._flushed > FLUSH_EVERY_S or item.time < self._flushed - FLUSH_EVERY_S:
                self._flushed = item.time
                yield from self.flush(item.time)
            yield from self._take()

    def flush(self, now: float) -> Iterator[WireObject | Gap]:
        """Give up on what has waited too long at `now`, Unix seconds in capture time."""
        self._streams.flush(now)
        self._exchange.flush(now)
        yield from self._take()

    def finish(self) -> Iterator[WireObject | Gap]:
        """End every connection: what was under way comes out with its end missing."""
        self._streams.finish()
        self._exchange.finish()
        yield from self._take()

    def _take(self) -> Iterator[WireObject | Gap]:
        yield from self._exchange.take()
        if self._streams.gaps:
            gaps, self._streams.gaps = self._streams.gaps, []
            yield from gaps
