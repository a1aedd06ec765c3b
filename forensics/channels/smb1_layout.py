"""Where the fields of SMB 1 messages lie (MS-CIFS 2.2.4, MS-SMB 2.2.4): words and bytes in, numbers and names out."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from forensics.channels.headers import text

OPEN, CREATE, CLOSE, READ, WRITE = 0x02, 0x03, 0x04, 0x0A, 0x0B
CREATE_NEW, LOCK_AND_READ, WRITE_AND_UNLOCK, WRITE_AND_CLOSE = 0x0F, 0x13, 0x14, 0x2C
OPEN_ANDX, READ_ANDX, WRITE_ANDX, TRANS2 = 0x2D, 0x2E, 0x2F, 0x32
TREE_CONNECT, NEGOTIATE, TREE_CONNECT_ANDX, NT_CREATE_ANDX = 0x70, 0x72, 0x75, 0xA2
CHAINED = frozenset({0x24, OPEN_ANDX, READ_ANDX, WRITE_ANDX, 0x73, 0x74, TREE_CONNECT_ANDX, NT_CREATE_ANDX})
"""Commands that another one may follow in the same message."""
OPENS = frozenset({OPEN, CREATE, CREATE_NEW, OPEN_ANDX, NT_CREATE_ANDX})
READS = frozenset({READ, LOCK_AND_READ, READ_ANDX})
WRITES = frozenset({WRITE, WRITE_AND_UNLOCK, WRITE_AND_CLOSE, WRITE_ANDX})
TREE_CONNECTS = frozenset({TREE_CONNECT, TREE_CONNECT_ANDX})
_OPEN2, _SET_FILE = 0x00, 0x08
_END_OF_FILE_LEVELS = (0x104, 1020)


@dataclass(frozen=True, slots=True)
class Header:
    """What the 32 bytes before the first command say."""

    command: int
    is_good: bool
    is_answer: bool
    is_unicode: bool
    tree: int
    asker: int
    message: int

    @classmethod
    def of(cls, raw: bytes) -> Header:
        """Read a header."""
        command, status, flags, flags2, high = struct.unpack_from("<BIBHH", raw, 4)
        tree, low, _, message = struct.unpack_from("<HHHH", raw, 24)
        is_good = status in (0, 0x80000005)
        return cls(command, is_good, bool(flags & 0x80), bool(flags2 & 0x8000), tree, high << 16 | low, message)


class Span(NamedTuple):
    """Bytes of a file in a message: whose, where in the file, and where they begin in the message."""

    handle: int
    offset: int
    distance: int
    length: int


def written(command: int, words: bytes, at: int) -> Span | None:
    """What a write says of its bytes; `at` is where the bytes of the message begin."""
    if command == WRITE_ANDX and len(words) >= 24:
        handle, offset = struct.unpack_from("<HI", words, 4)
        high, length, distance = struct.unpack_from("<HHH", words, 18)
        offset |= struct.unpack_from("<I", words, 24)[0] << 32 if len(words) >= 28 else 0
        return Span(handle, offset, distance, high << 16 | length)
    if command != WRITE_ANDX and len(words) >= 10:
        handle, length, offset = struct.unpack_from("<HHI", words)
        return Span(handle, offset, at + (1 if command == WRITE_AND_CLOSE else 3), length)
    return None


def read_asked(command: int, words: bytes) -> tuple[int, int] | None:
    """Handle and offset that a read asks for."""
    if command == READ_ANDX and len(words) >= 20:
        handle, offset = struct.unpack_from("<HI", words, 4)
        return handle, offset | (struct.unpack_from("<I", words, 20)[0] << 32 if len(words) >= 24 else 0)
    if command != READ_ANDX and len(words) >= 8:
        handle, _, offset = struct.unpack_from("<HHI", words)
        return handle, offset
    return None


def read_given(command: int, words: bytes, at: int) -> tuple[int, int]:
    """Where the bytes of a read begin in the answer, and how many they are."""
    if command == READ_ANDX and len(words) >= 16:
        length, distance, high = struct.unpack_from("<HHH", words, 10)
        return distance, high << 16 | length
    if command != READ_ANDX and len(words) >= 2:
        return at + 3, struct.unpack_from("<H", words)[0]
    return at, 0


def opened(command: int, words: bytes) -> tuple[int, int, bool | None] | None:
    """Handle, size (-1 unknown) and whether it is a file (None unknown), of an answer to an opening."""
    if command == NT_CREATE_ANDX and len(words) >= 65:
        (handle,), (size, kind) = struct.unpack_from("<H", words, 5), struct.unpack_from("<QH", words, 55)
        return handle, size, kind not in (1, 2)
    if command == OPEN_ANDX and len(words) >= 20:
        (handle,), (size, _, kind) = struct.unpack_from("<H", words, 4), struct.unpack_from("<IHH", words, 12)
        return handle, size, kind not in (1, 2)
    if command == OPEN and len(words) >= 14:
        handle, _, _, size = struct.unpack_from("<HHII", words)
        return handle, size, None
    if command in (CREATE, CREATE_NEW) and len(words) >= 2:
        return struct.unpack_from("<H", words)[0], 0, None
    return None


def name_opened(command: int, words: bytes, body: bytes, at: int, *, is_unicode: bool) -> str:
    """The path that an opening names."""
    if command == NT_CREATE_ANDX and len(words) >= 7:
        (size,) = struct.unpack_from("<H", words, 5)
        skipped = at % 2 if is_unicode else 0
        return text(body[skipped : skipped + size], "utf-16-le" if is_unicode else "utf-8").partition("\0")[0]
    if command == OPEN_ANDX:
        return string(body, 0, at, is_unicode=is_unicode)
    return string(body, 1, at, is_unicode=is_unicode)


def share_named(command: int, words: bytes, body: bytes, at: int, *, is_unicode: bool) -> str:
    """The path of the share that a client connects to."""
    if command == TREE_CONNECT_ANDX:
        skipped = struct.unpack_from("<H", words, 6)[0] if len(words) >= 8 else 0
        return string(body, skipped, at, is_unicode=is_unicode)
    return string(body, 1, at, is_unicode=is_unicode)


def string(body: bytes, skipped: int, at: int, *, is_unicode: bool) -> str:
    """The string behind `skipped` bytes of `body`, which begins `at` bytes into the message."""
    if not is_unicode:
        return text(body[skipped:].partition(b"\0")[0])
    raw = body[skipped + (at + skipped) % 2 :]
    return text(raw[: len(raw) // 2 * 2], "utf-16-le").partition("\0")[0]


def transaction_open(words: bytes, body: bytes, at: int, *, is_unicode: bool) -> str | None:
    """The path that a TRANS2 opening names; None when the transaction is another one."""
    parameters = _parameters(words, body, at)
    if parameters is None or words[28:30] != bytes((_OPEN2, 0)):
        return None
    (distance,) = struct.unpack_from("<H", words, 20)
    return string(parameters, 28, distance, is_unicode=is_unicode)


def transaction_opened(words: bytes, body: bytes, at: int) -> tuple[int, int] | None:
    """Handle and size in the answer to a TRANS2 opening."""
    if len(words) < 20:
        return None
    count, distance = struct.unpack_from("<HH", words, 6)
    parameters = body[max(0, distance - at) :][:count]
    if len(parameters) < 20:
        return None
    handle, _, _, size = struct.unpack_from("<HHII", parameters)
    return handle, size


def transaction_end(words: bytes, body: bytes, at: int) -> tuple[int, int] | None:
    """Handle and the size given to it by a TRANS2 that sets the end of a file."""
    parameters = _parameters(words, body, at)
    if parameters is None or words[28:30] != bytes((_SET_FILE, 0)) or len(parameters) < 4:
        return None
    handle, level = struct.unpack_from("<HH", parameters)
    count, distance = struct.unpack_from("<HH", words, 22)
    data = body[max(0, distance - at) :][:count]
    if level not in _END_OF_FILE_LEVELS or len(data) < 8:
        return None
    return handle, struct.unpack_from("<Q", data)[0]


def _parameters(words: bytes, body: bytes, at: int) -> bytes | None:
    if len(words) < 30:
        return None
    count, distance = struct.unpack_from("<HH", words, 18)
    return body[max(0, distance - at) :][:count]
