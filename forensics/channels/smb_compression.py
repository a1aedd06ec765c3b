"""Compressed messages of SMB 3.1.1 (MS-SMB2 2.2.42): repeated bytes, LZNT1 and plain LZ77 (MS-XCA 2.4, 2.5)."""

from __future__ import annotations

import struct

MESSAGE_LIMIT_BYTES = 9 << 20
"""Longest message that is decompressed; clients and servers agree on 8 MiB at most."""
_HEADER = struct.Struct("<IHHI")
_LINK = struct.Struct("<HHI")
_IS_CHAINED = 1
_NONE, _LZNT1, _LZ77, _PATTERN = 0, 1, 2, 4
_FLAGS = 32
_CHUNK_BYTES = 4096


def decompress(frame: bytes) -> bytes | None:
    """The message in a whole frame, which begins with its magic bytes; None where it cannot be had."""
    try:
        size, algorithm, flags, offset = _HEADER.unpack_from(frame, 4)
        if flags & _IS_CHAINED:
            message = _unchain(frame, size) if size <= MESSAGE_LIMIT_BYTES else b""
        elif size + offset <= MESSAGE_LIMIT_BYTES:
            start = 4 + _HEADER.size
            message = frame[start : start + offset] + _plain(algorithm, frame[start + offset :], size)
            size += offset
        else:
            return None
    except (IndexError, ValueError, struct.error):
        return None
    return message if len(message) == size else None


def _unchain(frame: bytes, size: int) -> bytes:
    """Payload after payload, each with how it was compressed."""
    message, at = bytearray(), 8
    while len(message) < size:
        algorithm, _, length = _LINK.unpack_from(frame, at)
        at += _LINK.size
        payload = frame[at : at + length]
        at += length
        if algorithm == _PATTERN:
            (count,) = struct.unpack_from("<I", payload, 4)
            message += payload[:1] * min(count, size - len(message) + 1)
        elif algorithm == _NONE:
            message += payload
        else:
            (original,) = struct.unpack_from("<I", payload)
            message += _plain(algorithm, payload[4:], min(original, size - len(message)))
    return bytes(message)


def _plain(algorithm: int, data: bytes, size: int) -> bytes:
    """Up to `size` bytes. Raises ValueError, IndexError or struct.error where the data is none of the algorithm."""
    if algorithm == _LZNT1:
        return _lznt1(data, size)
    if algorithm == _LZ77:
        return _lz77(data, size)
    raise ValueError


def _lznt1(data: bytes, size: int) -> bytes:
    """Chunks of 4,096 bytes; how many bits of a token are distance depends on how far in the chunk it stands."""
    out, at = bytearray(), 0
    while len(out) < size:
        (head,) = struct.unpack_from("<H", data, at)
        end = at + 3 + (head & 0xFFF)
        if head & 0x8000:
            _lznt1_chunk(data[at + 2 : end], out)
        else:
            out += data[at + 2 : end]
        at = end
    return bytes(out)


def _lznt1_chunk(chunk: bytes, out: bytearray) -> None:
    at, start = 0, len(out)
    while at < len(chunk):
        flags, at = chunk[at], at + 1
        for bit in range(8):
            if at >= len(chunk):
                return
            if not flags >> bit & 1:
                out.append(chunk[at])
                at += 1
                continue
            (token,) = struct.unpack_from("<H", chunk, at)
            at += 2
            bits = 16 - max(4, (len(out) - start - 1).bit_length())
            _repeat(out, (token >> bits) + 1, (token & (1 << bits) - 1) + 3)
            if len(out) - start > _CHUNK_BYTES:
                raise ValueError


def _lz77(data: bytes, size: int) -> bytes:
    """Flags for 32 items at a time: bytes as they are, or tokens that point back."""
    out, at, half = bytearray(), 0, 0
    while len(out) < size:
        (flags,) = struct.unpack_from("<I", data, at)
        at += 4
        if not flags and len(out) + _FLAGS <= size:
            out += data[at : at + _FLAGS]
            at += _FLAGS
            continue
        for bit in range(_FLAGS - 1, -1, -1):
            if len(out) >= size:
                break
            if not flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            (token,) = struct.unpack_from("<H", data, at)
            at += 2
            length = token & 7
            if length == 7:
                length, at, half = _longer(data, at, half)
            _repeat(out, (token >> 3) + 1, length + 3)
    return bytes(out)


def _longer(data: bytes, at: int, half: int) -> tuple[int, int, int]:
    """A length that does not fit a token; `half` is where the byte is whose upper half was not used yet, or 0."""
    if half:
        length, half = data[half] >> 4, 0
    else:
        length, half, at = data[at] & 15, at, at + 1
    if length == 15:
        length, at = data[at], at + 1
        if length == 255:
            (length,), at = struct.unpack_from("<H", data, at), at + 2
            if not length:
                (length,), at = struct.unpack_from("<I", data, at), at + 4
            return min(length, MESSAGE_LIMIT_BYTES), at, half
        length += 15
    return length + 7, at, half


def _repeat(out: bytearray, distance: int, length: int) -> None:
    """Append what stands `distance` back, which may run into what it appends."""
    start = len(out) - distance
    if start < 0:
        raise ValueError
    piece = out[start : start + length]
    out += (piece * (length // len(piece) + 1))[:length] if len(piece) < length else piece
