"""Follows the frames of headerless audio: MPEG layers 1-3 and ADTS AAC, wherever they start."""

from __future__ import annotations

_RATES = (44100, 48000, 32000)
_BITRATES = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def mpeg_frame_bytes(data: bytes, offset: int) -> int:
    """Length of the MPEG audio frame at `offset` (ISO 11172-3, 13818-3), 0 when there is none."""
    if len(data) - offset < 4:
        return 0
    header = int.from_bytes(data[offset : offset + 4], "big")
    if header >> 21 != 0x7FF:
        return 0
    version, layer = (header >> 19) & 3, 4 - ((header >> 17) & 3)
    bitrate, rate, padding = (header >> 12) & 15, (header >> 10) & 3, (header >> 9) & 1
    if version == 1 or layer == 4 or bitrate in (0, 15) or rate == 3 or header & 3 == 2:
        return 0
    generation = 1 if version == 3 else 2
    hertz = _RATES[rate] >> {3: 0, 2: 1, 0: 2}[version]
    bits = _BITRATES[generation, layer][bitrate - 1] * 1000
    if layer == 1:
        return (12 * bits // hertz + padding) * 4
    slots = 72 if layer == 3 and generation == 2 else 144
    return slots * bits // hertz + padding


def mpeg_chain(data: bytes, offset: int, most: int = 8) -> int:
    """How many MPEG audio frames of one version, layer and rate follow each other from `offset`."""
    first = data[offset : offset + 4]
    count = 0
    while count < most and (length := mpeg_frame_bytes(data, offset)):
        if data[offset + 1] & 0xFE != first[1] & 0xFE or (data[offset + 2] ^ first[2]) & 0x0C:
            break
        count += 1
        offset += length
    return count


def adts_chain(data: bytes, offset: int, most: int = 8) -> int:
    """How many ADTS AAC frames of one configuration follow each other from `offset` (ISO 13818-7)."""
    first = data[offset : offset + 3]
    count = 0
    while count < most and len(data) - offset >= 7:
        if data[offset] != 0xFF or data[offset + 1] & 0xF6 != 0xF0 or (data[offset + 2] >> 2) & 15 > 12:
            break
        if data[offset + 2] & 0xFD != first[2] & 0xFD:
            break
        length = (data[offset + 3] & 3) << 11 | data[offset + 4] << 3 | data[offset + 5] >> 5
        if length < 8:
            break
        count += 1
        offset += length
    return count
