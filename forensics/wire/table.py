"""The flow table: packets of a block in, events out. Bytes that come in order are strung to runs. Compiled.

The table is an array of flows, found by hash and chain and kept in the order of their last packets, so that the one
that was silent longest makes room. Nothing here depends on how a capture is cut into blocks but the cuts of runs, and
their times do not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.wire.compiled import njit
from forensics.wire.layout import (
    ANSWERED,
    CLOSED,
    DATAGRAM,
    EVENT,
    EVICTED,
    FINISHED,
    FLOW,
    HELD,
    OPENED,
    RAN,
    REPEATED,
    RUN,
    SEGMENT,
    SEGMENTED,
    TRANSPORT,
)

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
TICK_S = 5.0
"""Capture time between two looks at what waits or idles."""
RUN_S = 0.05
"""Bytes that came within this time of the first of a run may be said to have come with it."""
WINDOW_BYTES = 1 << 28
"""Segments further ahead than this are not of their stream."""
SLOW = 64
"""Segments of slow sides, after which those that are in order again are ordered here."""
PER_PACKET = 4
"""Events that one packet may cause at most."""

_TCP = 6
_FREE, _OLDEST, _NEWEST, _COUNT = range(4)


class Table:
    """Flows, and the runs, segments and events of the block that is read."""

    def __init__(self, flow_limit: int, packet_limit: int) -> None:
        self.flows = np.zeros(flow_limit, FLOW)
        self.flows["chain"] = np.arange(1, flow_limit + 1)
        self.flows["chain"][-1] = -1
        self.heads = np.full(1 << max(4, (2 * flow_limit - 1).bit_length()), -1, np.int32)
        self.state = np.array([0, -1, -1, 0], np.int64)
        self.runs = np.zeros(packet_limit, RUN)
        self.segments = np.zeros(packet_limit, SEGMENT)
        self.held = np.zeros(packet_limit, HELD)
        self.events = np.zeros(PER_PACKET * packet_limit + 2, EVENT)
        self.tick = -np.inf

    def take(self, data: NDArray[np.uint8], packets: Any, first: int, count: int) -> tuple[int, int, int]:
        """Take packets up to the next tick; returns where to go on and how many events and runs there are."""
        at, events, runs, self.tick = take(
            data, packets, first, count, self.flows, self.heads, self.state, self.runs, self.segments, self.held,
            self.events, self.tick,
        )  # fmt: skip
        return at, events, runs

    def free(self, slot: int) -> None:
        """Forget a flow."""
        free(self.flows, self.heads, self.state, slot)

    def silent(self, before: float) -> NDArray[np.int64]:
        """The flows whose last packet came before that time, the longest silent first."""
        return silent(self.flows, self.state, before)


@njit(cache=True, nogil=True, inline="always")
def _hash(flow: Any, mask: int) -> Any:
    value = flow.low_low * np.uint64(0x9E3779B97F4A7C15) ^ flow.high_low * np.uint64(0xC2B2AE3D27D4EB4F)
    value ^= flow.low_high * np.uint64(0x165667B19E3779F9) ^ flow.high_high * np.uint64(0x27D4EB2F165667C5)
    value ^= ((np.uint64(flow.low_port) << np.uint64(24)) | (np.uint64(flow.high_port) << np.uint64(8))) ^ np.uint64(
        flow.protocol
    )
    value *= np.uint64(0x9E3779B97F4A7C15)
    return np.int64(value >> np.uint64(33)) & mask


@njit(cache=True, nogil=True)
def _unlink(flows: Any, state: Any, slot: int) -> None:
    older, newer = flows[slot].older, flows[slot].newer
    if older >= 0:
        flows[older].newer = newer
    else:
        state[_OLDEST] = newer
    if newer >= 0:
        flows[newer].older = older
    else:
        state[_NEWEST] = older


@njit(cache=True, nogil=True)
def _append(flows: Any, state: Any, slot: int) -> None:
    newest = state[_NEWEST]
    flows[slot].older, flows[slot].newer = newest, -1
    if newest >= 0:
        flows[newest].newer = slot
    else:
        state[_OLDEST] = slot
    state[_NEWEST] = slot


@njit(cache=True, nogil=True)
def free(flows: Any, heads: Any, state: Any, slot: int) -> None:
    """Take a flow out of the table."""
    flow = flows[slot]
    if not flow.is_used:
        return
    _unlink(flows, state, slot)
    bucket = _hash(flow, len(heads) - 1)
    at = heads[bucket]
    if at == slot:
        heads[bucket] = flow.chain
    else:
        while flows[at].chain != slot:
            at = flows[at].chain
        flows[at].chain = flow.chain
    flow.is_used = 0
    flow.chain = state[_FREE]
    state[_FREE] = slot
    state[_COUNT] -= 1


@njit(cache=True, nogil=True)
def silent(flows: Any, state: Any, before: float) -> Any:
    """See Table.silent."""
    found = np.empty(state[_COUNT], np.int64)
    count, at = 0, state[_OLDEST]
    while at >= 0 and flows[at].time < before:
        found[count] = at
        count += 1
        at = flows[at].newer
    return found[:count]


@njit(cache=True, nogil=True)
def _is_lower(packet: Any) -> bool:
    """Say whether the source is the lower end."""
    if packet.source_high != packet.destination_high:
        return packet.source_high < packet.destination_high
    if packet.source_low != packet.destination_low:
        return packet.source_low < packet.destination_low
    return packet.source_port <= packet.destination_port


@njit(cache=True, nogil=True)
def _write_key(flow: Any, packet: Any, is_lower: bool) -> None:
    flow.protocol, flow.family = packet.protocol, packet.family
    if is_lower:
        flow.low_high, flow.low_low, flow.low_port = packet.source_high, packet.source_low, packet.source_port
        flow.high_high, flow.high_low = packet.destination_high, packet.destination_low
        flow.high_port = packet.destination_port
    else:
        flow.high_high, flow.high_low, flow.high_port = packet.source_high, packet.source_low, packet.source_port
        flow.low_high, flow.low_low = packet.destination_high, packet.destination_low
        flow.low_port = packet.destination_port


@njit(cache=True, nogil=True)
def _is_same(one: Any, other: Any) -> bool:
    return (
        one.low_low == other.low_low
        and one.high_low == other.high_low
        and one.low_port == other.low_port
        and one.high_port == other.high_port
        and one.protocol == other.protocol
        and one.family == other.family
        and one.low_high == other.low_high
        and one.high_high == other.high_high
    )


@njit(cache=True, nogil=True)
def _tell(events: Any, count: int, kind: int, slot: int, side: int, what: int, flow: Any) -> int:
    event = events[count]
    event.kind, event.slot, event.side, event.what = kind, slot, side, what
    event.time = flow.run_time if kind == SEGMENTED else flow.time
    event.sequence = flow.first_sequence
    event.expected, event.generation = flow.next[side], flow.generation
    event.other, event.has_other = flow.next[1 - side], flow.is_begun[1 - side]
    event.up, event.down = flow.bytes[0], flow.bytes[1]
    return count + 1


@njit(cache=True, nogil=True)
def _begin(flow: Any, packet: Any, is_lower: bool) -> None:
    """A connection begins with this packet."""
    is_answer = packet.flags & SYN and packet.flags & ACK and packet.protocol == _TCP
    flow.opener = (0 if is_lower else 1) ^ (1 if is_answer else 0)
    flow.first_time, flow.first_sequence = packet.time, packet.sequence
    flow.run_time, flow.run_side = -np.inf, 2
    flow.is_open = flow.is_over = flow.is_dull = 0
    flow.waits = 1
    flow.generation += 1
    for side in range(2):
        flow.bytes[side] = 0
        flow.next[side] = flow.initial[side] = 0
        flow.run[side] = flow.held[side] = flow.last_held[side] = -1
        flow.is_begun[side] = flow.has_data[side] = flow.is_slow[side] = flow.is_ended[side] = 0


@njit(cache=True, nogil=True)
def _is_new(flow: Any, side: int, packet: Any) -> bool:
    """A SYN with another initial sequence number begins a new connection on the same ports."""
    if not packet.flags & SYN or packet.flags & RST:
        return False
    if not flow.is_begun[side]:
        return flow.is_over
    is_other = (packet.sequence + 1) & 0xFFFFFFFF != flow.initial[side]
    return bool(is_other and (flow.has_data[side] or flow.is_slow[side] or flow.is_over))


@njit(cache=True, nogil=True)
def _break_runs(flow: Any) -> None:
    flow.run[0] = flow.run[1] = -1


@njit(cache=True, nogil=True)
def _note_burst(flow: Any, side: int, packet: Any) -> int:
    """Bytes came: say whether a burst begins with them, whatever becomes of them."""
    if flow.run_side == side and flow.run_time <= packet.time <= flow.run_time + RUN_S:
        return 0
    _break_runs(flow)
    flow.run_side, flow.run_time = side, packet.time
    return 1


@njit(cache=True, nogil=True)
def _string(segments: Any, strung: int, run: Any, packet: Any) -> int:
    """Add a packet's bytes to a run."""
    segments[strung].at, segments[strung].size, segments[strung].next = packet.at, packet.size, -1
    if run.head < 0:
        run.head = strung
    else:
        segments[run.tail].next = strung
    run.tail = strung
    run.total += packet.size
    return strung + 1


