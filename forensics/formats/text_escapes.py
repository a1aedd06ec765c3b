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
    for introducer, families in _ESCAPES:
        if introducer not in text or not _ANY[introducer].search(text):
            continue
        for mark, escapes in families:
            if mark.search(text):
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
    (
        b"%",
        (
            (re.compile(rb"%25[235]"), ((b"%25", b"%"),)),
            (re.compile(rb"%[2350]"), _by_number("%{}")),
        ),
    ),
    (
        b"\\",
        (
            (re.compile(rb"\\\\"), ((b"\\\\", b"\\"),)),
            (re.compile(rb"\\/"), ((b"\\/", b"/"),)),
            (re.compile(rb"\\u00"), _by_number("\\u00{}")),
        ),
    ),
)
"""By the byte they begin with: marks of an escape, and what it and its like stand for; twice escaped first."""
_ANY = {b"%": re.compile(rb"%[2350]"), b"\\": re.compile(rb"\\(?:[\\/]|u00)")}
"""Whether there is any such escape, found out in one pass; most texts have none."""
