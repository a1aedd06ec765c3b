"""Follows FLAC frames where the beginning of the file is lost, and makes one from what frames say. RFC 9639."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_SYNC: Final = re.compile(rb"\xff[\xf8\xf9][\x10-\xfe]", re.DOTALL)
_RATES: Final = (0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)
_BITS: Final = (0, 8, 12, 0, 16, 20, 24, 32)
_USUAL_RATE: Final = 44100
_USUAL_BITS: Final = 16


@dataclass(frozen=True, slots=True)
class Frame:
    """The header of a frame; `number` counts frames, or samples where their number varies from frame to frame."""

    number: int
    samples: int
    rate: int
    channels: int
    bits: int
    is_varying: bool

    @property
    def following(self) -> int:
        """The number of the frame after it."""
        return self.number + (self.samples if self.is_varying else 1)


def flac_frame(data: bytes, at: int) -> Frame | None:
    """The frame header at `at`, whose CRC-8 must fit; None when there is none."""
    head = data[at : at + 16]
    if len(head) < 6 or not _SYNC.match(head) or head[3] & 1 or head[3] >> 4 > 10 or head[3] >> 1 & 7 == 3:
        return None
    follow = next((n for n in range(8) if not head[4] & 0x80 >> n), 8)
    if follow in (1, 8):
        return None
    place = 4 + max(1, follow)
    number = head[4] & 0x7F >> follow
    for byte in head[5:place]:
        number = number << 6 | byte & 0x3F
    size_code, rate_code = head[2] >> 4, head[2] & 15
    size_bytes = {6: 1, 7: 2}.get(size_code, 0)
    rate_bytes = {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    told_size = int.from_bytes(head[place : place + size_bytes])
    told_rate = int.from_bytes(head[place + size_bytes : place + size_bytes + rate_bytes])
    end = place + size_bytes + rate_bytes
    if rate_code == 15 or end >= len(head) or _crc8(head[:end]) != head[end]:
        return None
    return Frame(
        number=number,
        samples=told_size + 1 if size_bytes else _samples(size_code),
        rate=told_rate * {12: 1000, 13: 1, 14: 10}[rate_code] if rate_bytes else _RATES[rate_code] or _USUAL_RATE,
        channels=min(head[3] >> 4, 7) + 1 if head[3] >> 4 < 8 else 2,
        bits=_BITS[head[3] >> 1 & 7] or _USUAL_BITS,
        is_varying=head[1] == 0xF9,
    )


def is_flac(data: bytes) -> bool:
    """Say whether a frame begins here and the one after it follows."""
    first = flac_frame(data, 0)
    if first is None:
        return False
    frames = (flac_frame(data, match.start()) for match in _SYNC.finditer(data, 6))
    return any(frame is not None and frame.number == first.following for frame in frames)


def flac_beginning(data: bytes) -> bytes:
    """Magic and STREAMINFO for the frame at the start of the data; empty when there is none."""
    frame = flac_frame(data, 0)
    if frame is None:
        return b""
    sizes = (16).to_bytes(2) + (65535).to_bytes(2) if frame.is_varying else max(16, frame.samples).to_bytes(2) * 2
    packed = frame.rate << 44 | frame.channels - 1 << 41 | frame.bits - 1 << 36
    return b"fLaC\x80\0\0\x22" + sizes + bytes(6) + packed.to_bytes(8) + bytes(16)


def _samples(code: int) -> int:
    if code == 1:
        return 192
    return 576 << code - 2 if code < 6 else 256 << code - 8


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07 if crc & 0x80 else crc << 1) & 0xFF
    return crc
