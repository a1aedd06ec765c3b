"""Makes RAR archives of stored members, locked or not, block by block after the formats' technical notes.

There is no free program that writes them. Keys are made by the plain loops of the notes, not by the code under test.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import zlib
from functools import cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SALT = bytes(range(8))
SALT_5 = bytes(range(16))
VECTOR_5 = bytes(range(100, 116))


def rar4(files: dict[str, bytes], word: str = "", *, is_list_locked: bool = False) -> bytes:
    """Format 4: with a word each member is locked, the list of members too if that is wanted."""

    def block(kind: int, flags: int, body: bytes) -> bytes:
        head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        head = struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head
        return SALT + _aes(*_key_4(word), _padded(head)) if is_list_locked and kind != 0x73 else head

    out = b"Rar!\x1a\x07\x00" + block(0x73, 0x80 if is_list_locked else 0, bytes(6))
    for name, data in files.items():
        raw = name.encode()
        packed = _aes(*_key_4(word), _padded(data)) if word else data
        body = struct.pack("<LLBLLBBHL", len(packed), len(data), 3, zlib.crc32(data), 1 << 21, 29, 0x30, len(raw), 0x20)
        out += block(0x74, 0x8404 if word else 0x8000, body + raw + (SALT if word else b"")) + packed
    return out + block(0x7B, 0x4000, b"")


def rar5(files: dict[str, bytes], word: str = "", *, is_list_locked: bool = False) -> bytes:
    """Format 5, as WinRAR does it: the CRC-32 of a locked member is turned by its key."""

    def block(kind: int, fields: bytes, extra: bytes = b"", data: bytes = b"") -> bytes:
        flags = (1 if extra else 0) | (2 if data else 0)
        body = _number(kind) + _number(flags) + (_number(len(extra)) if extra else b"")
        body += (_number(len(data)) if data else b"") + fields + extra
        head = _number(len(body)) + body
        head = struct.pack("<L", zlib.crc32(head)) + head
        if is_list_locked and kind != 4:
            head = VECTOR_5 + _aes(_keys_5(word)[0], VECTOR_5, _padded(head))
        return head + data

    lock = b"\0" + b"%c" + b"\x0f" + SALT_5
    check = _check(word) if word else b""
    out = b"Rar!\x1a\x07\x01\x00"
    if is_list_locked:
        out += block(4, lock % 1 + check)
    out += block(1, b"\0")
    for name, data in files.items():
        raw, checksum, packed, extra = name.encode(), zlib.crc32(data), data, b""
        if word:
            key, turn, _ = _keys_5(word)
            packed, checksum = _aes(key, VECTOR_5, _padded(data)), _turned(checksum, turn)
            record = b"\x01" + lock % 3 + VECTOR_5 + check
            extra = _number(len(record)) + record
        fields = _number(4) + _number(len(data)) + _number(0x20) + struct.pack("<L", checksum)
        out += block(2, fields + b"\0\1" + _number(len(raw)) + raw, extra, packed)
    return out + block(5, b"\0")


@cache
def _key_4(word: str) -> tuple[bytes, bytes]:
    seed = word.encode("utf-16-le") + SALT
    digest, vector = hashlib.sha1(), b""
    for number in range(1 << 18):
        digest.update(seed + number.to_bytes(3, "little"))
        if number % (1 << 14) == 0:
            vector += digest.digest()[19:20]
    return struct.pack("<4L", *struct.unpack(">4L", digest.digest()[:16])), vector


@cache
def _keys_5(word: str) -> tuple[bytes, bytes, bytes]:
    """The key of the bytes, that of the checksums, and what proves the word."""
    step = hmac.new(word.encode(), SALT_5 + b"\0\0\0\1", "sha256").digest()
    total, found = int.from_bytes(step), []
    for number in range(1, (1 << 15) + 33):
        if number in (1 << 15, (1 << 15) + 16, (1 << 15) + 32):
            found.append(total.to_bytes(32))
        step = hmac.digest(word.encode(), step, "sha256")
        total ^= int.from_bytes(step)
    return found[0], found[1], found[2]


def _check(word: str) -> bytes:
    folded = bytes(8)
    for at in range(0, 32, 8):
        folded = bytes(a ^ b for a, b in zip(folded, _keys_5(word)[2][at : at + 8], strict=True))
    return folded + hashlib.sha256(folded).digest()[:4]


def _turned(checksum: int, key: bytes) -> int:
    digest = hmac.digest(key, struct.pack("<L", checksum), "sha256")
    value = 0
    for each in struct.unpack("<8L", digest):
        value ^= each
    return value


def _number(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 16)


def _aes(key: bytes, vector: bytes, data: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return encryptor.update(data) + encryptor.finalize()
