"""Takes the lock off a 7z archive: the same archive anew, its streams packed as they were but in the clear.

libarchive reads 7z but no locked one. The coder 7zAES (AES-256, its key from up to 2^24 rounds of SHA-256) is taken out
of every chain it stands in; what lists names and times stays as it is, byte for byte.
"""

from __future__ import annotations

import contextlib
import hashlib
import lzma
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Final

import numpy as np

from forensics.content import Content, Spool
from forensics.errors import Malformed
from forensics.formats.archive_unlocking import MOST_BYTES, Unlocked, reads_well
from forensics.formats.passwords import Password, Passwords
from forensics.formats.sevenzip_checksums import with_checksums
from forensics.formats.sevenzip_folders import Lock, without_lock, written_streams
from forensics.formats.sevenzip_header import START_BYTES, Folder, Streams, open_header, read_streams

FORMATS: Final = ("7zip",)
_MOST_ROUNDS: Final = 24
"""More than 2^24 rounds for a key are a trap; 7-Zip does 2^19."""
_BLOCK_BYTES: Final = 1 << 20
_STEP_ROUNDS: Final = 1 << 16
_RAW_KEY: Final = 0x3F


def unlocked_7z(content: Content, passwords: Passwords, check_time: Callable[[], None]) -> Unlocked | None:
    """The archive without its lock and the password that took it off; None where nothing is locked or none fits."""
    if not len(passwords) or content.size > MOST_BYTES or not _is_locked(content):
        return None
    for password in passwords.tries():
        with contextlib.suppress(Malformed, lzma.LZMAError):
            trial = _Rewriting(content, password, check_time).written()
            if reads_well(trial, FORMATS, with_checksums, check_time):
                passwords.keep(password)
                return Unlocked(trial, password)
    return None


def _is_locked(content: Content) -> bool:
    """Say whether the header or any member is; a header that is locked cannot be opened without a word."""

    def refuse(folder: Folder, streams: Streams) -> bytes:
        raise _LockedHeaderError("the 7z header is locked")

    try:
        cursor, _ = open_header(content, refuse)
        return any(folder.is_locked for folder in read_streams(cursor).folders)
    except _LockedHeaderError:
        return True
    except (Malformed, lzma.LZMAError):
        return False


class _LockedHeaderError(Malformed):
    """A password is needed to read any further."""


@dataclass(slots=True)
class _Rewriting:
    """One try with one password."""

    content: Content
    password: Password
    check_time: Callable[[], None]
    keys: dict[tuple[int, bytes], bytes] = field(default_factory=dict)

    def written(self) -> Content:
        """The archive in the clear; raises Malformed as soon as the word is seen not to fit."""
        cursor, _ = open_header(self.content, self._head_in_clear)
        streams = read_streams(cursor)
        plain = [without_lock(folder) for folder in streams.folders]
        locks = [lock for each in plain for lock in each.locks]
        if len(locks) > len(streams.packed):
            raise Malformed("the 7z folders want more streams than there are")
        sizes = [lock.size if lock else size for lock, size in zip_longest(locks, streams.packed)]
        header = b"\x01\x04" + written_streams([each.folder for each in plain], sizes, streams.checksums)
        header += cursor.data[cursor.at :]
        start = struct.pack("<QQL", sum(sizes), len(header), zlib.crc32(header))
        spool = Spool(limit_bytes=self.content.size + len(header) + START_BYTES)
        spool.write(b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<L", zlib.crc32(start)) + start)
        at = START_BYTES + streams.start
        for lock, size in zip_longest(locks, streams.packed):
            for chunk in self._in_clear(lock, at, size) if lock else self._blocks(at, size):
                spool.write(chunk)
            at += size
        spool.write(header)
        return spool.close()

    def _head_in_clear(self, folder: Folder, streams: Streams) -> bytes:
        (lock,) = without_lock(folder).locks
        assert lock is not None
        return b"".join(self._in_clear(lock, START_BYTES + streams.start, streams.packed[0]))

    def _in_clear(self, lock: Lock, at: int, size: int) -> Iterator[bytes]:
        """One packed stream. What fills up its last block is zeros, for all who write 7z: other bytes say no."""
        rounds, salt, vector = _parameters(lock.properties)
        key = self.keys.setdefault((rounds, salt), b"") or _key(self.password, rounds, salt)
        self.keys[rounds, salt] = key
        left = lock.size
        if not 0 <= size - left < 16:
            raise Malformed("a locked 7z stream is longer than what is in it")
        before = self.content.pread(16, at + size - 32) if size >= 32 else vector
        if any(_cipher(key, before).update(self.content.pread(16, at + size - 16))[16 - (size - left) :]):
            raise Malformed("the password does not fit")
        cipher = _cipher(key, vector)
        for block in self._blocks(at, size):
            clear = cipher.update(block[: len(block) & ~15])[:left]
            left -= len(clear)
            yield clear
        yield bytes(left)

    def _blocks(self, at: int, size: int) -> Iterator[bytes]:
        end = min(at + size, self.content.size)
        for place in range(at, end, _BLOCK_BYTES):
            self.check_time()
            yield self.content.pread(min(_BLOCK_BYTES, end - place), place)


def _parameters(properties: bytes) -> tuple[int, bytes, bytes]:
    """How many rounds a key takes (their logarithm), its salt, and the first vector."""
    if len(properties) < 2:
        raise Malformed("a 7z lock without parameters")
    first, second = properties[0], properties[1]
    salt_bytes, vector_bytes = (first >> 7 & 1) + (second >> 4), (first >> 6 & 1) + (second & 0x0F)
    salt = properties[2 : 2 + salt_bytes]
    vector = properties[2 + salt_bytes : 2 + salt_bytes + vector_bytes]
    return first & 0x3F, salt, vector.ljust(16, b"\0")


def _key(password: Password, rounds: int, salt: bytes) -> bytes:
    """Each round adds salt, word and the round's number in eight bytes."""
    word = salt + password.word.encode("utf-16-le", "replace")
    if rounds == _RAW_KEY:
        return word[:32].ljust(32, b"\0")
    if rounds > _MOST_ROUNDS:
        raise Malformed(f"a 7z lock of 2^{rounds} rounds")
    step = min(_STEP_ROUNDS, 1 << rounds)
    block = np.empty((step, len(word) + 8), np.uint8)
    block[:, :-8] = np.frombuffer(word, np.uint8)
    digest = hashlib.sha256()
    for first in range(0, 1 << rounds, step):
        block[:, -8:] = np.arange(first, first + step, dtype="<u8").view(np.uint8).reshape(-1, 8)
        digest.update(block.data)
    return digest.digest()


def _cipher(key: bytes, vector: bytes) -> Any:
    from cryptography.hazmat.primitives import ciphers

    return ciphers.Cipher(ciphers.algorithms.AES(key), ciphers.modes.CBC(vector)).decryptor()
