"""Decodes runs of base 32 (RFC 4648): both alphabets, in capitals or small letters."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator

_PLAIN = re.compile(rb"[A-Z2-7]+|[a-z2-7]+")
_HEX = re.compile(rb"[0-9A-V]+|[0-9a-v]+")
_SPELLINGS: tuple[tuple[re.Pattern[bytes], Callable[[bytes], bytes]], ...] = (
    (_PLAIN, base64.b32decode),
    (_HEX, base64.b32hexdecode),
)
_PADDING = {0: b"", 2: b"=" * 6, 4: b"=" * 4, 5: b"=" * 3, 7: b"="}
"""By what is left of eight characters; other remainders hold one character too many."""
_LEAST_SHARE = 0.9
"""A word after the run may have been taken for its last line."""


def decodings32(run: bytes) -> Iterator[Callable[[int], bytes]]:
    """Yield a function for each alphabet the run may be written in: it decodes so many characters (8 to 5 bytes)."""
    for alphabet, decode in _SPELLINGS:
        match = alphabet.match(run)
        if match and match.end() > _LEAST_SHARE * len(run):
            yield lambda count, text=match[0], decode=decode: decode(_padded(text[:count]))  # type: ignore[misc]


def _padded(text: bytes) -> bytes:
    text = text.upper()
    while len(text) % 8 not in _PADDING:
        text = text[:-1]
    return text + _PADDING[len(text) % 8]
