"""From a frame to the innermost segment, datagram or echo: links, tags, tunnels, extension headers. Compiled.

Tunnels over UDP are told by what is in them, never by the port. IP fragments are left to be put together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from forensics.wire.compiled import njit
from forensics.wire.layout import ENCRYPTED, FRAGMENT, MALFORMED, NOTHING, TOO_DEEP, TRANSPORT, UNREAD_LINK

STEPS = 32
"""Headers of one frame that are looked through."""

_ETHERNET, _TYPE, _IP, _PPP, _LLC, _WLAN, _PROTOCOL, _PPPOE = range(8)
_ICMP, _IPIP, _TCP, _UDP, _IPV6, _GRE, _ESP, _AH, _ICMP6, _ETHERIP, _MPLS = 1, 4, 6, 17, 41, 47, 50, 51, 58, 97, 137
TCP, UDP = _TCP, _UDP


@njit(cache=True, nogil=True, inline="always")
def _u8(data: Any, at: int) -> Any:
    return np.int64(data[np.uintp(at)])


@njit(cache=True, nogil=True, inline="always")
def _u16(data: Any, at: int) -> Any:
    place = np.uintp(at)  # unsigned: no negative index need be thought of
    return (np.int64(data[place]) << 8) | np.int64(data[place + np.uintp(1)])


@njit(cache=True, nogil=True, inline="always")
def _u32(data: Any, at: int) -> Any:
    place = np.uintp(at)
    return (
        (np.int64(data[place]) << 24)
        | (np.int64(data[place + np.uintp(1)]) << 16)
        | (np.int64(data[place + np.uintp(2)]) << 8)
        | np.int64(data[place + np.uintp(3)])
    )


@njit(cache=True, nogil=True, inline="always")
def _u64(data: Any, at: int) -> Any:
    return (np.uint64(_u32(data, at)) << np.uint64(32)) | np.uint64(_u32(data, at + 4))


@njit(cache=True, nogil=True)
def _is_ip(data: Any, at: int, end: int, length: int) -> bool:
    """Say whether there is an IP header whose own length fits what is there."""
    if end - at < 20:
        return False
    if data[at] >> 4 == 4:
        total = _u16(data, at + 2)
        return (data[at] & 15) >= 5 and 20 <= total <= length and data[at + 8] > 0
    return data[at] >> 4 == 6 and end - at >= 40 and _u16(data, at + 4) + 40 <= length


@njit(cache=True, nogil=True)
def _is_frame(data: Any, at: int, end: int, length: int) -> bool:
    """Say whether there is an Ethernet frame with something that is read."""
    if end - at < 34:
        return False
    kind, at, length = _u16(data, at + 12), at + 14, length - 14
    if kind == 0x8100:
        kind, at, length = _u16(data, at + 2), at + 4, length - 4
    return kind == 0x0806 or (kind in (0x0800, 0x86DD) and _is_ip(data, at, end, length))


@njit(cache=True, nogil=True)
def _link(data: Any, at: int, end: int, link: int) -> tuple[int, int, int]:
    """First layer, its place and its type by the link type of the capture; a layer below zero is not read."""
    have = end - at
    if link == 1:
        return _ETHERNET, at, 0
    if link in (12, 14, 101, 228, 229):
        return _IP, at, 0
    if link in (0, 108):
        return _IP, at + 4, 0
    if link == 113 and have >= 16:
        return _TYPE, at + 16, _u16(data, at + 14)
    if link == 276 and have >= 20:
        return _TYPE, at + 20, _u16(data, at)
    if link == 105:
        return _WLAN, at, 0
    if link in (127, 192) and have >= 8:
        size = _u8(data, at + 2) | (_u8(data, at + 3) << 8)
        if link == 192:
            inner = _u8(data, at + 4) | (_u8(data, at + 5) << 8)
            return (_WLAN if inner == 105 else _ETHERNET if inner == 1 else -1), at + size, 0
        return _WLAN, at + size, 0
    if link == 119 and have >= 144:
        return _WLAN, at + 144, 0
    if link == 163 and have >= 8:
        return _WLAN, at + _u32(data, at + 4), 0
    if link in (9, 50):
        return _PPP, at, 0
    if link == 104 and have >= 4:
        return _TYPE, at + 4, _u16(data, at + 2)
    if link == 51:
        return _PPPOE, at, 0
    if link == 117 and have >= 4:
        return _IP, at + ((_u8(data, at) + 3) & ~3), 0
    if link == 109:
        return _IP, at + 12, 0
    return -1, at, 0


@njit(cache=True, nogil=True)
def _wlan(data: Any, at: int, end: int) -> tuple[int, int, int]:
    """Where the LLC header of a data frame of 802.11 is: kind, place, layer."""
    if end - at < 24:
        return MALFORMED, at, 0
    first, second = _u8(data, at), _u8(data, at + 1)
    if (first >> 2) & 3 != 2 or first & 0x40:
        return NOTHING, at, 0
    if second & 0x40:
        return ENCRYPTED, at, 0
    if data[at + 22] & 15:
        return MALFORMED, at, 0  # a fragment of a frame
    size = 30 if second & 3 == 3 else 24
    is_aggregate = False
    if first & 0x80:
        if end - at < size + 2:
            return MALFORMED, at, 0
        is_aggregate = bool(data[at + size] & 0x80)
        size += 6 if second & 0x80 else 2
    if is_aggregate:
        size += 14
    for padding in (0, 2):
        place = at + size + padding
        if end - place >= 8 and data[place] == 0xAA and data[place + 1] == 0xAA and data[place + 2] == 3:
            return TRANSPORT, place, _LLC
    return NOTHING, at, 0


@njit(cache=True, nogil=True)
def _gre(data: Any, at: int, end: int) -> tuple[int, int, int]:
    """What GRE carries: layer, place, type; a layer below zero is not read."""
    if end - at < 4:
        return -1, at, 0
    flags, kind = _u16(data, at), _u16(data, at + 2)
    size = 4
    if flags & 0xC000:
        size += 4
    if flags & 0x2000:
        size += 4
    if flags & 0x1000:
        size += 4
    if flags & 7 == 1 and flags & 0x80:
        size += 4
    at += size
    if kind == 0x88BE:
        return _ETHERNET, at + (8 if flags & 0x1000 else 0), 0
    if kind == 0x22EB and end - at >= 12:
        return _ETHERNET, at + (20 if data[at + 11] & 1 else 12), 0
    if kind == 0x880B:
        return _PPP, at, 0
    return _TYPE, at, kind


@njit(cache=True, nogil=True)
def _over_udp(data: Any, at: int, end: int, length: int) -> tuple[int, int]:
    """The tunnel in a datagram: layer below zero for none, and where what it carries begins."""
    if end - at < 28:
        return -1, at
    first = _u8(data, at)
    is_vxlan = first & 0xF8 == 8 and data[at + 1] == 0 and data[at + 2] == 0 and data[at + 7] == 0
    if is_vxlan and _is_frame(data, at + 8, end, length - 8):
        return _ETHERNET, at + 8
    if first & 0xC0 == 0 and _u16(data, at + 2) == 0x6558 and data[at + 7] == 0:  # Geneve
        size = 8 + (first & 63) * 4
        if _is_frame(data, at + size, end, length - size):
            return _ETHERNET, at + size
    if first & 0xF0 == 0x30 and data[at + 1] == 0xFF and _u16(data, at + 2) == length - 8:  # GTP-U
        size = 12 if first & 7 else 8
        if not first & 4 and _is_ip(data, at + size, end, length - size):
            return _IP, at + size
    return -1, at


@njit(cache=True, nogil=True)
def transport(data: Any, at: int, end: int, stop: int, protocol: int, packet: Any) -> tuple[int, int, int, int]:
    """Read what an IP packet carries into `packet`: kind of packet; or the layer, place and type within, kind -1.

    `end` is where the captured bytes end, `stop` where they would end on the wire.
    """
    kind, layer, inner = MALFORMED, 0, 0
    have = end - at
    if protocol == _TCP:
        size = (_u8(data, at + 12) >> 4) * 4 if have >= 20 else 0
        if size >= 20 and stop - at >= size:
            packet.sequence, packet.answered = _u32(data, at + 4), _u32(data, at + 8)
            packet.flags = data[at + 13]
            kind = TRANSPORT
            packet.at = at + min(size, have)
    elif protocol == _UDP:
        size = _u16(data, at + 4) if have >= 8 else 0
        if have >= 8 and (size >= 8 or size == 0):
            if size:
                stop = min(stop, at + size)
                end = min(end, stop)
            layer, place = _over_udp(data, at + 8, end, stop - at - 8)
            if layer >= 0:
                return -1, layer, place, 0
            packet.at = at + 8
            kind = TRANSPORT
    elif protocol in (_ICMP, _ICMP6):
        is_echo = have >= 8 and data[at] in ((0, 8) if protocol == _ICMP else (128, 129))
        if is_echo:
            packet.source_port = packet.destination_port = _u16(data, at + 4)
            packet.sequence = _u16(data, at + 6)
            packet.flags = data[at]
            packet.at = at + 8
            kind = TRANSPORT
        else:
            kind = NOTHING
    elif protocol == _GRE:
        layer, place, inner = _gre(data, at, end)
        return (-1, layer, place, inner) if layer >= 0 else (NOTHING, 0, at, 0)
    elif protocol in (_IPIP, _IPV6, 94):
        return -1, _IP, at, 0
    elif protocol == _ETHERIP:
        return -1, _ETHERNET, at + 2, 0
    elif protocol == _MPLS:
        return -1, _TYPE, at, 0x8847
    elif protocol == _ESP:
        kind = ENCRYPTED
    else:
        kind = NOTHING
    if kind == TRANSPORT:
        if protocol in (_TCP, _UDP):
            packet.source_port = _u16(data, at)
            packet.destination_port = _u16(data, at + 2)
        packet.protocol = protocol
        packet.size = max(0, end - packet.at)
        packet.length = max(packet.size, stop - packet.at)
    return kind, 0, at, 0


@njit(cache=True, nogil=True)
def _ip4(data: Any, at: int, end: int, stop: int, packet: Any) -> tuple[int, int, int, int, int]:
    """Read a header: kind (-1 to go on), protocol, place, end and stop of what it carries."""
    if end - at < 20:
        return MALFORMED, 0, at, end, stop
    size, total = (_u8(data, at) & 15) * 4, _u16(data, at + 2)
    if size < 20 or end - at < size:
        return MALFORMED, 0, at, end, stop
    if total >= size:
        stop = min(stop, at + total)
        end = min(end, stop)
    packet.family = 4
    packet.source_high = packet.destination_high = 0
    packet.source_low, packet.destination_low = _u32(data, at + 12), _u32(data, at + 16)
    where, protocol = _u16(data, at + 6), _u8(data, at + 9)
    if where & 0x3FFF:
        packet.fragment = _u16(data, at + 4)
        packet.fragment_at = (where & 0x1FFF) * 8
        packet.has_more = 1 if where & 0x2000 else 0
        packet.protocol = protocol
        packet.at, packet.size, packet.length = at + size, end - at - size, stop - at - size
        return FRAGMENT, protocol, at, end, stop
    return -1, protocol, at + size, end, stop


@njit(cache=True, nogil=True)
def _ip6(data: Any, at: int, end: int, stop: int, packet: Any) -> tuple[int, int, int, int, int]:
    """Likewise for IPv6 and its extension headers."""
    if end - at < 40:
        return MALFORMED, 0, at, end, stop
    length, protocol = _u16(data, at + 4), _u8(data, at + 6)
    if length:
        stop = min(stop, at + 40 + length)
        end = min(end, stop)
    packet.family = 6
    packet.source_high, packet.source_low = _u64(data, at + 8), _u64(data, at + 16)
    packet.destination_high, packet.destination_low = _u64(data, at + 24), _u64(data, at + 32)
    at += 40
    for _ in range(STEPS):
        if protocol in (0, 43, 60, 135, 139, 140, _AH):
            if end - at < 8:
                return MALFORMED, 0, at, end, stop
            size = (_u8(data, at + 1) + 2) * 4 if protocol == _AH else (_u8(data, at + 1) + 1) * 8
            protocol = _u8(data, at)
            at += size
        elif protocol == 44:
            if end - at < 8:
                return MALFORMED, 0, at, end, stop
            where = _u16(data, at + 2)
            protocol = _u8(data, at)
            if where & 0xFFF9:
                packet.fragment = _u32(data, at + 4)
                packet.fragment_at = where & 0xFFF8
                packet.has_more = where & 1
                packet.protocol = protocol
                packet.at, packet.size, packet.length = at + 8, max(0, end - at - 8), max(0, stop - at - 8)
                return FRAGMENT, protocol, at, end, stop
            at += 8
        else:
            return -1, protocol, at, end, stop
    return TOO_DEEP, protocol, at, end, stop


@njit(cache=True, nogil=True)
def _typed(data: Any, at: int, end: int, kind: int) -> tuple[int, int, int, int]:
    """What stands behind an EtherType: kind of packet (-1 to go on), layer, place and type."""
    if kind in (0x0800, 0x86DD):
        return -1, _IP, at, 0
    if kind in (0x8100, 0x88A8, 0x9100, 0x9200) and end - at >= 4:
        return -1, _TYPE, at + 4, _u16(data, at + 2)
    if kind == 0x8926 and end - at >= 6:
        return -1, _TYPE, at + 6, _u16(data, at + 4)
    if kind == 0x893F and end - at >= 8:
        return -1, _TYPE, at + 8, _u16(data, at + 6)
    if kind == 0x8864:
        return -1, _PPPOE, at, 0
    if kind == 0x880B:
        return -1, _PPP, at, 0
    if kind == 0x6558:
        return -1, _ETHERNET, at, 0
    if kind in (0x8847, 0x8848):
        while end - at >= 4 and not data[at + 2] & 1:
            at += 4
        at += 4
        if end - at >= 1 and data[at] >> 4 in (4, 6):
            return -1, _IP, at, 0
        if end - at >= 4 and data[at] >> 4 == 0:
            return -1, _ETHERNET, at + 4, 0
        return -1, _ETHERNET, at, 0
    if kind == 0x88E5:
        return ENCRYPTED, 0, at, 0
    if kind <= 1500:
        return -1, _LLC, at, 0
    return NOTHING, 0, at, 0


@njit(cache=True, nogil=True)
def decapsulate(data: Any, packet: Any) -> None:
    """Read one frame into `packet`."""
    at = packet.frame
    end, stop = at + packet.captured, at + packet.wire
    layer, at, inner = _link(data, at, end, packet.link)
    packet.kind = TOO_DEEP if layer >= 0 else UNREAD_LINK
    if layer >= 0:
        _descend(data, at, end, stop, layer, inner, packet)


@njit(cache=True, nogil=True)
def resume(data: Any, at: int, end: int, stop: int, packet: Any) -> None:
    """Read an IP packet that was put together: what it carries lies from `at` to `end`."""
    packet.kind = TOO_DEEP
    _descend(data, at, end, stop, _PROTOCOL, packet.protocol, packet)


@njit(cache=True, nogil=True)
def _descend(data: Any, at: int, end: int, stop: int, layer: int, inner: int, packet: Any) -> None:
    kind = -1
    for _ in range(STEPS):
        if kind >= 0 or at >= end:
            break
        if layer == _ETHERNET:
            if end - at < 14:
                kind = MALFORMED
            else:
                layer, inner, at = _TYPE, _u16(data, at + 12), at + 14
        elif layer == _TYPE:
            kind, layer, at, inner = _typed(data, at, end, inner)
        elif layer == _LLC:
            if end - at >= 8 and data[at] == 0xAA and data[at + 1] == 0xAA:
                layer, inner, at = _TYPE, _u16(data, at + 6), at + 8
            elif end - at >= 3 and data[at] == 6 and data[at + 1] == 6:
                layer, at = _IP, at + 3
            else:
                kind = NOTHING
        elif layer == _PPPOE:
            if end - at < 6 or data[at + 1] != 0:
                kind = NOTHING
            else:
                stop = min(stop, at + 6 + _u16(data, at + 4))
                end, layer, at = min(end, stop), _PPP, at + 6
        elif layer == _PPP:
            if end - at >= 2 and data[at] == 0xFF and data[at + 1] == 3:
                at += 2
            if at < end and data[at] & 1:
                number, at = _u8(data, at), at + 1
            elif end - at >= 2:
                number, at = _u16(data, at), at + 2
            else:
                number = 0
            layer = _IP
            kind = -1 if number in (0x21, 0x57) else NOTHING
        elif layer == _WLAN:
            kind, at, layer = _wlan(data, at, end)
            kind = -1 if kind == TRANSPORT else kind
        elif layer == _IP:
            version = _u8(data, at) >> 4
            if version == 4:
                kind, inner, at, end, stop = _ip4(data, at, end, stop, packet)
            elif version == 6:
                kind, inner, at, end, stop = _ip6(data, at, end, stop, packet)
            else:
                kind = MALFORMED
            layer = _PROTOCOL
        else:
            if inner == _AH and end - at >= 8:
                inner, at = _u8(data, at), at + (_u8(data, at + 1) + 2) * 4
            else:
                kind, layer, at, inner = transport(data, at, end, stop, inner, packet)
    if kind >= 0:
        packet.kind = kind
    elif at >= end:
        packet.kind = MALFORMED if layer != _PROTOCOL else NOTHING


@njit(cache=True, nogil=True)
def decapsulate_all(data: Any, packets: Any, count: int) -> int:
    """Read the frames of a block; returns how many are fragments."""
    fragments = 0
    for number in range(count):
        packet = packets[number]
        decapsulate(data, packet)
        if packet.kind == FRAGMENT:
            fragments += 1
    return fragments
