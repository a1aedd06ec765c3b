"""Shapes of the arrays that the compiled stages share: packets, flows, runs, segments, events."""

from __future__ import annotations

import numpy as np

PACKET = np.dtype(
    [
        ("time", "f8"),
        ("frame", "i4"),
        ("captured", "i4"),
        ("wire", "i4"),
        ("link", "u2"),
        ("kind", "u1"),
        ("family", "u1"),
        ("protocol", "u1"),
        ("flags", "u1"),
        ("source_port", "u2"),
        ("destination_port", "u2"),
        ("sequence", "u4"),
        ("answered", "u4"),
        ("at", "i4"),
        ("size", "i4"),
        ("length", "i4"),
        ("source_high", "u8"),
        ("source_low", "u8"),
        ("destination_high", "u8"),
        ("destination_low", "u8"),
        ("fragment", "u4"),
        ("fragment_at", "i4"),
        ("has_more", "u1"),
    ],
    align=True,
)
"""One packet of a block. `time` in Unix seconds; `frame`, `captured` and `wire` are offset and sizes of the frame;
`at`, `size` and `length` those of the payload: where it is, how much was captured, how much was on the wire;
`answered` is the number of the byte that the sender of a segment expects. Addresses are two halves, IPv4 in the lower
32 bits. Of ICMP echoes the ports are the identifier, `flags` the type."""

NOTHING, TRANSPORT, FRAGMENT, UNREAD_LINK, ENCRYPTED, MALFORMED, TOO_DEEP = range(7)
"""Kinds: no IP at all, a segment or datagram, part of an IP packet, and four of what was not read."""
UNREAD = {
    UNREAD_LINK: "frames of a link type that is not read",
    ENCRYPTED: "frames encrypted at the link or by IPsec",
    MALFORMED: "malformed packets",
    TOO_DEEP: "packets in too many tunnels",
}

FLOW = np.dtype(
    [
        ("time", "f8"),
        ("first_time", "f8"),
        ("run_time", "f8"),
        ("low_high", "u8"),
        ("low_low", "u8"),
        ("high_high", "u8"),
        ("high_low", "u8"),
        ("bytes", "i8", 2),
        ("next", "u4", 2),
        ("initial", "u4", 2),
        ("first_sequence", "u4"),
        ("generation", "u4"),
        ("run", "i4", 2),
        ("held", "i4", 2),
        ("last_held", "i4", 2),
        ("older", "i4"),
        ("newer", "i4"),
        ("chain", "i4"),
        ("low_port", "u2"),
        ("high_port", "u2"),
        ("protocol", "u1"),
        ("family", "u1"),
        ("opener", "u1"),
        ("run_side", "u1"),
        ("is_used", "u1"),
        ("is_open", "u1"),
        ("is_over", "u1"),
        ("is_dull", "u1"),
        ("waits", "u1"),
        ("is_begun", "u1", 2),
        ("has_data", "u1", 2),
        ("is_slow", "u1", 2),
        ("is_ended", "u1", 2),
    ],
    align=True,
)
"""One connection. The lower end (by address, then port) and the higher; `opener` is 1 where the higher one opened it
and so is side 0; `waits` says whether what a side says waits for what it acknowledges. `next` is the sequence number
expected, `initial` that of the first byte, by side. A side that is slow is ordered segment by segment outside; `run` is
the run of this block that its next bytes join, or -1; `held` and `last_held` the first and last of the segments of this
block that wait for earlier ones, or -1."""

RUN = np.dtype(
    [
        ("time", "f8"),
        ("total", "i8"),
        ("slot", "i4"),
        ("head", "i4"),
        ("tail", "i4"),
        ("side", "u1"),
        ("is_fresh", "u1"),
    ],
    align=True,
)
"""Bytes of one side of a flow, in order and unbroken by the other side, as a chain of segments. One that is not fresh
goes on where a block was cut."""
SEGMENT = np.dtype([("at", "i4"), ("size", "i4"), ("next", "i4")], align=True)

HELD = np.dtype([("slot", "i4"), ("packet", "i4"), ("next", "i4"), ("side", "u1")], align=True)
"""A segment that came before its time, in a list in the order of the stream."""

EVENT = np.dtype(
    [
        ("time", "f8"),
        ("up", "i8"),
        ("down", "i8"),
        ("slot", "i4"),
        ("what", "i4"),
        ("sequence", "u4"),
        ("expected", "u4"),
        ("other", "u4"),
        ("generation", "u4"),
        ("kind", "u1"),
        ("side", "u1"),
        ("is_fresh", "u1"),
        ("has_other", "u1"),
    ],
    align=True,
)
"""What the connections are told, in order. `what` is a packet or run of the block; `up` and `down` count payload bytes;
`sequence` is that of the first packet, `expected` the one expected from that side and `other` from the other one, if
that has begun; a slot is used by one `generation`
after another."""
OPENED, RAN, SEGMENTED, REPEATED, CLOSED, FINISHED, EVICTED, DATAGRAM, ANSWERED = range(9)
"""A connection begins (with its first payload); a run; one segment of a slow side; bytes that were there before; a side
ended; a connection was reset or begun anew; one was pushed out of the table; a datagram; the other side has what a slow
side sent up to there."""
