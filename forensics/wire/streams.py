"""Segments of many connections become ordered byte streams with explicit holes; bounded, pure, clock-free.

The seam of the network path: whatever orders packets calls a Listener per connection, and nothing behind it
knows where the bytes came from.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Protocol

from forensics.model import Gap, Segment
from forensics.wire.ordering import Ordering

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10

FLOW_LIMIT = 20_000
WAITING_LIMIT_BYTES = 64 << 20
PATIENCE_S = 15.0
"""How long later bytes wait for earlier ones before these count as lost."""
LINGER_S = 2.0
"""How long a connection whose both sides have ended waits for late retransmissions of what is missing."""
IDLE_S = 600.0

End = tuple[str, int]
"""Address and port."""


class Listener(Protocol):
    """What a connection's streams are told to. Side 0 opened the connection or was seen first."""

    @property
    def is_interested(self) -> bool:
        """Say whether an object may still come of what the connection carried so far."""

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """The next bytes of a side."""

    def hole(self, side: int, size: int, time: float) -> None:
        """The next `size` bytes of a side were never seen."""

    def closed(self, side: int, time: float) -> None:
        """A side sends no more; told once per side."""


Opener = Callable[[str, tuple[End, End], float], Listener]
"""Makes the listener of a new connection from its stable key, its two ends and its first time."""


class Flow:
    """One connection: two orderings and who listens."""

    __slots__ = ("began", "ends", "is_over", "listener", "losses", "sides", "time", "told_closed")

    def __init__(self, ends: tuple[End, End], listener: Listener, time: float) -> None:
        self.ends = ends
        self.sides = (Ordering(), Ordering())
        self.listener = listener
        self.told_closed = [False, False]
        self.losses: dict[str, Gap] = {}
        self.is_over = False
        self.began = time
        self.time = time

    def lose(self, cause: str, time: float, size: int) -> None:
        """Note a loss; losses of one cause are one Gap, told when the connection is over."""
        known = self.losses.get(cause)
        self.losses[cause] = Gap(
            sensor="wire",
            channel="network",
            start=known.start if known else time,
            end=time,
            cause=cause,
            size=size + (known.size if known else 0),
            detail=f"{_name(self.ends[0])} > {_name(self.ends[1])}",
        )


