"""Events of the flow table become ordered byte streams with explicit holes; bounded, pure, clock-free.

The seam of the network path: whatever orders packets calls a Listener per connection, and nothing behind it
knows where the bytes came from.
"""

from __future__ import annotations

import math
import socket
import struct
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from forensics.model import Gap
from forensics.wire.decapsulation import TCP, UDP
from forensics.wire.flow import HEAD_BYTES, PATIENCE_S, REMEMBERED_BYTES, Flow
from forensics.wire.layout import ANSWERED, CLOSED, DATAGRAM, EVICTED, FINISHED, OPENED, RAN, REPEATED
from forensics.wire.table import ACK, FIN, RST, SYN, Table, gather

FLOW_LIMIT = 20_000
WAITING_LIMIT_BYTES = 64 << 20
IDLE_S = 600.0
DATAGRAM_IDLE_S = 60.0
CHUNK_BYTES = 1 << 18
"""What is handed on at a time: enough to forget the cost of a call, little enough to stay in the cache."""
_SPACE = 1 << 32
_IPV4 = 4

End = tuple[str, int]
"""Address and port."""


class Listener(Protocol):
    """What a connection's streams are told to. Side 0 opened the connection or was seen first."""

    @property
    def is_interested(self) -> bool:
        """Say whether an object may still come of what the connection carried so far."""

    def glance(self, side: int, head: bytes, time: float) -> bool:
        """Say of the first bytes of a burst, after interest was lost, whether they are worth hearing after all.

        Those that come one after the other are of one burst if they have the same time.
        """

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """The next bytes of a side."""

    def hole(self, side: int, size: int, time: float) -> None:
        """The next `size` bytes of a side were never seen."""

    def closed(self, side: int, time: float) -> None:
        """A side sends no more; told once per side."""

    def paused(self, side: int, size: int, began: float, ended: float) -> None:
        """How many bytes a side had sent without a pause when it paused or ended."""

    def counted(self, up: int, down: int, time: float) -> None:
        """How many payload bytes side 0 and side 1 sent in all; told last."""


class Hearer(Protocol):
    """What the datagrams between two ends are told to. Side 0 sent the first one."""

    @property
    def is_interested(self) -> bool:
        """Say whether later datagrams matter."""

    def datagram(self, side: int, payload: bytes, length: int, time: float) -> None:
        """One datagram; `length` counts its bytes on the wire."""

    def over(self, time: float) -> None:
        """Nothing was heard for long."""

    def counted(self, up: int, down: int, time: float) -> None:
        """How many payload bytes side 0 and side 1 sent in all; told last."""


class Openers(Protocol):
    """Makes listeners from the stable key of a connection, its two ends and its first time."""

    def open(self, key: str, ends: tuple[End, End], time: float) -> Listener:
        """The listener of a new connection."""

    def hear(self, key: str, ends: tuple[End, End], time: float) -> Hearer:
        """Who listens to new datagrams between two ends."""


