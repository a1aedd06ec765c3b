"""Finds content wrapped as base64, base32, hex or uuencode in text, by decoding long runs and looking at the result."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from forensics.formats.base32_runs import decodings32
from forensics.formats.signatures import Kind, identify
from forensics.formats.text_escapes import without_escapes

MIN_DECODED_BYTES = 256
MAX_LINE = 1100
MAX_RUNS = 4000
MAX_FOUND = 200
_ALPHABET = rb"A-Za-z0-9+/_\-"
_LEAST_RUN = 40
_ANCHOR = re.compile(rb"[" + _ALPHABET + rb"]{%d,}" % _LEAST_RUN)
_BETWEEN = b"\\\"' \t\r\n\v\f+,>|;=&#"
_CLASSES = bytes(
    1 if re.match(rb"[" + _ALPHABET + rb"]", bytes([byte])) else 2 if byte in _BETWEEN else 0 for byte in range(256)
)
"""1 for the alphabet, 2 for what else separators are made of, 0 for what ends every run."""
_RUN = b"\1" * _LEAST_RUN
_LEAST_CHARACTERS = MIN_DECODED_BYTES * 4 // 3
_SEPARATOR = rb"(?:\\[nr]|\\u000a|\"\s?\+\s?\"|'\s?\+\s?'|[\s\"',>|;\\]|=\r?\n|&#1[03];)"
_NEXT = re.compile(_SEPARATOR + rb"{1,24}([" + _ALPHABET + rb"]+)")
_HEX = re.compile(rb"[0-9A-Fa-f]+")
_UU = re.compile(rb"^begin [0-7]{3,4} (.{1,255})\r?\n", re.MULTILINE)
_WRAPPED_TEXT = Kind("text/plain", "txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapped:
    """Bytes that were wrapped at `offset` of the text, escapes undone. `scheme`: base64, base32, hex, uu."""

    offset: int
    scheme: str
    extension: str
    data: bytes

    @property
    def name(self) -> str:
        """A name for the part."""
        return f"{self.scheme}@{self.offset}.{self.extension}"


def find_wrapped(text: bytes) -> Iterator[Wrapped]:
    """Yield what is wrapped in ASCII-compatible text, in file order per scheme; unknown content is passed over."""
    found = 0
    position = runs = 0
    plain = without_escapes(text)
    marks = plain.translate(_CLASSES)  # looking for one run of marks is much faster than for characters of a set
    while (at := marks.find(_RUN, position)) >= 0 and runs < MAX_RUNS and found < MAX_FOUND:
        stop = marks.find(b"\0", at, at + _LEAST_CHARACTERS)
        if stop >= 0 or len(marks) - at < _LEAST_CHARACTERS:
            position = stop if stop >= 0 else len(marks)
            continue
        anchor = _ANCHOR.match(plain, at)
        assert anchor is not None
        runs += 1
        run, position = _collect(plain, anchor)
        if result := _unwrap(run, anchor.start()):
            found += 1
            yield result
    for match in _uu_headers(text):
        if data := _uudecode(text, match.end()):
            yield Wrapped(offset=match.start(), scheme="uu", extension="bin", data=data)
            found += 1
        if found >= MAX_FOUND:
            return


def _collect(text: bytes, anchor: re.Match[bytes]) -> tuple[bytes, int]:
    """Join the lines of a wrapped run: long pieces, then one shorter piece that does not break the alignment."""
    pieces, end, total = [anchor[0]], anchor.end(), len(anchor[0])
    while total and len(pieces[0]) <= MAX_LINE and (following := _NEXT.match(text, end)):
        piece = following[1]
        is_last = len(piece) * 2 < len(pieces[0])
        is_padded = text[following.end() : following.end() + 1] == b"="
        if len(piece) > len(pieces[0]) or (is_last and total % 4 == 0 and len(piece) % 4 and not is_padded):
            break
        pieces.append(piece)
        end = following.end()
        total += len(piece)
        if is_last:
            break
    return b"".join(pieces), end


def _unwrap(run: bytes, offset: int) -> Wrapped | None:
    if len(run) * 3 // 4 < MIN_DECODED_BYTES:
        return None
    if _HEX.fullmatch(run) and len(run) >= 2 * MIN_DECODED_BYTES:
        data = bytes.fromhex(run[: len(run) & ~1].decode("ascii"))
        if kind := identify(data[:8192]):
            return Wrapped(offset=offset, scheme="hex", extension=kind.extension, data=data)
    for decode in decodings32(run):
        if kind := identify(decode(8192)):
            return Wrapped(offset=offset, scheme="base32", extension=kind.extension, data=decode(len(run)))
    run = run.replace(b"-", b"+").replace(b"_", b"/")
    for skip in range(4):
        head = base64.b64decode(run[skip : skip + 4096 + (-4096 % 4)][: (len(run) - skip) & ~3])
        if kind := identify(head) or _again(head):
            data = _decode(run[skip:])
            return Wrapped(offset=offset + skip, scheme="base64", extension=kind.extension, data=data)
    return None


def _again(head: bytes) -> Kind | None:
    """Wrapped twice: what comes out is itself one long run."""
    is_run = len(head) > 200 and len(set(head)) > 24 and re.fullmatch(rb"[" + _ALPHABET + rb"=\r\n]+", head)
    return _WRAPPED_TEXT if is_run else None


def _decode(run: bytes) -> bytes:
    spare = len(run) % 4
    if spare == 1:
        run = run[:-1]
    return base64.b64decode(run + b"=" * (-len(run) % 4))


def _uu_headers(text: bytes) -> Iterator[re.Match[bytes]]:
    at = text.find(b"begin ")
    while at >= 0:
        match = _UU.match(text, at)
        if match:
            yield match
        at = text.find(b"begin ", match.end() if match else at + 1)


def _uudecode(text: bytes, start: int) -> bytes:
    lines = []
    for line in text[start : start + (64 << 20)].splitlines():
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            lines.append(binascii.a2b_uu(line))
        except binascii.Error:
            break
    return b"".join(lines)