@njit(cache=True, nogil=True, inline="always")
def _ahead(sequence: Any, expected: Any) -> Any:
    """How far a sequence number is ahead of another, around the circle."""
    return (np.int64(sequence) - np.int64(expected)) & 0xFFFFFFFF


@njit(cache=True, nogil=True)
def _hold(flow: Any, slot: int, side: int, held: Any, count: int, packets: Any, number: int) -> bool:
    """Let a segment that came early wait for earlier ones of this block; False when it overlaps one that waits."""
    expected = flow.next[side]
    start = _ahead(packets[number].sequence, expected)
    before, after, last = -1, flow.held[side], flow.last_held[side]
    if last >= 0 and _ahead(packets[held[last].packet].sequence, expected) < start:
        before, after = last, -1
    while after >= 0 and _ahead(packets[held[after].packet].sequence, expected) < start:
        before, after = after, held[after].next
    if before >= 0:
        other = packets[held[before].packet]
        if _ahead(other.sequence, expected) + other.length > start:
            return False
    if after >= 0 and start + packets[number].length > _ahead(packets[held[after].packet].sequence, expected):
        return False
    held[count].slot, held[count].side, held[count].packet, held[count].next = slot, side, number, after
    if before >= 0:
        held[before].next = count
    else:
        flow.held[side] = count
    if after < 0:
        flow.last_held[side] = count
    return True


