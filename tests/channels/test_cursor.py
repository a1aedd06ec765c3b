"""A reading position over bytes that arrive in pieces."""

from __future__ import annotations

import sys

from forensics.channels.cursor import Cursor


def test_it_lets_go_of_what_is_used_up() -> None:
    chunk, cursor = bytes(1 << 10), Cursor()
    before = sys.getrefcount(chunk)
    cursor.push(chunk)
    assert cursor.take(1000) == bytes(1000)
    assert cursor.take(1000) == bytes(24)
    assert sys.getrefcount(chunk) == before
    assert len(cursor) == 0
    assert cursor.offset == 1 << 10


def test_it_goes_on_after_it_was_empty() -> None:
    cursor = Cursor()
    cursor.push(b"ab")
    assert cursor.line() is None
    cursor.clear()
    cursor.push(b"c\nd")
    assert cursor.line() == b"c\n"
    assert cursor.peek(4) == b"d"
    assert cursor.offset == 4
