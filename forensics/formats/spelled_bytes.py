"""Finds content that is spelled byte by byte in text: hex with something between, quoted-printable, percent signs."""

from __future__ import annotations

import binascii
import re
import urllib.parse
from collections.abc import Iterator

from forensics.formats.signatures import identify
from forensics.formats.wrapped_runs import MAX_FOUND, MIN_DECODED_BYTES, Wrapped

_HEX_MARKS = b"0123456789abcdefABCDEFxX\\ \t\r\n:,;-"
_IS_HEX = bytes(byte in _HEX_MARKS for byte in range(256))
_LEAST_HEX_RUN = b"\1" * (3 * MIN_DECODED_BYTES)
_PREFIX = re.compile(rb"0[xX]|\\[xX]")
_TOKEN = re.compile(rb"[0-9A-Fa-f]+")
_DATA_URI = re.compile(rb"data:[\w/+.;=-]{0,100},([^\s\"'<>)]{256,})")
_SOFT_BREAK = re.compile(rb"=\r?\n")
_QUOTED = re.compile(rb"=[0-9A-F]{2}")
_LINE_BYTES = 80
_MOST_BEFORE = 6
"""Line ends that are looked for within the first bytes of content."""
_HEAD_BYTES = 8192


def find_spelled(text: bytes) -> Iterator[Wrapped]:
    """Yield what is spelled in ASCII-compatible text; what comes to no known content is passed over."""
    for number, found in enumerate(_all(text)):
        if number >= MAX_FOUND:
            return
        yield found


def _all(text: bytes) -> Iterator[Wrapped]:
    for scheme, offset, data in (*_hex(text), *_quoted(text), *_percent(text)):
        kind = identify(data[:_HEAD_BYTES]) if len(data) >= MIN_DECODED_BYTES else None
        if kind is not None:
            yield Wrapped(offset=offset, scheme=scheme, extension=kind.extension, data=data)


def _hex(text: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Pairs of digits with spaces, colons, commas or line ends between them, `0x` or a backslash before each or not."""
    marks, at = text.translate(_IS_HEX), 0
    while (begin := marks.find(_LEAST_HEX_RUN, at)) >= 0:
        end = marks.find(b"\0", begin)
        at = len(text) if end < 0 else end
        run = _PREFIX.sub(b" ", text[begin:at])
        tokens = _TOKEN.findall(run)
        while tokens and len(tokens[0]) != 2:
            tokens.pop(0)
        pairs = [token for token in tokens if len(token) == 2]
        if len(pairs) >= MIN_DECODED_BYTES and len(pairs) > 0.99 * len(tokens):
            yield "hex", begin, bytes.fromhex(b"".join(pairs).decode("ascii"))


def _quoted(text: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Lines with bytes as `=` and two digits, from the first that ends in a soft line break (RFC 2045, 6.7).

    A line end among the bytes stands as it is, so that lines without such a byte may lie between, and lines that end in
    it before the first soft break: what is known begins there or later.
    """
    at = 0
    while match := _SOFT_BREAK.search(text, at):
        begin = max(text.rfind(b"\n", 0, match.start()) + 1, at)
        begin = _known_beginning(text, begin, at)
        at, last = match.end(), match.end()
        while at < len(text) and at - last <= 2 * _LINE_BYTES:
            end = text.find(b"\n", at, at + _LINE_BYTES) + 1 or min(at + _LINE_BYTES, len(text))
            last = end if _QUOTED.search(text, at, end) else last
            at = end
        at = last
        yield "quoted", begin, binascii.a2b_qp(text[begin:last])


def _known_beginning(text: bytes, line: int, least: int) -> int:
    """Where known content begins in the few lines before this one, at the first of them, not before `least`; else it
    is this line.
    """
    begin = at = line
    for _ in range(_MOST_BEFORE):
        before = max(text.rfind(b"\n", 0, max(at - 1, 0)) + 1, least)
        if before >= at or at - before > _LINE_BYTES:
            break
        if _QUOTED.search(text, before, at) and identify(binascii.a2b_qp(text[before : before + _HEAD_BYTES // 8])):
            begin = before
        at = before
    return begin


def _percent(text: bytes) -> Iterator[tuple[str, int, bytes]]:
    """`data:` URIs without base64 (RFC 2397)."""
    for match in _DATA_URI.finditer(text):
        if b"%" in match[1]:
            yield "percent", match.start(), urllib.parse.unquote_to_bytes(match[1])
