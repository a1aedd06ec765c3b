"""Reads Ogg pages where the beginning of the stream is lost, and makes one for Opus. RFC 3533, 7845 and 6716.

Which codec the packets are of stood in the beginning. Opus is told by its clock: the durations in the first bytes of a
page's packets add up to what the page says has passed. Vorbis cannot be played without the tables that are lost.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

from forensics.content import Content

_MOST_PAGES: Final = 8
_SAMPLES: Final = (*(480, 960, 1920, 2880) * 3, *(480, 960) * 2, *(120, 240, 480, 960) * 4)
"""Duration at 48 kHz by the configuration of an Opus packet."""
_UNKNOWN: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `packets` are those that end in it, the first of them perhaps without its beginning."""

    flags: int
    passed: int
    serial: int
    packets: tuple[bytes, ...]


def pages(content: Content) -> Iterator[Page]:
    """The pages from the first byte on, as long as one follows the other."""
    at = 0
    while True:
        head = content.pread(27 + 255, at)
        if head[:5] != b"OggS\0" or len(head) < 27:
            return
        lacing = head[27 : 27 + head[26]]
        body = content.pread(sum(lacing), at + 27 + len(lacing))
        flags, passed, serial = struct.unpack_from("<BQL", head, 5)
        yield Page(flags, passed, serial, tuple(_packets(lacing, body)))
        at += 27 + len(lacing) + len(body)


def opus_beginning(content: Content) -> bytes:
    """The two pages Opus begins with, for pages that are Opus; else empty."""
    known = [page for page, _ in zip(pages(content), range(_MOST_PAGES), strict=False)]
    fitting = sum(_fits(before, page) for before, page in pairwise(known))
    if not fitting or fitting < (len(known) - 1) / 2:
        return b""
    is_stereo = any(packet[0] & 4 for page in known for packet in _whole(page))
    head = b"OpusHead\1" + bytes([2 if is_stereo else 1]) + struct.pack("<HLhB", 0, 48000, 0, 0)
    tags = b"OpusTags" + struct.pack("<LL", 0, 0)
    serial = known[0].serial
    return _page(head, flags=2, serial=serial, number=0) + _page(tags, flags=0, serial=serial, number=1)


def _packets(lacing: bytes, body: bytes) -> Iterator[bytes]:
    at = size = 0
    for value in lacing:
        size += value
        if value < 255:
            yield body[at : at + size]
            at, size = at + size, 0


def _whole(page: Page) -> tuple[bytes, ...]:
    """The packets that begin in the page too."""
    return tuple(packet for packet in page.packets[page.flags & 1 :] if packet)


def _fits(before: Page, page: Page) -> bool:
    """The last page of a stream may say that less has passed, by less than a packet: the end is cut to length."""
    if page.flags & 1 or not page.packets or _UNKNOWN in (before.passed, page.passed):
        return False
    passed, told = sum(map(_duration, page.packets)), page.passed - before.passed
    return passed == told or (bool(page.flags & 4) and 0 < told <= passed < told + max(_SAMPLES))


def _duration(packet: bytes) -> int:
    if not packet:
        return 0
    count = (1, 2, 2, packet[1] & 0x3F if len(packet) > 1 else 0)[packet[0] & 3]
    return count * _SAMPLES[packet[0] >> 3]


def _page(packet: bytes, *, flags: int, serial: int, number: int) -> bytes:
    head = struct.pack("<4sBBQLLLBB", b"OggS", 0, flags, 0, serial, number, 0, 1, len(packet))
    crc = _crc32(head + packet)
    return head[:22] + struct.pack("<L", crc) + head[26:] + packet


def _crc32(data: bytes) -> int:
    """Not that of zip: high bit first, nothing before and nothing after."""
    crc = 0
    for byte in data:
        crc = crc << 8 & 0xFFFFFFFF ^ _table()[crc >> 24 ^ byte]
    return crc


@cache
def _table() -> list[int]:
    found = []
    for value in range(256):
        crc = value << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
        found.append(crc)
    return found
