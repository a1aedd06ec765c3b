"""Finds content in the escapes of programming languages and addresses: printable bytes stand as they are."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator

from forensics.formats.signatures import Kind, identify
from forensics.formats.spelled_run import HEAD_BYTES, Run

_BYTE = re.compile(rb"\\(?:x[0-9A-Fa-f]{2}|u00[0-9A-Fa-f]{2}|[0-3]?[0-7]{1,2})")
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|u00([0-9A-Fa-f]{2})|([0-3]?[0-7]{1,2})|(\r?\n)|(.))", re.DOTALL)
_SIMPLE = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"a": b"\a", b"e": b"\x1b"}
_BODY = {
    b'"': re.compile(rb'(?>[^\\"]|\\.)*+', re.DOTALL),
    b"'": re.compile(rb"(?>[^\\']|\\.)*+", re.DOTALL),
    b"\n": re.compile(rb"(?>[^\\\n]|\\.)*+", re.DOTALL),
}
_QUOTE = re.compile(rb"(?<!\\)[\"'\n]")
_GOES_ON = {quote: re.compile(quote + rb"\s*+[\\+.]?+\s*+(?:b|u8|L)?" + quote) for quote in (b'"', b"'")}
_LEAST_ESCAPES = 48
_BACK_BYTES = 2048
_MOST_STARTS = 24
_HEX_DIGITS = b"0123456789abcdefABCDEFx\\"
_IN_ADDRESS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%._~+!*()$@/:-"
_IS_IN_ADDRESS = bytes(byte in _IN_ADDRESS for byte in range(256))
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
_ADDRESS = re.compile(rb"(?>%[0-9A-Fa-f]{2}|[" + re.escape(_IN_ADDRESS.replace(b"%", b"")) + rb"]|\r?\n(?=%))*+")
_DATA_URI = re.compile(rb"data:[\w/+.;=-]{0,100},\Z")
_PARTS = re.compile(rb"[/:(]")


def find_escaped(text: bytes, start: int, stop: int) -> Iterator[Run]:
    """Yield string literals and lines full of escapes that begin between `start` and `stop` or not far before."""
    at = start
    while (first := _BYTE.search(text, at, stop)) is not None:
        if len(_BYTE.findall(text, first.start(), min(stop, first.start() + HEAD_BYTES))) < _LEAST_ESCAPES:
            at = first.start() + HEAD_BYTES
            continue
        run = _literal(text, first.start())
        if run is None:
            at = first.start() + HEAD_BYTES
            continue
        yield run
        at = run.end


def _literal(text: bytes, place: int) -> Run | None:
    """The literal around the escape at `place`: which of the quotes before it begins one, what it holds tells."""
    least = max(0, place - _BACK_BYTES)
    starts = [(match.start(), match[0]) for match in _QUOTE.finditer(text, least, place)]
    starts += [(-1, b"\n")] if least == 0 else []
    for at, quote in sorted(starts, reverse=True)[:_MOST_STARTS]:
        kind = _kind(text, at + 1, quote)
        if kind is None:
            continue
        pieces, end = _pieces(text, at + 1, quote)
        body = b"".join(pieces)
        if not body.translate(None, _HEX_DIGITS):
            return Run(start=at + 1, end=end)  # spelled byte by byte, which is found as such
        data = _unescaped(body)
        return Run(start=at + 1, end=end, scheme="escaped", extension=kind.extension, data=data)
    return None


def _kind(text: bytes, start: int, quote: bytes) -> Kind | None:
    match = _BODY[quote].match(text, start, min(len(text), start + 4 * HEAD_BYTES))
    return identify(_unescaped(match[0])[:HEAD_BYTES]) if match else None


def _pieces(text: bytes, start: int, quote: bytes) -> tuple[list[bytes], int]:
    """The literal and those that follow it with nothing but a sign of joining between them."""
    pieces: list[bytes] = []
    end = start
    while match := _BODY[quote].match(text, end):
        pieces.append(match[0])
        end = match.end()
        following = _GOES_ON[quote].match(text, end) if quote in _GOES_ON else None
        if following is None:
            break
        end = following.end()
    return pieces, end


def _unescaped(text: bytes) -> bytes:
    return _ESCAPE.sub(_character, text)


def _character(match: re.Match[bytes]) -> bytes:
    digits = match[1] or match[2]
    if digits:
        return bytes((int(digits, 16),))
    if match[3]:
        return bytes((int(match[3], 8),))
    return b"" if match[4] else _SIMPLE.get(match[5], match[5])


def find_percents(text: bytes, start: int, stop: int) -> Iterator[Run]:
    """Yield percent-encoded bytes (RFC 3986) that begin between `start` and `stop` or not far before.

    Those of `data:` addresses are found elsewhere.
    """
    at = start
    while (first := _PERCENT.search(text, at, stop)) is not None:
        least = max(0, first.start() - _BACK_BYTES)
        begin = least + text[least : first.start()].translate(_IS_IN_ADDRESS).rfind(b"\0") + 1
        match = _ADDRESS.match(text, begin)
        end = at = max(match.end() if match else 0, first.end())
        if end - begin < _LEAST_ESCAPES * 3 or _DATA_URI.search(text, max(0, begin - 120), begin):
            continue
        yield _address(text, begin, first.start(), end)


def _address(text: bytes, begin: int, first: int, end: int) -> Run:
    """From the beginning of the run, or the last of its parts that something known begins in."""
    starts = [begin, *(match.end() for match in _PARTS.finditer(text, begin, first))][:_MOST_STARTS]
    for start in starts:
        if kind := identify(_unquoted(text[start : min(end, start + 3 * HEAD_BYTES)])[:HEAD_BYTES]):
            data = _unquoted(text[start:end])
            return Run(start=start, end=end, scheme="percent", extension=kind.extension, data=data)
    return Run(start=begin, end=end)


def _unquoted(text: bytes) -> bytes:
    return urllib.parse.unquote_to_bytes(text.replace(b"\r", b"").replace(b"\n", b"").replace(b"+", b" "))