@njit(cache=True, nogil=True)
def _release(flow: Any, slot: int, held: Any, events: Any, told: int) -> int:
    """What waits is to be ordered outside: its sides are slow from here on."""
    for side in range(2):
        at = flow.held[side]
        if at >= 0:
            flow.is_slow[side] = 1
            _break_runs(flow)
        while at >= 0:
            told = _tell(events, told, SEGMENTED, slot, side, held[at].packet, flow)
            at = held[at].next
        flow.held[side] = flow.last_held[side] = -1
    return told


@njit(cache=True, nogil=True)
def _is_early(flow: Any, side: int, packet: Any) -> bool:
    """Say whether a packet acknowledges bytes of the other side that did not come yet."""
    other = 1 - side
    if not flow.waits or not packet.flags & ACK or not flow.is_begun[other] or flow.is_ended[other]:
        return False
    return 0 < _ahead(packet.answered, flow.next[other]) < WINDOW_BYTES


@njit(cache=True, nogil=True)
def _is_repeated(data: Any, packet: Any, run: Any, segments: Any) -> bool:
    """Say whether a segment repeats the last one of its side byte for byte, as loopback and mirror ports do."""
    last = segments[run.tail]
    if last.size != packet.size:
        return False
    for at in range(packet.size):
        if data[last.at + at] != data[packet.at + at]:
            return False
    return True


