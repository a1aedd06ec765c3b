"""Takes the lock off RAR format 5: AES-256 with a key from PBKDF2 and SHA-256 (rarlab.com/technote.htm)."""

from __future__ import annotations

import functools
import hashlib
import operator
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from forensics.content import Content
from forensics.errors import Malformed
from forensics.formats.passwords import Password
from forensics.formats.rar_blocks import FILE_5, LOCK_5, MAGIC_5, SERVICE_5, Block, blocks_5
from forensics.formats.rar_members import (
    CHECKSUM_5,
    HASH_RECORD,
    LOCK_RECORD,
    Header5,
    Lock,
    read_file_5,
    read_lock_5,
)
from forensics.formats.rar_pieces import Piece, cbc, clear, copied

_LAST_BLOCK: Final = 0x40
_MOST_ROUNDS: Final = 20
"""More than 2^20 rounds for a key are a trap; WinRAR does 2^15."""


def pieces_5(content: Content, password: Password, check_time: Callable[[], None]) -> Iterator[Piece]:
    """The archive piece by piece without its lock; raises Malformed where it does not hold or the word does not fit."""
    keys: dict[Lock, bytes] = {}

    def key_of(lock: Lock) -> bytes:
        lock = replace(lock, vector=b"")
        if lock not in keys:
            keys[lock] = _key(password, lock)
        return keys[lock]

    headers: list[Lock] = []
    yield Piece(MAGIC_5, iter(()))
    for block in blocks_5(content, lambda vector: cbc(key_of(headers[0]), vector)):
        if block.kind == LOCK_5:
            headers.append(read_lock_5(block))
            key_of(headers[0])
            continue
        header = read_file_5(block) if block.kind in (FILE_5, SERVICE_5) else None
        is_file = block.kind == FILE_5
        lock = header.member.lock if header else None
        if header is None or lock is None:
            yield Piece(block.header, copied(content, block, check_time), is_file)
            continue
        key = key_of(lock)
        size = header.member.size if header.member.is_stored else _packed_bytes(content, block, key, lock.vector)
        size = min(size, block.size)
        data = clear(content, block, cbc(key, lock.vector), size, check_time)
        yield Piece(_header(block, header, lock, size), data, is_file, is_file and header.member.size > 0)


def _packed_bytes(content: Content, block: Block, key: bytes, vector: bytes) -> int:
    """Where the last packed block ends: the cipher fills up to 16 bytes, which libarchive would take for another.

    Raises Malformed when the blocks do not follow each other.
    """
    at = 0
    while at < block.size:
        first = at & ~15
        before = content.pread(16, block.start + first - 16) if first else vector
        head = cbc(key, before).update(content.pread(32, block.start + first)[: min(32, block.size - first) & ~15])
        head = head[at - first :]
        sizes = head[2 : 3 + (head[0] >> 3 & 3)] if len(head) > 2 else b""
        if not sizes or functools.reduce(operator.xor, sizes, 0x5A ^ head[0]) != head[1]:
            raise Malformed("the packed blocks do not follow each other")
        at += 2 + len(sizes) + int.from_bytes(sizes, "little")
        if head[0] & _LAST_BLOCK:
            break
    return at


def _header(block: Block, header: Header5, lock: Lock, size: int) -> bytes:
    """A file header without lock, and without checksums that need the password."""
    dropped = (LOCK_RECORD, HASH_RECORD) if lock.is_keyed else (LOCK_RECORD,)
    records = b""
    for kind, data in header.records:
        if kind not in dropped:
            record = _number(kind) + data
            records += _number(len(record)) + record
    file_flags = header.file_flags & ~CHECKSUM_5 if lock.is_keyed else header.file_flags
    body = _number(block.kind) + _number(block.flags & ~1 | bool(records))
    body += (_number(len(records)) if records else b"") + _number(size)
    body += _number(file_flags) + _number(header.member.size) + _number(header.attributes) + header.time
    body += (b"" if lock.is_keyed else header.checksum) + header.rest + records
    head = _number(len(body)) + body
    return struct.pack("<L", zlib.crc32(head)) + head


def _key(password: Password, lock: Lock) -> bytes:
    """The key of a lock; raises Malformed when the word is not the one it was made with."""
    if lock.rounds > _MOST_ROUNDS or not lock.check:
        raise Malformed(f"a RAR lock of 2^{lock.rounds} rounds, or one that proves no password")
    word, rounds = password.word.encode("utf-8", "replace"), 1 << lock.rounds
    proof = np.frombuffer(hashlib.pbkdf2_hmac("sha256", word, lock.salt, rounds + 32), np.uint8)
    if np.bitwise_xor.reduce(proof.reshape(4, 8)).tobytes() != lock.check:
        raise Malformed("the password does not fit")
    return hashlib.pbkdf2_hmac("sha256", word, lock.salt, rounds)


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
