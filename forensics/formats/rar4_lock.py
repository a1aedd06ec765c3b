"""Takes the lock off RAR format 4: AES-128 with a key from 2^18 rounds of SHA-1, after the format's technical note.

Archives older than RAR 2.9 have other ciphers, and end as what their checksums say of them: locked.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from forensics.content import Content
from forensics.formats.passwords import Password
from forensics.formats.rar_blocks import FILE_4, MAGIC_4, MAIN_4, SERVICE_4, Block, blocks_4
from forensics.formats.rar_members import LOCKED_4, SALT_4, read_file_4
from forensics.formats.rar_pieces import Piece, cbc, clear, copied

_STEP_ROUNDS: Final = 1 << 14
_LIST_LOCKED: Final = 0x80


def pieces_4(content: Content, password: Password, check_time: Callable[[], None]) -> Iterator[Piece]:
    """The archive piece by piece without its lock; raises Malformed where it does not hold."""
    keys = _Keys(password.word)
    yield Piece(MAGIC_4, iter(()))
    for block in blocks_4(content, lambda salt: cbc(*keys.of(salt))):
        is_file = block.kind == FILE_4
        if block.kind not in (FILE_4, SERVICE_4) or not block.flags & LOCKED_4:
            header = _sealed(block.header, block.flags & ~_LIST_LOCKED) if block.kind == MAIN_4 else block.header
            yield Piece(header, copied(content, block, check_time), is_file)
            continue
        member = read_file_4(block)
        salt = member.lock.salt if member.lock else b""
        size = min(member.size, block.size) if member.is_stored else block.size
        data = clear(content, block, cbc(*keys.of(salt)), size, check_time)
        yield Piece(_header(block, size, len(salt)), data, is_file, is_file and member.size > 0)


def _header(block: Block, size: int, salt_bytes: int) -> bytes:
    """A file header without salt, for data of `size` bytes. The salt stands behind the name, before the long times."""
    at = 40 if block.flags & 0x100 else 32
    at += int.from_bytes(block.header[26:28], "little")
    low = struct.pack("<L", size & 0xFFFFFFFF)
    header = block.header[:7] + low + block.header[11:at] + block.header[at + salt_bytes :]
    return _sealed(header, block.flags & ~(LOCKED_4 | SALT_4))


def _sealed(header: bytes, flags: int) -> bytes:
    body = header[2:3] + struct.pack("<HH", flags, len(header)) + header[7:]
    return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body


class _Keys:
    """Keys and first vectors of one word, by salt."""

    def __init__(self, word: str) -> None:
        self._word = word.encode("utf-16-le", "replace")
        self._made: dict[bytes, tuple[bytes, bytes]] = {}

    def of(self, salt: bytes) -> tuple[bytes, bytes]:
        if salt not in self._made:
            self._made[salt] = self._make(self._word + salt)
        return self._made[salt]

    def _make(self, seed: bytes) -> tuple[bytes, bytes]:
        """Each round adds the seed and the round's number in three bytes; 16 of them give a byte of the vector."""
        rounds = np.empty((_STEP_ROUNDS, len(seed) + 3), np.uint8)
        rounds[:, :-3] = np.frombuffer(seed, np.uint8)
        digest, vector = hashlib.sha1(usedforsecurity=False), b""
        for first in range(0, 1 << 18, _STEP_ROUNDS):
            numbers = np.arange(first, first + _STEP_ROUNDS, dtype="<u4").view(np.uint8).reshape(-1, 4)
            rounds[:, -3:] = numbers[:, :3]
            digest.update(rounds[0].tobytes())
            vector += digest.digest()[19:20]
            digest.update(rounds[1:].tobytes())
        return struct.pack("<4L", *struct.unpack(">4L", digest.digest()[:16])), vector