@njit(cache=True, nogil=True)
def take(
    data: Any,
    packets: Any,
    first: int,
    count: int,
    flows: Any,
    heads: Any,
    state: Any,
    runs: Any,
    segments: Any,
    held: Any,
    events: Any,
    tick: float,
) -> tuple[int, int, int, float]:
    """See Table.take; also returns the tick."""
    told = strung = ran = waiting = slow = 0
    probe = np.zeros(1, FLOW)[0]
    mask = len(heads) - 1
    for number in range(first, count):
        packet = packets[number]
        if packet.kind != TRANSPORT:
            continue
        if packet.time >= tick + TICK_S or packet.time < tick - TICK_S:
            tick = np.floor(packet.time / TICK_S) * TICK_S
            told = _end_block(flows, runs, ran, held, waiting, events, told)
            return number, told, ran, tick
        is_lower = _is_lower(packet)
        _write_key(probe, packet, is_lower)
        bucket = _hash(probe, mask)
        slot = heads[bucket]
        while slot >= 0 and not _is_same(flows[slot], probe):
            slot = flows[slot].chain
        is_tcp = packet.protocol == _TCP
        if slot < 0:
            if is_tcp and not packet.flags & SYN and packet.length == 0:
                continue
            if state[_FREE] < 0:
                oldest = state[_OLDEST]
                told = _release(flows[oldest], oldest, held, events, told)
                told = _tell(events, told, EVICTED, oldest, 0, 0, flows[oldest])
                free(flows, heads, state, oldest)
            slot = state[_FREE]
            state[_FREE] = flows[slot].chain
            flow = flows[slot]
            _write_key(flow, packet, is_lower)
            flow.chain = heads[bucket]
            heads[bucket] = slot
            flow.is_used = 1
            state[_COUNT] += 1
            _append(flows, state, slot)
            _begin(flow, packet, is_lower)
            if is_tcp and packet.flags & (ACK | SYN) == ACK and packet.answered:
                other = 1 - ((0 if is_lower else 1) ^ flow.opener)
                flow.next[other] = flow.initial[other] = packet.answered
                flow.is_begun[other] = 1
        flow = flows[slot]
        side = (0 if is_lower else 1) ^ flow.opener
        if is_tcp and _is_new(flow, side, packet):
            told = _release(flow, slot, held, events, told)
            told = _tell(events, told, FINISHED, slot, 0, 0, flow)
            _begin(flow, packet, is_lower)
            side = (0 if is_lower else 1) ^ flow.opener
        flow.time = packet.time
        if state[_NEWEST] != slot:
            _unlink(flows, state, slot)
            _append(flows, state, slot)
        flow.bytes[side] += packet.length
        if not is_tcp:
            if flow.is_dull:
                continue
            if not flow.is_open:
                flow.is_open = 1
                told = _tell(events, told, OPENED, slot, side, number, flow)
                events[told - 1].time = flow.first_time
            told = _tell(events, told, DATAGRAM, slot, side, number, flow)
            continue
        length = packet.length
        start = (np.int64(packet.sequence) + (1 if packet.flags & SYN else 0)) & 0xFFFFFFFF
        is_slow = flow.is_slow[side]
        if not is_slow and not flow.has_data[side] and (packet.flags & SYN or (length and not flow.is_begun[side])):
            flow.next[side] = flow.initial[side] = start
            flow.is_begun[side] = 1
        if not flow.is_begun[side] or flow.is_over:
            continue
        if not length and not packet.flags & (FIN | RST):
            other = 1 - side
            is_past = 0 < _ahead(packet.answered, flow.next[other]) < WINDOW_BYTES
            if packet.flags & ACK and flow.held[other] >= 0 and is_past:
                told = _release(flow, slot, held, events, told)
            if packet.flags & ACK and flow.is_slow[other]:
                told = _tell(events, told, ANSWERED, slot, other, number, flow)
            continue
        if not flow.is_open:
            if not length:
                if packet.flags & RST or flow.is_ended[1 - side]:
                    flow.is_over = 1
                elif _ahead(start, flow.next[side]) == 0:
                    flow.is_ended[side] = 1
                continue
            flow.is_open = 1
            told = _tell(events, told, OPENED, slot, side, number, flow)
            events[told - 1].time = flow.first_time
            if flow.is_ended[1 - side]:
                told = _tell(events, told, CLOSED, slot, 1 - side, number, flow)
        is_fresh = _note_burst(flow, side, packet) if length else 0
        if not is_slow and ((flow.waits and flow.is_slow[1 - side]) or _is_early(flow, side, packet)):
            told = _release(flow, slot, held, events, told)
            flow.is_slow[side] = is_slow = 1
        if is_slow:
            _break_runs(flow)
            told = _tell(events, told, SEGMENTED, slot, side, number, flow)
            events[told - 1].is_fresh = is_fresh
            slow += 1
            if slow == SLOW:
                told = _end_block(flows, runs, ran, held, waiting, events, told)
                return number + 1, told, ran, tick
            continue
        ahead = _ahead(start, flow.next[side])
        if packet.flags & RST:
            is_valid = ahead == 0 or flow.is_ended[side]
            if ahead < WINDOW_BYTES and (not is_valid or flow.held[0] >= 0 or flow.held[1] >= 0):
                told = _release(flow, slot, held, events, told)
                flow.is_slow[side] = 1
                told = _tell(events, told, SEGMENTED, slot, side, number, flow)
            elif is_valid:
                told = _tell(events, told, FINISHED, slot, 1, 0, flow)
                flow.is_over = 1
            if is_valid or flow.is_slow[side]:
                _break_runs(flow)
            continue
        if flow.is_ended[side]:
            continue
        if ahead or packet.size != length:
            behind = _ahead(flow.next[side], start)
            if ahead >= 0x80000000 and length <= behind and packet.size == length and not packet.flags & FIN:
                if length == 0 or (length == 1 and behind == 1):
                    continue  # nothing, or the probe that keeps a connection alive
                run = flow.run[side]
                if run >= 0 and behind == length and _is_repeated(data, packet, runs[run], segments):
                    continue
                _break_runs(flow)
                told = _tell(events, told, REPEATED, slot, side, number, flow)
                continue
            if not length and packet.flags & FIN and ahead >= 0x80000000:
                continue
            is_early = length and packet.size == length and ahead < WINDOW_BYTES and not packet.flags & (FIN | SYN)
            if is_early and _hold(flow, slot, side, held, waiting, packets, number):
                waiting += 1
                continue
            told = _release(flow, slot, held, events, told)
            _break_runs(flow)
            flow.is_slow[side] = 1
            told = _tell(events, told, SEGMENTED, slot, side, number, flow)
            events[told - 1].is_fresh = is_fresh
            continue
        if length:
            run = flow.run[side]
            if run < 0:
                flow.run[side] = run = ran
                ran += 1
                runs[run].time, runs[run].total, runs[run].head = flow.run_time, 0, -1
                runs[run].slot, runs[run].side, runs[run].is_fresh = slot, side, is_fresh
                told = _tell(events, told, RAN, slot, side, run, flow)
            strung = _string(segments, strung, runs[run], packet)
            flow.next[side] = (flow.next[side] + length) & 0xFFFFFFFF
            flow.has_data[side] = 1
            at = flow.held[side]
            while at >= 0 and packets[held[at].packet].sequence == flow.next[side]:
                early = packets[held[at].packet]
                strung = _string(segments, strung, runs[run], early)
                flow.next[side] = (flow.next[side] + early.length) & 0xFFFFFFFF
                at = flow.held[side] = held[at].next
            if at < 0:
                flow.last_held[side] = -1
            elif _ahead(packets[held[at].packet].sequence, flow.next[side]) >= 0x80000000:
                told = _release(flow, slot, held, events, told)
        if packet.flags & FIN:
            flow.is_ended[side] = 1
            _break_runs(flow)
            told = _tell(events, told, CLOSED, slot, side, number, flow)
            if flow.is_ended[1 - side]:
                flow.is_over = 1
    told = _end_block(flows, runs, ran, held, waiting, events, told)
    return count, told, ran, tick


@njit(cache=True, nogil=True)
def _end_block(flows: Any, runs: Any, ran: int, held: Any, waiting: int, events: Any, told: int) -> int:
    """The next block has runs of its own, and what still waits is to be ordered outside."""
    for number in range(ran):
        _break_runs(flows[runs[number].slot])
    for number in range(waiting):
        slot = held[number].slot
        told = _release(flows[slot], slot, held, events, told)
    return told


@njit(cache=True, nogil=True)
def gather(data: Any, segments: Any, segment: int, skip: int, out: Any) -> tuple[int, int, int]:
    """Copy a run's bytes from `skip` bytes into a segment on, until `out` is full or the run ends.

    Returns how many, and the segment and bytes into it to go on from.
    """
    count = 0
    while segment >= 0 and count < len(out):
        size = segments[segment].size - skip
        part = min(size, len(out) - count)
        source, target = np.uintp(segments[segment].at + skip), np.uintp(count)
        for number in range(np.uintp(part)):
            out[target + number] = data[source + number]
        count += part
        if part < size:
            return count, segment, skip + part
        segment, skip = segments[segment].next, 0
    return count, segment, skip
