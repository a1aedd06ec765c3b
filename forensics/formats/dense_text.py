"""Says which stretches of a text may spell content: their mix of characters is that of no language.

Looking closely at all of a text for every way to spell bytes would cost several times what else a scan costs. So every
twenty-third byte (few line lengths have that factor) is counted by its class, block by block, in one pass for all ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np

_STRIDE = 23
_SAMPLES = 36
BLOCK_BYTES = _STRIDE * _SAMPLES
_CHUNK_BLOCKS = 4096
_JOINED_BLOCKS = 4
_SHORT_BLOCKS = 64
"""In more blocks than these there is enough of each class by chance, and to count them all first is dear."""
_LEAST_DIGITS, _LEAST_SYMBOLS, _LEAST_MARKS = _SAMPLES // 6, _SAMPLES // 8, _SAMPLES // 13
"""Of the samples of a block."""
_FIELD_BITS = 8
_CLASSES = (b"0123456789", b"!#$%&()*;<>?@^`{|}~\"',.:[]\\", b"\\", b"%", b" \t", bytes(range(65, 91)))
_WEIGHTS = np.zeros(256, np.uint64)
for _number, _members in enumerate(_CLASSES):
    _WEIGHTS[np.frombuffer(_members, np.uint8)] += np.uint64(1 << _FIELD_BITS * _number)
_FIELD = np.uint64((1 << _FIELD_BITS) - 1)


class Spelling(Enum):
    """Ways to spell bytes, by what gives them away."""

    DIGITS = "numbers and dumps"
    SYMBOLS = "base 85"
    BACKSLASHES = "escapes of programming languages"
    PERCENTS = "percent encoding"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes `start` to `end` of a text, in whole blocks, where a spelling is likely in most."""

    spelling: Spelling
    start: int
    end: int


def dense_stretches(text: bytes) -> Iterator[Stretch]:
    """Yield the stretches of each spelling, in order; what is shorter than a block or two may be passed over."""
    whole = len(text) // BLOCK_BYTES
    for first in range(0, whole, _CHUNK_BLOCKS):
        count = min(_CHUNK_BLOCKS, whole - first)
        samples = text[first * BLOCK_BYTES : (first + count) * BLOCK_BYTES : _STRIDE]
        if count <= _SHORT_BLOCKS and not _may_be_dense(samples):
            continue
        sums = _WEIGHTS.take(np.frombuffer(samples, np.uint8)).reshape(count, _SAMPLES).sum(axis=1)
        digits, symbols, backslashes, percents, blanks, capitals = (
            (sums >> np.uint64(_FIELD_BITS * number)) & _FIELD for number in range(len(_CLASSES))
        )
        is_mixed = (
            (symbols >= _LEAST_SYMBOLS) & (capitals >= _LEAST_SYMBOLS) & (digits >= 2) & (blanks <= _SAMPLES // 13)
        )
        for spelling, is_likely in (
            (Spelling.DIGITS, digits >= _LEAST_DIGITS),
            (Spelling.SYMBOLS, is_mixed),
            (Spelling.BACKSLASHES, backslashes >= _LEAST_MARKS),
            (Spelling.PERCENTS, percents >= _LEAST_MARKS),
        ):
            yield from _joined(spelling, np.flatnonzero(is_likely) + first)


def _may_be_dense(samples: bytes) -> bool:
    """Say whether the samples of several blocks would do for one: those of a short letter do not, and that is cheap."""
    digits, symbols, backslashes, percents, _, capitals = (
        len(samples) - len(samples.translate(None, members)) for members in _CLASSES
    )
    is_mixed = symbols >= _LEAST_SYMBOLS and capitals >= _LEAST_SYMBOLS
    return digits >= _LEAST_DIGITS or is_mixed or backslashes >= _LEAST_MARKS or percents >= _LEAST_MARKS


def _joined(spelling: Spelling, blocks: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Iterator[Stretch]:
    """Blocks that are not far from each other as one stretch."""
    if not len(blocks):
        return
    for group in np.split(blocks, np.flatnonzero(np.diff(blocks) > _JOINED_BLOCKS) + 1):
        if len(group):
            yield Stretch(spelling, int(group[0]) * BLOCK_BYTES, (int(group[-1]) + 1) * BLOCK_BYTES)
