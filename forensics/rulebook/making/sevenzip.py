"""Writes 7z archives, one LZMA2 folder of all members (7zFormat.txt of the LZMA SDK, public domain)."""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Mapping

_DICTIONARY_BYTES = 1 << 20
_DICTIONARY_CODE = 16
"""How LZMA2 writes that size: 2^(code / 2 + 12) bytes for even codes."""


def sevenzipped(members: Mapping[str, bytes]) -> bytes:
    """An archive of these members, at least one of which is not empty; empty ones are left out."""
    kept = {name: data for name, data in members.items() if data}
    raw = b"".join(kept.values())
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": _DICTIONARY_BYTES}]
    packed = lzma.compress(raw, format=lzma.FORMAT_RAW, filters=filters)
    header = b"\x01" + _streams(packed, raw, list(kept.values())) + _files(list(kept)) + b"\x00"
    place = struct.pack("<QQI", len(packed), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(place)) + place + packed + header


def _streams(packed: bytes, raw: bytes, members: list[bytes]) -> bytes:
    sums = b"".join(struct.pack("<I", zlib.crc32(data)) for data in members)
    pack = b"\x06" + _number(0) + _number(1) + b"\x09" + _number(len(packed)) + b"\x00"
    coder = b"\x01" + b"\x21\x21\x01" + bytes([_DICTIONARY_CODE])
    unpack = b"\x07\x0b" + _number(1) + b"\x00" + coder + b"\x0c" + _number(len(raw)) + b"\x00"
    sizes = b"".join(_number(len(data)) for data in members[:-1])
    several = b"\x0d" + _number(len(members)) + (b"\x09" + sizes if sizes else b"")
    return b"\x04" + pack + unpack + b"\x08" + several + b"\x0a\x01" + sums + b"\x00\x00"


def _files(names: list[str]) -> bytes:
    said = b"\x00" + b"".join(name.encode("utf-16-le", "replace") + b"\0\0" for name in names)
    return b"\x05" + _number(len(names)) + b"\x11" + _number(len(said)) + said + b"\x00"


def _number(value: int) -> bytes:
    """The length in leading ones, the highest bits beside them, the rest little-endian."""
    for count in range(8):
        if value < 1 << (7 * (count + 1)):
            first = (0xFF00 >> count) & 0xFF | value >> (8 * count)
            return bytes([first]) + (value & (1 << 8 * count) - 1).to_bytes(count, "little")
    return b"\xff" + value.to_bytes(8, "little")