class Streams:
    """Tells listeners what the packets of a block say, and leaves Gaps in `gaps` for the caller to take."""

    def __init__(self, openers: Openers, *, packet_limit: int, flow_limit: int = FLOW_LIMIT) -> None:
        self._openers = openers
        self._table = Table(flow_limit, packet_limit)
        self._flows: dict[int, Flow] = {}
        self._hearers: dict[int, tuple[int, Hearer]] = {}
        self._slow: dict[int, Flow] = {}
        self._waiting_bytes = 0
        self._chunk = np.zeros(CHUNK_BYTES, np.uint8)
        self.gaps: list[Gap] = []
        self.ended = 0
        """Connections that are over."""

    @property
    def tick(self) -> float:
        """The capture time that was reached, in steps."""
        return self._table.tick

    @property
    def since(self) -> float:
        """When the oldest connection began of which an object may still come; infinity when there is none."""
        return min((flow.began for flow in self._flows.values() if flow.listener.is_interested), default=math.inf)

    def take(self, data: NDArray[np.uint8], packets: Any, first: int, count: int) -> int:
        """Take packets up to the next tick; returns where to go on."""
        table = self._table
        at, told, ran = table.take(data, packets, first, count)
        runs = table.runs[:ran].tolist()
        for event in table.events[:told].tolist():
            time, up, down, slot, what, _, expected, _, generation, kind, side, *_ = event
            if kind == RAN:
                self._ran(data, runs[what])
            elif kind == DATAGRAM:
                self._datagram(slot, side, data, packets[what])
            elif kind == OPENED:
                self._opened(event, packets[what])
            elif kind in (FINISHED, EVICTED):
                self._finished(slot, generation, time, (up, down), is_evicted=kind == EVICTED)
            elif (flow := self._flows.get(slot)) is None or flow.generation != generation:
                continue
            elif kind == CLOSED:
                flow.counts = up, down
                self._closed(flow, side, time)
            elif kind == REPEATED:
                self._repeated(flow, side, expected, data, packets[what])
            elif kind == ANSWERED:
                self._answered(flow, side, packets[what])
            else:
                flow.counts = up, down
                self._segmented(flow, event, data, packets[what])
        self._speed_up()
        return at

    def flush(self, now: float) -> None:
        """Give up on what has waited too long and forget connections idle since long before `now`."""
        for flow in list(self._slow.values()):
            self._lose_patience(flow, now)
        for flow in self._flows.values():
            flow.stretches.flush(now, flow.listener.paused)
        self._speed_up()
        flows = self._table.flows
        for slot in self._table.silent(now - PATIENCE_S).tolist():
            idle_s = IDLE_S if slot in self._flows else DATAGRAM_IDLE_S if slot in self._hearers else PATIENCE_S
            if flows[slot]["time"] < now - idle_s:
                self._forget(slot)

    def finish(self) -> None:
        """End every connection; nothing more will come."""
        for slot in [*self._flows, *self._hearers]:
            self._forget(slot)

    def _forget(self, slot: int) -> None:
        known = self._table.flows[slot]
        up, down = known["bytes"].tolist()
        self._finished(slot, int(known["generation"]), float(known["time"]), (up, down))
        self._table.free(slot)

    def _opened(self, event: Any, packet: Any) -> None:
        time, _, _, slot, _, sequence, _, _, generation, _, side, *_ = event
        source, destination = _ends(packet)
        ends = (source, destination) if side == 0 else (destination, source)
        names = _name(ends[0]), _name(ends[1])
        if packet["protocol"] != TCP:
            transport = "udp" if packet["protocol"] == UDP else "icmp"
            key = f"{transport}/{names[0]}>{names[1]}@{time:.6f}"
            self._hearers[slot] = generation, self._openers.hear(key, ends, time)
            return
        key = f"tcp/{names[0]}>{names[1]}/{sequence}@{time:.6f}"
        listener = self._openers.open(key, ends, time)
        self._flows[slot] = Flow(slot, generation, listener, f"{names[0]} > {names[1]}", time)

    def _datagram(self, slot: int, side: int, data: NDArray[np.uint8], packet: Any) -> None:
        known = self._hearers.get(slot)
        if known is None:
            return
        generation, hearer = known
        at = int(packet["at"])
        hearer.datagram(side, data[at : at + packet["size"]].tobytes(), int(packet["length"]), float(packet["time"]))
        if not hearer.is_interested and self._is_current(slot, generation):
            self._table.flows[slot]["is_dull"] = 1

    def _ran(self, data: NDArray[np.uint8], run: Any) -> None:
        time, total, slot, head, _, side, _ = run
        flow = self._flows.get(slot)
        if flow is None:
            return
        segments, listener, skip = self._table.segments, flow.listener, 0
        flow.stretches.add(side, total, time, listener.paused)
        if not listener.is_interested and not self._glances(flow, run, data):
            return
        chunk = b""
        while head >= 0:
            size = int(segments[head]["size"]) - skip
            if size >= total or size >= CHUNK_BYTES:
                at = int(segments[head]["at"]) + skip
                size = min(size, CHUNK_BYTES)
                chunk = data[at : at + size].tobytes()
                skip += size
                if skip >= segments[head]["size"]:
                    head, skip = int(segments[head]["next"]), 0
            else:
                size, head, skip = gather(data, segments, head, skip, self._chunk)
                chunk = self._chunk[:size].tobytes()
            total -= size
            listener.data(side, chunk, time)
        flow.tails[side] = chunk[-REMEMBERED_BYTES:]

    def _glances(self, flow: Flow, run: Any, data: NDArray[np.uint8]) -> bool:
        time, _, _, head, _, side, is_fresh = run
        if not flow.is_shown(side, is_fresh=bool(is_fresh)):
            return False
        size, _, _ = gather(data, self._table.segments, head, 0, self._chunk[:HEAD_BYTES])
        return flow.glance(side, self._chunk[:size].tobytes(), time)

    def _repeated(self, flow: Flow, side: int, expected: int, data: NDArray[np.uint8], packet: Any) -> None:
        """Bytes that were there before came again: are they the same?"""
        at, size, tail = int(packet["at"]), int(packet["size"]), flow.tails[side]
        behind = (expected - int(packet["sequence"])) % _SPACE
        ours = tail[max(0, len(tail) - behind) :][:size]
        theirs = data[at : at + size].tobytes()[max(0, behind - len(tail)) :]
        length = min(len(ours), len(theirs))
        if ours[:length] != theirs[:length]:
            flow.lose("conflicting overlap", float(packet["time"]), length)

    def _segmented(self, flow: Flow, event: Any, data: NDArray[np.uint8], packet: Any) -> None:
        """One segment of a connection that is not in order."""
        time, _, _, _, _, _, expected, of_other, _, _, side, is_fresh, has_other = event
        self._slow[flow.slot] = flow
        ordering = flow.order(side, expected)
        other = flow.order(1 - side, of_other) if has_other and flow.waits else None
        flags, length = int(packet["flags"]), int(packet["length"])
        offset = ordering.offset_of((int(packet["sequence"]) + (1 if flags & SYN else 0)) % _SPACE)
        after = other.offset_of(int(packet["answered"])) if other and flags & ACK else 0
        if flags & RST:
            flow.reset(side, offset)
        elif length:
            at = int(packet["at"])
            payload = data[at : at + int(packet["size"])].tobytes()
            flow.push(side, offset, payload, length, after=after, time=time, is_fresh=bool(is_fresh))
        if flags & FIN and not flags & RST:
            ordering.end_at(offset + length, after)
        flow.settle(time, float(packet["time"]))
        self._weigh(flow, time)
        if self._waiting_bytes > WAITING_LIMIT_BYTES:
            flow.drain(time)
            self._weigh(flow, time)

    def _answered(self, flow: Flow, side: int, packet: Any) -> None:
        """The other side has what this slow side sent up to there."""
        ordering, now = flow.sides[side], float(packet["time"])
        if ordering is not None:
            flow.acknowledge(side, ordering.offset_of(int(packet["answered"])), now)
            self._weigh(flow, now)

    def _closed(self, flow: Flow, side: int, time: float) -> None:
        flow.close(side, time)
        if flow.is_over:
            self._retire(flow, time)

    def _finished(
        self, slot: int, generation: int, time: float, counts: tuple[int, int], *, is_evicted: bool = False
    ) -> None:
        """A connection was reset, begun anew, silent for long or pushed out."""
        known = self._hearers.pop(slot, None)
        if known is not None:
            known[1].over(time)
            known[1].counted(*counts, time)
        flow = self._flows.get(slot)
        if flow is None or flow.generation != generation:
            return
        flow.counts = counts
        if is_evicted:
            flow.lose("flow table full", time, -1)
        self._over(flow, time)

    def _over(self, flow: Flow, time: float) -> None:
        """Deliver what waits and close both sides."""
        flow.drain(time)
        for side in (0, 1):
            flow.close(side, time)
        self._retire(flow, time)

    def _retire(self, flow: Flow, time: float) -> None:
        if self._flows.get(flow.slot) is not flow:
            return
        del self._flows[flow.slot]
        self.ended += 1
        self._slow.pop(flow.slot, None)
        self._waiting_bytes -= flow.weight
        flow.stretches.finish(flow.listener.paused)
        flow.listener.counted(*flow.counts, time)
        self.gaps.extend(flow.losses.values())
        if self._is_current(flow.slot, flow.generation):
            self._table.flows[flow.slot]["is_over"] = 1

    def _is_current(self, slot: int, generation: int) -> bool:
        """Say whether the table has not given the slot to another connection since."""
        known = self._table.flows[slot]
        return bool(known["is_used"] and known["generation"] == generation)

    def _weigh(self, flow: Flow, time: float) -> None:
        """Count anew what waits of a connection, and retire it if it is over."""
        weight, flow.weight = flow.weight, flow.waiting_bytes
        self._waiting_bytes += flow.weight - weight
        if flow.is_over:
            self._retire(flow, time)

    def _speed_up(self) -> None:
        """Connections that are in order again go back to the table, which orders them much faster."""
        for slot, flow in list(self._slow.items()):
            for side, ordering in enumerate(flow.sides):
                if ordering is None or not flow.is_calm(side):
                    continue
                flow.sides[side] = None
                if self._is_current(slot, flow.generation):
                    known = self._table.flows[slot]
                    known["next"][side] = ordering.sequence
                    known["has_data"][side] = known["has_data"][side] or ordering.next > 0
                    known["is_slow"][side] = 0
                    known["is_ended"][side] = flow.told_closed[side]
                    known["waits"] = flow.waits
            if flow.sides == [None, None]:
                flow.speed_up()
                del self._slow[slot]

    def _lose_patience(self, flow: Flow, now: float) -> None:
        known = self._table.flows[flow.slot]
        flow.counts = tuple(known["bytes"].tolist())
        ended = known["is_ended"]
        are_ended = [bool(o.has_end if o else ended[side]) for side, o in enumerate(flow.sides)]
        flow.lose_patience(now, float(known["time"]), are_ended=are_ended)
        self._weigh(flow, now)


def _ends(packet: Any) -> tuple[End, End]:
    family = int(packet["family"])
    source = _address(family, int(packet["source_high"]), int(packet["source_low"]))
    destination = _address(family, int(packet["destination_high"]), int(packet["destination_low"]))
    return (source, int(packet["source_port"])), (destination, int(packet["destination_port"]))


def _address(family: int, high: int, low: int) -> str:
    if family == _IPV4:
        return socket.inet_ntop(socket.AF_INET, struct.pack("!I", low))
    return socket.inet_ntop(socket.AF_INET6, struct.pack("!QQ", high, low))


def _name(end: End) -> str:
    address, port = end
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