class Streams:
    """The flow table. Feed it segments; it tells listeners and leaves Gaps in `gaps` for the caller to take."""

    def __init__(self, open_listener: Opener, *, flow_limit: int = FLOW_LIMIT) -> None:
        self._open = open_listener
        self._limit = flow_limit
        self._flows: OrderedDict[tuple[End, End], Flow] = OrderedDict()
        self._waiting_bytes = 0
        self.gaps: list[Gap] = []

    def feed(self, segment: Segment) -> None:
        """Take one TCP segment."""
        source = (segment.source, segment.source_port)
        destination = (segment.destination, segment.destination_port)
        pair = (source, destination) if source <= destination else (destination, source)
        flow = self._flows.get(pair)
        if flow is not None and self._is_new_connection(flow, segment, source):
            self._finish(flow, segment.time)
            flow = None
        if flow is None:
            if not segment.flags & SYN and not segment.payload and segment.length <= 0:
                return
            flow = self._admit(pair, segment, source, destination)
        self._flows.move_to_end(pair)
        flow.time = segment.time
        self._take(flow, 0 if source == flow.ends[0] else 1, segment)

    def flush(self, now: float) -> None:
        """Give up on what has waited too long and forget connections idle since long before `now`."""
        for pair, flow in list(self._flows.items()):
            if flow.is_over:
                if now - flow.time > PATIENCE_S:
                    del self._flows[pair]
                continue
            self._lose_patience(flow, now)
            if now - flow.time > IDLE_S:
                self._finish(flow, now)

    @property
    def since(self) -> float:
        """When the oldest connection began of which an object may still come; infinity when there is none."""
        flows = self._flows.values()
        return min((f.began for f in flows if not f.is_over and f.listener.is_interested), default=math.inf)

    def finish(self) -> None:
        """End every connection; nothing more will come."""
        for flow in self._flows.values():
            self._finish(flow, flow.time)
        self._flows.clear()

    def _is_new_connection(self, flow: Flow, segment: Segment, source: End) -> bool:
        """A SYN with another initial sequence number begins a new connection on the same ports."""
        if not segment.flags & SYN or segment.flags & RST:
            return False
        side = flow.sides[0 if source == flow.ends[0] else 1]
        if not side.is_begun:
            return flow.is_over
        return (segment.sequence + 1) % (1 << 32) != side.initial and (side.next > 0 or flow.is_over)

    def _admit(self, pair: tuple[End, End], segment: Segment, source: End, destination: End) -> Flow:
        while len(self._flows) >= self._limit:
            _, oldest = self._flows.popitem(last=False)
            if not oldest.is_over:
                oldest.lose("flow table full", segment.time, -1)
            self._finish(oldest, segment.time)
        is_answer = bool(segment.flags & SYN and segment.flags & ACK)
        ends = (destination, source) if is_answer else (source, destination)
        key = f"tcp/{_name(ends[0])}>{_name(ends[1])}/{segment.sequence}@{segment.time:.6f}"
        flow = Flow(ends, self._open(key, ends, segment.time), segment.time)
        self._flows[pair] = flow
        return flow

    def _take(self, flow: Flow, index: int, segment: Segment) -> None:
        side = flow.sides[index]
        length = max(segment.length, len(segment.payload))
        first = (segment.sequence + (1 if segment.flags & SYN else 0)) % (1 << 32)
        is_beginning = segment.flags & SYN or (length and not side.is_begun)
        if is_beginning and side.next == 0 and not side.is_waiting:
            side.begin(first)
        if not side.is_begun or flow.is_over:
            return
        offset = side.offset_of(first)
        if segment.flags & RST:
            if offset == side.next or side.has_end:
                self._finish(flow, segment.time)
            return
        if length:
            before, conflicts = side.pending_bytes, side.conflicts
            self._tell(flow, index, side.push(offset, segment.payload, length, segment.time), segment.time)
            self._waiting_bytes += side.pending_bytes - before
            if side.conflicts > conflicts:
                flow.lose("conflicting overlap", segment.time, side.conflicts - conflicts)
            while side.is_overfull or (self._waiting_bytes > WAITING_LIMIT_BYTES and side.is_waiting):
                self._give_up(flow, index, segment.time)
        if segment.flags & FIN:
            side.end_at(offset + length)
        self._close_ended(flow, segment.time)

    def _lose_patience(self, flow: Flow, now: float) -> None:
        is_ending = all(side.has_end for side in flow.sides)
        for index, side in enumerate(flow.sides):
            patience = LINGER_S if is_ending else PATIENCE_S
            if side.is_waiting and now - max(side.pending_since, flow.time if is_ending else 0.0) > patience:
                self._drain(flow, index, now)
        self._close_ended(flow, now)

    def _close_ended(self, flow: Flow, time: float) -> None:
        for index, side in enumerate(flow.sides):
            if side.is_ended and not flow.told_closed[index]:
                flow.told_closed[index] = True
                flow.listener.closed(index, time)
        if all(flow.told_closed):
            self._retire(flow)

    def _finish(self, flow: Flow, time: float) -> None:
        """Deliver what waits behind holes and close both sides."""
        if flow.is_over:
            return
        for index in (0, 1):
            self._drain(flow, index, time)
        for index in (0, 1):
            if not flow.told_closed[index]:
                flow.told_closed[index] = True
                flow.listener.closed(index, time)
        self._retire(flow)

    def _retire(self, flow: Flow) -> None:
        if not flow.is_over:
            flow.is_over = True
            self.gaps.extend(flow.losses.values())
            flow.losses.clear()

    def _drain(self, flow: Flow, index: int, time: float) -> None:
        while flow.sides[index].is_waiting:
            self._give_up(flow, index, time)

    def _give_up(self, flow: Flow, index: int, time: float) -> None:
        side = flow.sides[index]
        before = side.pending_bytes
        self._tell(flow, index, side.give_up(), time)
        side.pending_since = time
        self._waiting_bytes += side.pending_bytes - before

    def _tell(self, flow: Flow, index: int, pieces: Iterator[bytes | int], time: float) -> None:
        for piece in pieces:
            if isinstance(piece, int):
                flow.lose("lost packets", time, piece)
                flow.listener.hole(index, piece, time)
            else:
                flow.listener.data(index, piece, time)


def _name(end: End) -> str:
    address, port = end
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
