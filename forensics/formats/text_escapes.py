"""Undoes what forms and JSON do to base64: percent encoding, escaped slashes, characters by number; once or twice."""

from __future__ import annotations

_BROKEN = b'+/=-_\r\n,:;"'
"""Characters of base64, of the `data:` scheme and around both that senders escape."""


def without_escapes(text: bytes) -> bytes:
    """The text with the escapes that break runs of base64 undone; others stay, so it is for searching only."""
    for marks, escapes in _ESCAPES:
        if any(mark in text for mark in marks):
            for escape, character in escapes:
                text = text.replace(escape, character)
    return text


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
