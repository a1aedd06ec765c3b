"""Finds bytes and samples written as decimal numbers: arrays of JSON and of source code, tables of one column."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from forensics.content import Content
from forensics.formats.raw_sound import Hint, trials_of
from forensics.formats.signatures import identify
from forensics.formats.spelled_run import HEAD_BYTES, Run, may_hold_run, next_run, run_start

_MARKS = b'0123456789 \t\r\n,;:-[]{}()">|' + b"byte"
"""Digits and what stands between numbers: separators, brackets, keys, marks of quoted lines, casts of Java."""
_IS_MARK = bytes(byte in _MARKS for byte in range(256))
_ENDS = re.compile(b"[^" + re.escape(_MARKS) + b"]")
_BLANKED = bytes(byte if byte in b"0123456789-" else 0x20 for byte in range(256))
_LONE_MINUS = re.compile(rb"-(?![0-9])")
_LEAST_RUN = 512
_HEAD_TEXT = 48 << 10
_MOST_TEXT = 64 << 20
_MOST_BEFORE = 16
"""Numbers that may stand before the first byte: lengths, counts."""
_LEAST_SAMPLES = 4096
_LEAST_TURNS = 0.05

Numbers = NDArray[np.int64]


def find_numbers(text: bytes, start: int, stop: int) -> Iterator[Run]:
    """Yield the runs of numbers that begin between `start` and `stop`."""
    if not may_hold_run(text, start, stop, _IS_MARK, _LEAST_RUN):
        return
    marks, at = text[start:stop].translate(_IS_MARK), 0
    while (begin := next_run(marks, at, _LEAST_RUN)) >= 0:
        place = start + begin if begin else run_start(text, start, _IS_MARK)
        match = _ENDS.search(text, start + begin)
        end = match.start() if match else len(text)
        yield _run(text, place, end)
        at = end - start


def _run(text: bytes, start: int, end: int) -> Run:
    nothing = Run(start=start, end=end)
    head = _numbers(text[start : min(end, start + _HEAD_TEXT)])
    is_keyed = _is_keyed(head)
    head = head[1::2] if is_keyed else head
    if not len(head):
        return nothing
    first = _first_byte(head)
    known = _known(head[first:]) if first >= 0 else None
    if known is None and (first >= 0 or not _is_wide(head)):
        return nothing
    numbers = _numbers(text[start : min(end, start + _MOST_TEXT)])
    numbers = numbers[1::2] if is_keyed else numbers
    if known is None:
        data = _samples(numbers)
        return Run(start=start, end=end, scheme="samples", extension="dat", data=data) if data else nothing
    skip, extension = known
    numbers = numbers[first + skip :]
    odd = np.flatnonzero((numbers < -128) | (numbers > 255))
    data = _as_bytes(numbers[: odd[0]] if len(odd) else numbers)
    return Run(start=start, end=end, scheme="decimal", extension=extension, data=data)


def _numbers(text: bytes) -> Numbers:
    """The numbers of a text of marks; one that is too long for 64 bits ends them."""
    text = _LONE_MINUS.sub(b" ", text) if b"-" in text else text
    blanked = text.translate(_BLANKED).decode("ascii").strip()
    return np.fromstring(blanked, np.int64, sep=" ") if blanked else np.empty(0, np.int64)


def _is_keyed(numbers: Numbers) -> bool:
    """Say whether every other number counts the rows, as where an array was written as an object."""
    keys = numbers[:64:2]
    return len(keys) >= 16 and bool((np.diff(keys) == 1).all())


def _first_byte(numbers: Numbers) -> int:
    """Where the bytes begin, after a few numbers that are none; -1 when most are none."""
    odd = np.flatnonzero((numbers < -128) | (numbers > 255))
    if len(odd) and odd[-1] >= _MOST_BEFORE:
        return -1
    return int(odd[-1]) + 1 if len(odd) else 0


def _known(numbers: Numbers) -> tuple[int, str] | None:
    """How many more numbers stand before what is known, and its extension."""
    data = _as_bytes(numbers[: HEAD_BYTES + _MOST_BEFORE])
    for skip in range(_MOST_BEFORE):
        if kind := identify(data[skip:]):
            return skip, kind.extension
    return None


def _as_bytes(numbers: Numbers) -> bytes:
    return (numbers & 0xFF).astype(np.uint8).tobytes()


def _is_wide(numbers: Numbers) -> bool:
    """Numbers of 16 bits that go up and down."""
    if len(numbers) < _LEAST_SAMPLES // 2 or np.abs(numbers).max() > 32768:
        return False
    turns = np.diff(np.sign(np.diff(numbers))) != 0
    return bool((np.abs(numbers) > 255).mean() > 0.2 and turns.mean() > _LEAST_TURNS)


def _samples(numbers: Numbers) -> bytes:
    """16-bit samples, when that is what the numbers sound like."""
    if len(numbers) < _LEAST_SAMPLES:
        return b""
    data = np.clip(numbers, -32768, 32767).astype("<i2").tobytes()
    return data if trials_of(Content.of(data), Hint()) else b""
