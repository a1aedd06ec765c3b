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
        samples = np.frombuffer(text, np.uint8, count * BLOCK_BYTES, first * BLOCK_BYTES)[::_STRIDE]
        sums = _WEIGHTS.take(samples).reshape(count, _SAMPLES).sum(axis=1)
        digits, symbols, backslashes, percents, blanks, capitals = (
            (sums >> np.uint64(_FIELD_BITS * number)) & _FIELD for number in range(len(_CLASSES))
        )
        is_mixed = (symbols >= _SAMPLES // 8) & (capitals >= _SAMPLES // 8) & (digits >= 2) & (blanks <= _SAMPLES // 13)
        for spelling, is_likely in (
            (Spelling.DIGITS, digits >= _SAMPLES // 6),
            (Spelling.SYMBOLS, is_mixed),
            (Spelling.BACKSLASHES, backslashes >= _SAMPLES // 13),
            (Spelling.PERCENTS, percents >= _SAMPLES // 13),
        ):
            yield from _joined(spelling, np.flatnonzero(is_likely) + first)


def _joined(spelling: Spelling, blocks: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Iterator[Stretch]:
    """Blocks that are not far from each other as one stretch."""
    for group in np.split(blocks, np.flatnonzero(np.diff(blocks) > _JOINED_BLOCKS) + 1):
        if len(group):
            yield Stretch(spelling, int(group[0]) * BLOCK_BYTES, (int(group[-1]) + 1) * BLOCK_BYTES)
