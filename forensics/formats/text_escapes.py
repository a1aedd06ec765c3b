"""Undoes what forms and JSON do to base64: percent encoding, escaped slashes, characters by number; once or twice."""

from __future__ import annotations

import re
from functools import cache

_BLOCK_BYTES = 1 << 20
_LONGEST = 6
"""Bytes of the longest escape."""
_BROKEN = b'+/=-_\r\n,:;"'
"""Characters of base64, of the `data:` scheme and around both that senders escape."""


def without_escapes(text: bytes) -> bytes:
    """The text with the escapes that break runs of base64 undone; others stay, so it is for searching only."""
    if b"%" not in text and b"\\" not in text:
        return text
    for marks, escapes in _ESCAPES:
        if any(mark in text for mark in marks):
            text = _undo(text, escapes)
    return text


def _undo(text: bytes, escapes: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Put characters for escapes: which of many there are is found in one pass, not in one each."""
    present = {escape for escape, _ in escapes} if len(escapes) == 1 else _present(text, _pattern(escapes))
    for escape, character in escapes:
        if escape in present:
            text = text.replace(escape, character)
    return text


def _present(text: bytes, pattern: re.Pattern[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for start in range(0, len(text), _BLOCK_BYTES):
        found.update(pattern.findall(text, start, start + _BLOCK_BYTES + _LONGEST))
    return found


@cache
def _pattern(escapes: tuple[tuple[bytes, bytes], ...]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(re.escape(escape) for escape, _ in escapes))


def _by_number(pattern: str) -> tuple[tuple[bytes, bytes], ...]:
    spelled = [(pattern.format(f"{code:02X}"), code) for code in _BROKEN]
    both = [(escape, code) for upper, code in spelled for escape in {upper, upper[:-2] + upper[-2:].lower()}]
    return tuple((escape.encode(), bytes([code])) for escape, code in sorted(both))


_ESCAPES = (
    ((b"%252", b"%253", b"%255"), ((b"%25", b"%"),)),
    ((b"%2", b"%3", b"%5", b"%0"), _by_number("%{}")),
    ((b"\\\\",), ((b"\\\\", b"\\"),)),
    ((b"\\/",), ((b"\\/", b"/"),)),
    ((b"\\u00",), _by_number("\\u00{}")),
)
"""Marks of an escape, and what it and its like stand for; twice escaped first."""
