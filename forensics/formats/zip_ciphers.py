"""The two ways zip members are locked: the old cipher of PKZIP, and AES as WinZip does it.

APPNOTE.TXT 6.1; "AES Encryption Information: Encryption Specification AE-1 and AE-2" of WinZip. The old cipher goes
byte by byte, each step hanging on the last: what is longer than a few clips is compiled for, which takes a second.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final, Protocol

import numpy as np

from forensics.content import Content
from forensics.errors import Malformed
from forensics.formats.passwords import Password, Passwords
from forensics.formats.zip_directory import Member

_COMPILED_FROM_BYTES: Final = 1 << 20
_OLD_HEAD_BYTES: Final = 12
_ROUNDS: Final = 1000
_SEAL_BYTES: Final = 10
_KEY_BYTES: Final = {1: 16, 2: 24, 3: 32}
_FIRST_KEYS: Final = (0x12345678, 0x23456789, 0x34567890)


class Lock(Protocol):
    """The open lock of one member: what stands before and after its packed bytes, and how these are turned back."""

    method: int
    head_bytes: int
    tail_bytes: int
    has_crc: bool

    def decrypt(self, data: bytes) -> bytes:
        """The next bytes in the clear; blocks of a multiple of 16 bytes, but for the last."""

    def check(self, tail: bytes) -> None:
        """Raise Malformed when what stands after the packed bytes says that they were changed."""


def locks(
    content: Content, member: Member, data_start: int, passwords: Passwords
) -> Iterator[tuple[Password, Callable[[], Lock]]]:
    """The passwords that may open a member, by the short check that comes before its bytes, each as a maker of locks.

    The old cipher lets one wrong word in 256 through, AES one in 65,536: only the whole member proves one right.
    """
    if member.aes:
        yield from _aes_locks(content, member, data_start, passwords)
        return
    if member.flags & 0x2040 or member.method == 99:
        return  # PKWARE's strong encryption
    head = content.pread(_OLD_HEAD_BYTES, data_start)
    told = member.time >> 8 if member.flags & 8 else member.crc32 >> 24
    for password in passwords.tries():
        for word in password.spellings:
            if len(head) == _OLD_HEAD_BYTES and _OldLock(word, head, member.method).last == told:
                yield password, lambda word=word: _OldLock(word, head, member.method)  # type: ignore[misc]


def _aes_locks(
    content: Content, member: Member, data_start: int, passwords: Passwords
) -> Iterator[tuple[Password, Callable[[], Lock]]]:
    strength, method = member.aes[4], int.from_bytes(member.aes[5:7], "little")
    key_bytes = _KEY_BYTES.get(strength, 0)
    salt = content.pread(key_bytes // 2, data_start)
    told = content.pread(2, data_start + key_bytes // 2)
    if not key_bytes or len(told) < 2 or member.packed < 0:
        return
    has_crc = member.aes[0] == 1
    for password in passwords.tries():
        for word in password.spellings:
            keys = hashlib.pbkdf2_hmac("sha1", word, salt, _ROUNDS, 2 * key_bytes + 2)
            if keys[-2:] == told:
                yield password, lambda keys=keys: _AesLock(keys, method, has_crc=has_crc)  # type: ignore[misc]


class NoLock:
    """No lock, for a member that only says it has one."""

    head_bytes = tail_bytes = 0
    has_crc = True

    def __init__(self, method: int) -> None:
        self.method = method

    def decrypt(self, data: bytes) -> bytes:
        """The bytes as they are."""
        return data

    def check(self, tail: bytes) -> None:
        """The CRC-32 alone tells."""


class _OldLock:
    """The cipher of PKZIP; `last` is the last byte of the head, which repeats one of the CRC-32 or of the time."""

    head_bytes = _OLD_HEAD_BYTES
    tail_bytes = 0
    has_crc = True

    def __init__(self, word: bytes, head: bytes, method: int) -> None:
        self.method = method
        self._keys = _keys_of(word)
        self._seen = 0
        self.last = self.decrypt(head)[-1]

    def decrypt(self, data: bytes) -> bytes:
        out = bytearray(len(data))
        self._seen += len(data)
        if self._seen < _COMPILED_FROM_BYTES:
            self._keys = _turn_back(data, out, _TABLE, self._keys)
        else:
            given, made = np.frombuffer(data, np.uint8), np.frombuffer(out, np.uint8)
            self._keys = _compiled()(given, made, np.array(_TABLE), self._keys)
        return bytes(out)

    def check(self, tail: bytes) -> None:
        """The CRC-32 alone tells."""


class _AesLock:
    """AES in counter mode, the counter's low byte first, which no library has; sealed by HMAC-SHA-1 cut to 10 bytes."""

    tail_bytes = _SEAL_BYTES

    def __init__(self, keys: bytes, method: int, *, has_crc: bool) -> None:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        key_bytes = len(keys) // 2 - 1
        self.method = method
        self.head_bytes = key_bytes // 2 + 2
        self.has_crc = has_crc
        self._blocks = Cipher(algorithms.AES(keys[:key_bytes]), modes.ECB()).encryptor()  # noqa: S305 - makes a counter
        self._seal = hmac.new(keys[key_bytes : 2 * key_bytes], digestmod="sha1")
        self._next = 1

    def decrypt(self, data: bytes) -> bytes:
        self._seal.update(data)
        count = -(-len(data) // 16)
        counters = np.zeros((count, 2), "<u8")
        counters[:, 0] = np.arange(self._next, self._next + count)
        self._next += count
        stream = np.frombuffer(self._blocks.update(counters.tobytes()), np.uint8, len(data))
        return (np.frombuffer(data, np.uint8) ^ stream).tobytes()

    def check(self, tail: bytes) -> None:
        if not hmac.compare_digest(self._seal.digest()[:_SEAL_BYTES], tail):
            raise Malformed("the seal of the encrypted bytes does not fit")


def _keys_of(word: bytes) -> tuple[int, int, int]:
    first, second, third = _FIRST_KEYS
    for byte in word:
        first = first >> 8 ^ _TABLE[(first ^ byte) & 0xFF]
        second = ((second + (first & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        third = third >> 8 ^ _TABLE[(third ^ second >> 24) & 0xFF]
    return first, second, third


def _turn_back(data: Any, out: Any, table: Any, keys: tuple[int, int, int]) -> tuple[int, int, int]:
    """Write the clear bytes to `out` and give the three keys as they then are."""
    first, second, third = keys
    for at in range(len(data)):
        pad = third & 0xFFFF | 2
        byte = data[at] ^ (pad * (pad ^ 1) >> 8 & 0xFF)
        out[at] = byte
        first = first >> 8 ^ table[(first ^ byte) & 0xFF]
        second = ((second + (first & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        third = third >> 8 ^ table[(third ^ second >> 24) & 0xFF]
    return first, second, third


@cache
def _compiled() -> Any:
    from numba import njit

    return njit(nogil=True)(_turn_back)


def _crc_step(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ 0xEDB88320 if value & 1 else value >> 1
    return value


_TABLE: Final = [_crc_step(value) for value in range(256)]
