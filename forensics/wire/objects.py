"""Packets in, objects and gaps out: the engine between captures and channels, for one capture or a ring of them."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from forensics.model import Gap, Seen, Segment
from forensics.wire import compiled
from forensics.wire.batch import packets_of
from forensics.wire.decapsulation import decapsulate_all, resume
from forensics.wire.fragments import Fragments
from forensics.wire.injected import DEPTH, blocks_of
from forensics.wire.layout import FRAGMENT, UNREAD
from forensics.wire.reading import BLOCK_PACKETS, Block, Reader, make_block
from forensics.wire.streams import Openers, Streams

BATCH_SEGMENTS = 4096
COLLECT_AFTER = 256
"""Connections that are over after which their memory is collected: what knows each other would stay for long."""


class Exchange(Openers, Protocol):
    """Where connections and datagrams go to become objects; the channels' side of the seam."""

    def flush(self, now: float) -> None:
        """Let go of what has been idle since long before `now`."""

    def finish(self) -> None:
        """Nothing more comes."""

    def take(self) -> Iterable[Seen | Gap]:
        """What was found since the last time."""

    def injected(self) -> list[tuple[bytes, float]]:
        """The IP packets that tunnels carried since the last time, each with its time."""


class Engine:
    """Reads the captures of one network, one after the other, and yields what crossed it as soon as it is whole.

    Connections live on from one capture file to the next. Time is capture time, so a replay gives the same.
    `learn` gets the TLS secrets that captures carry, as text of a key log.
    """

    def __init__(self, exchange: Exchange, *, learn: Callable[[bytes], None] = lambda _keys: None) -> None:
        compiled.prepare()
        gc.freeze()  # what was imported stays: no need to look through it again
        self._exchange = exchange
        self._learn = learn
        self._streams = Streams(exchange, packet_limit=BLOCK_PACKETS)
        self._fragments = Fragments()
        self._block: Block | None = None
        self._ticked = -np.inf
        self._unread: Counter[tuple[int, int]] = Counter()
        self._time = 0.0
        self._depth = 0

    @property
    def since(self) -> float:
        """When the oldest connection began of which an object may still come; infinity when there is none."""
        return self._streams.since

    def read(self, capture: Path, *, wait: Callable[[], bool] = lambda: False) -> Iterator[Seen | Gap]:
        """Read a capture; `wait` says whether more may come where it ends. Raises CaptureError and InputError."""
        self._block = self._block or make_block()
        reader = Reader(capture, self._block)
        for block in reader.blocks(wait=wait):
            while reader.keys:
                self._learn(reader.keys.pop(0))
            yield from self._feed_block(block)
        for keys in reader.keys:
            self._learn(keys)
        yield from reader.gaps

    def _feed_block(self, block: Block) -> Iterator[Seen | Gap]:
        """Take packets as they stand in a capture or came out of a tunnel."""
        if decapsulate_all(block.data, block.packets, block.count):
            self._put_together(block)
        yield from self.feed(block.data, block.packets, block.count)

    def feed(self, data: NDArray[np.uint8], packets: Any, count: int) -> Iterator[Seen | Gap]:
        """Take decapsulated packets in capture order."""
        at = 0
        self._note_unread(packets[:count])
        while at < count:
            at = self._streams.take(data, packets, at, count)
            yield from self._take()
            yield from self._feed_injected()
            if self._streams.ended >= COLLECT_AFTER:
                self._streams.ended = 0
                gc.collect()
            if self._streams.tick != self._ticked:
                self._ticked = self._streams.tick
                yield from self.flush(self._ticked)

    def _feed_injected(self) -> Iterator[Seen | Gap]:
        """Take the packets that tunnels carried, and those that tunnels in them did."""
        found = self._exchange.injected()
        if not found:
            return
        if self._depth == DEPTH:
            size = sum(len(packet) for packet, _ in found)
            start, end = found[0][1], found[-1][1]
            yield Gap(sensor="wire", channel="network", start=start, end=end, cause="tunnels too deep", size=size)
            return
        self._depth += 1
        for block in blocks_of(found):
            yield from self._feed_block(block)
        self._depth -= 1

    def take_segments(self, items: Iterable[Segment | Gap]) -> Iterator[Seen | Gap]:
        """Take what was dissected elsewhere, in capture order; gaps of the reading are passed on in their place."""
        waiting: list[Segment] = []
        for item in items:
            if isinstance(item, Segment):
                waiting.append(item)
            if len(waiting) == BATCH_SEGMENTS or isinstance(item, Gap):
                yield from self._feed_segments(waiting)
            if isinstance(item, Gap):
                yield item
        yield from self._feed_segments(waiting)

    def _feed_segments(self, waiting: list[Segment]) -> Iterator[Seen | Gap]:
        if waiting:
            data, packets = packets_of(waiting)
            waiting.clear()
            yield from self.feed(data, packets, len(packets))

    def flush(self, now: float) -> Iterator[Seen | Gap]:
        """Give up on what has waited too long at `now`, Unix seconds in capture time."""
        self._fragments.flush(now)
        self._streams.flush(now)
        self._exchange.flush(now)
        yield from self._take()

    def finish(self) -> Iterator[Seen | Gap]:
        """End every connection: what was under way comes out with its end missing."""
        self._streams.finish()
        yield from self._feed_injected()
        self._fragments.finish()
        self._streams.finish()
        self._exchange.finish()
        yield from self._take()
        for (kind, link), count in self._unread.items():
            yield Gap(
                sensor="wire",
                channel="network",
                start=self._time,
                end=self._time,
                cause="not read",
                size=count,
                unit="packets",
                detail=f"{UNREAD[kind]}{f' ({link})' if link >= 0 else ''}",
            )
        self._unread.clear()

    def _take(self) -> Iterator[Seen | Gap]:
        yield from self._exchange.take()
        if self._streams.gaps:
            gaps, self._streams.gaps = self._streams.gaps, []
            yield from gaps
        yield from self._fragments.gaps()

    def _note_unread(self, packets: Any) -> None:
        """Count what was not read, by reason and link type."""
        kinds = packets["kind"]
        self._time = float(packets["time"][-1])
        if kinds.max(initial=0) <= FRAGMENT:
            return
        for kind in UNREAD:
            found = packets[kinds == kind]
            for link in np.unique(found["link"]).tolist():
                of_link = int(np.count_nonzero(found["link"] == link))
                self._unread[kind, link if kind == min(UNREAD) else -1] += of_link

    def _put_together(self, block: Block) -> None:
        """Make whole packets of fragments: the packet whose fragment came last stands for the whole."""
        room = block.end
        for number in np.flatnonzero(block.packets["kind"][: block.count] == FRAGMENT).tolist():
            packet = block.packets[number]
            while packet["kind"] == FRAGMENT:
                whole = self._whole(block.data, packet)
                if whole is None or room + len(whole[0]) > len(block.data):
                    break
                payload, length = whole
                block.data[room : room + len(payload)] = np.frombuffer(payload, np.uint8)
                resume(block.data, room, room + len(payload), room + length, packet)
                room += len(payload)

    def _whole(self, data: NDArray[np.uint8], packet: Any) -> tuple[bytes, int] | None:
        at, size = int(packet["at"]), int(packet["size"])
        names = ("family", "source_high", "source_low", "destination_high", "destination_low", "protocol", "fragment")
        family, *ends, protocol, number = (int(packet[name]) for name in names)
        return self._fragments.take(
            (family, *ends, protocol, number),  # type: ignore[arg-type]
            at=int(packet["fragment_at"]),
            payload=data[at : at + size].tobytes(),
            length=int(packet["length"]),
            has_more=bool(packet["has_more"]),
            time=float(packet["time"]),
        )
