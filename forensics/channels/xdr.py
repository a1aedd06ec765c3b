"""External data representation (RFC 4506): numbers and strings of remote calls, read off a tape."""

from __future__ import annotations

from forensics.channels.tape import Lost, Reading, Tape

OPAQUE_LIMIT_BYTES = 8192


def number(tape: Tape) -> Reading[int]:
    """An unsigned number of four bytes."""
    return int.from_bytes((yield from tape.take(4)), "big")


def wide(tape: Tape) -> Reading[int]:
    """An unsigned number of eight bytes."""
    return int.from_bytes((yield from tape.take(8)), "big")


def opaque(tape: Tape) -> Reading[bytes]:
    """Bytes with their length before them; longer ones than any name or handle end the message."""
    size = yield from number(tape)
    if size > OPAQUE_LIMIT_BYTES:
        raise Lost
    return (yield from tape.take(size + -size % 4))[:size]


def numbers(tape: Tape) -> Reading[list[int]]:
    """An array of numbers, such as the bitmap that says which attributes follow."""
    count = yield from number(tape)
    if count > 64:
        raise Lost
    raw = yield from tape.take(4 * count)
    return [int.from_bytes(raw[at : at + 4], "big") for at in range(0, len(raw), 4)]


def skip(tape: Tape, size: int) -> Reading[None]:
    """Read past bytes that say nothing of files."""
    yield from tape.skip_to(tape.offset + size)
