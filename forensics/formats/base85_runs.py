"""Finds content in base 85: Ascii85 with marks around it or none, the alphabet of RFC 1924 and Git, and Z85."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.formats.signatures import identify
from forensics.formats.spelled_run import HEAD_BYTES, Run, may_hold_run, next_run, run_start

_LETTERS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RFC1924 = _LETTERS + b"!#$%&()*+-;<=>?@^_`{|}~"
_Z85 = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
_ASCII85 = bytes(range(33, 118))
_MOST_LINE = 1100
_LEAST_RUN = 320
_SEPARATORS = b" \t\r\n\"'\\+>b"
_LEAST_DISTINCT = 30
_MARKED_BODY = re.compile(rb"[!-uyz\s]*+")
_BETWEEN = re.compile(rb"(?>\\[nr]|[\"']?[ \t]*[+\\]?[ \t]*\r?\n(?:[ \t]|>[ \t])*(?:b?[\"'])?)")
_WEIGHTS = 85 ** np.arange(4, -1, -1, dtype=np.uint64)
_GIT_LITERAL = re.compile(rb"^literal (\d{1,10})\r?\n((?:[A-Za-z][!-~]{5,65}\r?\n)+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Alphabet:
    scheme: str
    digits: NDArray[np.uint8]
    shorthands: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def characters(self) -> bytes:
        """All that may stand in a run."""
        return bytes(np.flatnonzero(self.digits < 85).astype(np.uint8)) + b"".join(one for one, _ in self.shorthands)


def _alphabet(scheme: str, characters: bytes, shorthands: tuple[tuple[bytes, bytes], ...] = ()) -> _Alphabet:
    digits = np.full(256, 255, np.uint8)
    digits[np.frombuffer(characters, np.uint8)] = np.arange(85, dtype=np.uint8)
    return _Alphabet(scheme, digits, shorthands)


_MARKED = _alphabet("ascii85", _ASCII85, ((b"z", b"!!!!!"), (b"y", b"+<VdL")))
_ALPHABETS = (_MARKED, _alphabet("base85", _RFC1924), _alphabet("z85", _Z85))
_MASKS = tuple(bytes(byte in alphabet.characters for byte in range(256)) for alphabet in _ALPHABETS)
_CLASSES = tuple(bytes(is_in or 2 * (byte in _SEPARATORS) for byte, is_in in enumerate(mask)) for mask in _MASKS)
_PIECES = tuple(re.compile(b"[" + re.escape(alphabet.characters) + b"]++") for alphabet in _ALPHABETS)


def find_base85(text: bytes, start: int, stop: int) -> Iterator[Run]:
    """Yield the runs without marks around them that begin between `start` and `stop` or not far before."""
    for alphabet, mask, classes, piece in zip(_ALPHABETS, _MASKS, _CLASSES, _PIECES, strict=True):
        if not may_hold_run(text, start, stop, classes, _LEAST_RUN):
            continue
        marks, at = text[start:stop].translate(classes), 0
        while (begin := next_run(marks, at, _LEAST_RUN)) >= 0:
            place = start + begin if begin else run_start(text, start, mask)
            run, end = _collect(text, place, piece)
            at = max(end - start, begin + 1)
            if found := _known(run, alphabet):
                yield Run(start=place, end=end, scheme=alphabet.scheme, extension=found[0], data=found[1])


def find_marked(text: bytes, start: int, stop: int) -> Iterator[Run]:
    """Yield what stands between `<~` and `~>` (as Adobe writes Ascii85), and literals of Git's binary patches."""
    at = start
    while (begin := text.find(b"<~", at, stop)) >= 0:
        body = _MARKED_BODY.match(text, begin + 2)
        end = at = body.end() if body else begin + 2
        if text.startswith(b"~>", end) and (
            found := _known(text[begin + 2 : end].translate(None, b" \t\r\n"), _MARKED)
        ):
            yield Run(start=begin, end=end + 2, scheme="ascii85", extension=found[0], data=found[1])
    if (literal := text.find(b"literal ", start, stop)) >= 0:
        yield from _git_literals(text, literal)


def _git_literals(text: bytes, start: int) -> Iterator[Run]:
    """Files in binary patches: packed, each line behind a letter for its length."""
    for match in _GIT_LITERAL.finditer(text, start):
        lines = [line for line in match[2].splitlines() if line]
        packed = b"".join(decode85(line[1:], _ALPHABETS[1].digits)[: _git_length(line[0])] for line in lines)
        try:
            data = zlib.decompressobj().decompress(packed, int(match[1]) or 1)
        except zlib.error:
            continue
        kind = identify(data[:HEAD_BYTES])
        if kind is not None:
            yield Run(start=match.start(), end=match.end(), scheme="git", extension=kind.extension, data=data)


def _git_length(letter: int) -> int:
    return letter - 64 if letter < 97 else letter - 70


def _collect(text: bytes, start: int, piece: re.Pattern[bytes]) -> tuple[bytes, int]:
    """Join lines of one length, then a shorter one."""
    match = piece.match(text, start)
    assert match is not None
    pieces, end = [match[0]], match.end()
    while len(pieces[-1]) == len(pieces[0]) <= _MOST_LINE and (between := _BETWEEN.match(text, end)):
        following = piece.match(text, between.end())
        if following is None or len(following[0]) > len(pieces[0]):
            break
        pieces.append(following[0])
        end = following.end()
    return b"".join(pieces), end


def _known(run: bytes, alphabet: _Alphabet) -> tuple[str, bytes] | None:
    """The extension and the bytes of a run that holds something known."""
    if len(run) < _LEAST_RUN or len(set(run[:: len(run) // 4096 + 1])) < _LEAST_DISTINCT:
        return None
    for short, spelled in alphabet.shorthands:
        run = run.replace(short, spelled)
    kind = identify(decode85(run[: HEAD_BYTES // 4 * 5], alphabet.digits))
    return (kind.extension, decode85(run, alphabet.digits)) if kind else None


def decode85(run: bytes, digits: NDArray[np.uint8]) -> bytes:
    """Four bytes of every five characters, up to the first group that is none."""
    missing = -len(run) % 5
    values = digits[np.frombuffer(run, np.uint8)].astype(np.uint64)
    values = np.append(values, np.full(missing, 84, np.uint64)).reshape(-1, 5)
    numbers = values @ _WEIGHTS
    wrong = np.flatnonzero((values > 84).any(axis=1) | (numbers >> np.uint64(32) > 0))
    if len(wrong):
        return numbers[: wrong[0]].astype(">u4").tobytes()
    data = numbers.astype(">u4").tobytes()
    return data[: len(data) - missing]
