"""Finds articles in yEnc: each byte plus 42, four of them escaped (the yEnc draft 1.3 of Jürgen Helbing)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BEGIN = re.compile(rb"^=ybegin ([^\r\n]{0,1000}?)\r?\n(?:=ypart ([^\r\n]{0,200})\r?\n)?", re.MULTILINE)
_END = re.compile(rb"\r?\n=yend ")
_NAME = re.compile(rb"name=(.*)")
_SIZE = re.compile(rb"size=(\d{1,12})|begin=(\d{1,12}) end=(\d{1,12})")
_ESCAPED = re.compile(rb"=(.)", re.DOTALL)
_STUFFED = re.compile(rb"^\.\.", re.MULTILINE)
"""A point that begins a line is sent twice (RFC 3977, 3.1.1)."""
_DECODED = bytes((byte - 42) % 256 for byte in range(256))


@dataclass(frozen=True, slots=True)
class Article:
    """What one article holds, and whether its end was there."""

    offset: int
    name: str
    data: bytes
    is_whole: bool


def find_articles(data: bytes) -> Iterator[Article]:
    """Yield the parts of all articles, in order, each by itself."""
    at = 0
    while data.find(b"=ybegin ", at) >= 0 and (begin := _BEGIN.search(data, at)):
        end = _END.search(data, begin.end() - 1)
        at = end.end() if end else len(data)
        name = _NAME.search(begin[1])
        lines = data[begin.end() : end.start() if end else len(data)]
        size = _SIZE.search(begin[2] or begin[1])
        said = name[1].decode("utf-8", "replace").strip() if name else ""
        yield Article(begin.start(), said or f"yenc@{begin.start()}", _decoded(lines, size), end is not None)


def _decoded(lines: bytes, size: re.Match[bytes] | None) -> bytes:
    """The bytes; where they are more than was said, points were doubled on the way."""
    plain = _unescaped(lines)
    is_stuffed = size is not None and len(plain) > (int(size[1]) if size[1] else int(size[3]) - int(size[2]) + 1)
    return _unescaped(_STUFFED.sub(b".", lines)) if is_stuffed else plain


def _unescaped(lines: bytes) -> bytes:
    plain = _ESCAPED.sub(lambda match: bytes(((match[1][0] - 64) % 256,)), lines.translate(None, b"\r\n"))
    return plain.translate(_DECODED)
