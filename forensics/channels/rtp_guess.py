"""Tells voice by its packets alone: whether datagrams are RTP, what a payload type nobody announced holds, SRTP."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from forensics.channels.rtp_amr import Amr
from forensics.channels.rtp_codecs import Codec, Samples
from forensics.channels.rtp_formats import STATIC, codec_of
from forensics.channels.rtp_opus import Opus
from forensics.channels.rtp_packets import RtpPacket, distance, parse

ENOUGH_PACKETS = 4
"""Packets of one source, in a row, before a claim or a guess."""
_UNKNOWN_PACKETS = 6
_DYNAMIC = range(96, 128)
_OTHER_STATIC = frozenset({5, 6, 7, 12, 14, 15, 16, 17, 25, 26, 28, 31, 32, 33, 34})
_STEP_LIMIT = 90_000
_TAG_BYTES = frozenset({4, 8, 10, 14, 16})
"""What SRTP (RFC 3711, 7714) adds to a payload: an authentication tag, and a key's number before it."""
_STRETCHES = frozenset({Fraction(1), Fraction(2), Fraction(3), Fraction(6), Fraction(1, 2)})


def is_voice(held: Sequence[tuple[int, bytes]]) -> bool:
    """Say whether some source among the first datagrams of a pair, with their sides, sends RTP."""
    newest = parse(held[-1][1])
    if newest is None:
        return False
    sources: dict[tuple[int, int, int], list[RtpPacket]] = defaultdict(list)
    for side, datagram in held:
        packet = parse(datagram)
        if packet is not None and packet.payload:
            sources[side, packet.source, packet.kind].append(packet)
    return any(_is_source(in_order(packets)) for packets in sources.values())


def in_order(packets: Sequence[RtpPacket]) -> list[RtpPacket]:
    """The packets by sequence number, each once."""
    first = packets[0].sequence
    by_number = {distance(packet.sequence, first, bits=16): packet for packet in reversed(packets)}
    return [by_number[number] for number in sorted(by_number)]


def _is_source(packets: list[RtpPacket]) -> bool:
    steps = [step for step, _ in _steps(packets)]
    if len(steps) < ENOUGH_PACKETS - 1 or not all(0 <= step <= _STEP_LIMIT for step in steps):
        return False
    kind = packets[0].kind
    if kind in STATIC:
        codec = codec_of(STATIC[kind])
        is_regular = min(steps) > 0 and steps.count(max(set(steps), key=steps.count)) >= ENOUGH_PACKETS - 1
        return codec is not None and is_regular
    if kind in _DYNAMIC and guessed(packets) is not None:
        return True
    return (kind in _DYNAMIC or kind in _OTHER_STATIC) and len(steps) >= _UNKNOWN_PACKETS - 1


def _steps(packets: Sequence[RtpPacket]) -> list[tuple[int, RtpPacket]]:
    """How far the time stamp moves after each packet that is directly followed by the next."""
    return [
        (distance(after.timestamp, before.timestamp, bits=32), before)
        for before, after in pairwise(packets)
        if distance(after.sequence, before.sequence, bits=16) == 1
    ]


def guessed(packets: Sequence[RtpPacket]) -> Codec | None:
    """The format of payloads nobody announced, whose structure and time stamps must agree throughout."""
    if len(packets) < ENOUGH_PACKETS:
        return None
    return next((codec for codec in (Opus(), Amr(), Amr(is_wide=True)) if _explains(codec, packets)), None)


def _explains(codec: Codec, packets: Sequence[RtpPacket]) -> bool:
    lasting = {packet.sequence: sum(frame.ticks for frame in codec.frames(packet.payload)) for packet in packets}
    steps = _steps(packets)
    agreeing = sum(step == lasting[packet.sequence] for step, packet in steps)
    is_longer = all(step >= lasting[packet.sequence] for step, packet in steps)
    return min(lasting.values()) > 0 and is_longer and agreeing >= max(ENOUGH_PACKETS - 1, len(steps) * 3 // 4)


def is_sealed(packets: Sequence[RtpPacket], codec: Codec) -> bool:
    """Say whether every payload is longer than the time it lasts by what SRTP adds."""
    if not isinstance(codec, Samples) or len(packets) < ENOUGH_PACKETS:
        return False
    excess = {len(packet.payload) - step * codec.unit // codec.unit_ticks for step, packet in _steps(packets)}
    return len(excess) == 1 and excess <= _TAG_BYTES


def stretch(packets: Sequence[RtpPacket], codec: Codec) -> Fraction:
    """Time stamp units a tick: 1, unless every packet of the source says that its clock runs at another rate."""
    ratios = {
        Fraction(step, sum(frame.ticks for frame in frames))
        for step, packet in _steps(packets)
        if (frames := codec.frames(packet.payload))
    }
    found = ratios.pop() if len(ratios) == 1 and len(packets) >= ENOUGH_PACKETS else Fraction(1)
    return found if found in _STRETCHES else Fraction(1)
