"""Sound put into files FFmpeg reads, without coding it anew: WAV, CAF, AU and Ogg (RFC 3533, 7845).

Each writer takes the frames with what they last, and yields the file in pieces, each with whether it stands for
sound that was never seen. The same frames give the same bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

Piece = tuple[bytes, bool]

PAGE_PACKETS = 50
_LACING_LIMIT = 255
_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_FIRST, _LAST = 2, 4


class Frame(NamedTuple):
    """Coded sound. `ticks` is what it lasts by its format's clock; `is_lost` when it only fills the place."""

    data: bytes
    ticks: int
    is_lost: bool = False


class WaveFormat(NamedTuple):
    """What a WAV header says of its samples. `tag` is the format's registered number, 1 for PCM."""

    tag: int
    rate: int
    channels: int
    align: int
    byte_rate: int
    bits: int


def wav(frames: Sequence[Frame], form: WaveFormat) -> Iterator[Piece]:
    """A RIFF WAVE file."""
    size = sum(len(frame.data) for frame in frames)
    head = struct.pack("<HHIIHH", form.tag, form.channels, form.rate, form.byte_rate, form.align, form.bits)
    head += b"" if form.tag == 1 else b"\0\0"
    chunks = b"fmt " + struct.pack("<I", len(head)) + head
    if form.tag != 1:
        chunks += b"fact" + struct.pack("<II", 4, size * form.rate // form.byte_rate & 0xFFFFFFFF)
    chunks += b"data" + struct.pack("<I", size)
    yield b"RIFF" + struct.pack("<I", 4 + len(chunks) + size + size % 2) + b"WAVE" + chunks, False
    yield from plain(frames)
    if size % 2:
        yield b"\0", False


def caf(frames: Sequence[Frame], kind: bytes, rate: int) -> Iterator[Piece]:
    """A Core Audio file of mono frames of one size; `kind` is the format's four letters."""
    size, ticks = len(frames[0].data), frames[0].ticks
    head = struct.pack(">d4sIIIII", rate, kind, 0, size, ticks, 1, 0)
    body = sum(len(frame.data) for frame in frames)
    yield b"caff\0\1\0\0desc" + struct.pack(">q", len(head)) + head, False
    yield b"data" + struct.pack(">qI", 4 + body, 0), False
    yield from plain(frames)


def au(frames: Sequence[Frame], encoding: int, rate: int) -> Iterator[Piece]:
    """A Sun AU file of mono sound."""
    size = sum(len(frame.data) for frame in frames)
    yield b".snd" + struct.pack(">IIIII", 24, size, encoding, rate, 1), False
    yield from plain(frames)


def plain(frames: Sequence[Frame], magic: bytes = b"") -> Iterator[Piece]:
    """The frames one after the other behind `magic`."""
    if magic:
        yield magic, False
    for frame in frames:
        yield frame.data, frame.is_lost


def ogg(frames: Sequence[Frame], headers: Sequence[bytes], serial: int) -> Iterator[Piece]:
    """An Ogg stream: a page for each header packet, then pages of about a second. Ticks are granules."""
    for number, packet in enumerate(headers):
        yield from _page([Frame(packet, 0)], _FIRST if number == 0 else 0, 0, serial, number)
    granule, number, at = 0, len(headers), 0
    while at < len(frames):
        page = _packets_of_page(frames, at)
        at += len(page)
        granule += sum(frame.ticks for frame in page)
        yield from _page(page, _LAST if at >= len(frames) else 0, granule, serial, number)
        number += 1


def _packets_of_page(frames: Sequence[Frame], at: int) -> list[Frame]:
    page: list[Frame] = []
    laces = 0
    for frame in frames[at : at + PAGE_PACKETS]:
        laces += len(frame.data) // 255 + 1
        if page and laces > _LACING_LIMIT:
            break
        page.append(frame)
    return page


def _page(packets: list[Frame], flags: int, granule: int, serial: int, number: int) -> Iterator[Piece]:
    laces = b"".join(b"\xff" * (len(packet.data) // 255) + bytes([len(packet.data) % 255]) for packet in packets)
    head = b"OggS\0" + struct.pack("<BqII", flags, granule, serial, number)
    tail = bytes([len(laces)]) + laces
    check = _check(head + bytes(4) + tail + b"".join(packet.data for packet in packets))
    yield head + struct.pack("<I", check) + tail, False
    yield from plain(packets)


def _check(page: bytes) -> int:
    """Ogg's CRC-32: zlib's with every byte and the sum mirrored, without its first and last inversion."""
    mirrored = zlib.crc32(page.translate(_MIRROR), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRROR), "big")


OPUS_TAGS = b"OpusTags" + struct.pack("<I4sI", 4, b"wire", 0)


def opus_head(channels: int) -> bytes:
    """The identification header of Opus in Ogg (RFC 7845, 5.1); nothing is skipped, since sound joins midway."""
    return b"OpusHead" + struct.pack("<BBHIhB", 1, channels, 0, 48_000, 0, 0)


def speex_head(rate: int) -> bytes:
    """The identification header of Speex in Ogg: mono, mode by rate, a frame a packet."""
    mode = {8000: 0, 16_000: 1}.get(rate, 2)
    fields = (1, 80, rate, mode, 4, 1, -1, rate // 50, 0, 1, 0, 0, 0)
    return b"Speex   " + b"1.2".ljust(20, b"\0") + struct.pack("<13i", *fields)


SPEEX_TAGS = struct.pack("<I4sI", 4, b"wire", 0)
