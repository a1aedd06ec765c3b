"""Bucket key -> where codes with that key stand: two flat columns, read in blocks that stay in the processor's cache.

The key of a code is its low `key_bits` bits. What is in bucket `b` is `numbers[starts[b]:starts[b + 1]]`, rising.
A bucket costs 4 bytes, a posting another 4; about 16 postings share a bucket.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.errors import Malformed

LEAST_KEY_BITS, MOST_KEY_BITS = 8, 24
BUCKET_BITS = 4
"""Postings of a mean bucket, in powers of two."""
COMMON_SHARE, COMMON_POSTINGS = 0.002, 256
"""A bucket with more than this share of all postings, and more than that many, says nothing and is left out."""
_BLOCK_POSTINGS = 1 << 15
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Postings:
    """The columns; `starts` has one entry more than there are buckets."""

    key_bits: int
    starts: NDArray[np.uint32]
    numbers: NDArray[np.uint32]

    @classmethod
    def of(cls, values: NDArray[np.uint64], numbers: NDArray[np.uint32]) -> Postings:
        """Sort code numbers by the keys of their values; takes 8 bytes of memory a posting while it works."""
        key_bits = key_bits_for(len(numbers))
        pairs = values & np.uint64((1 << key_bits) - 1)
        pairs <<= _HALF
        pairs |= numbers
        pairs.sort()
        buckets = np.arange((1 << key_bits) + 1, dtype=np.uint64) << _HALF
        starts = np.searchsorted(pairs, buckets).astype(np.uint32)
        return cls(key_bits, starts, (pairs & _LOW).astype(np.uint32))

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def most(self) -> int:
        """Postings above which a bucket is left out."""
        return max(COMMON_POSTINGS, int(len(self.numbers) * COMMON_SHARE))

    def check(self) -> None:
        """Raise Malformed when the buckets do not cover the postings in order."""
        starts = self.starts
        if len(starts) != (1 << self.key_bits) + 1 or starts[0] != 0 or starts[-1] != len(self.numbers):
            raise Malformed("the acoustic index has wrong buckets")
        if (starts[1:] < starts[:-1]).any():
            raise Malformed("the acoustic index has buckets out of order")

    def blocks(
        self, values: NDArray[np.uint64], *, limit: int
    ) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.uint32]]]:
        """Every posting in the bucket of every value, some ten thousand at a time: row of `values`, code number.

        Blocks come in the order of the keys, so that neighbours are read once. Raises Malformed for a code number
        that is not below `limit`.
        """
        rows, begins, counts = self._found(values)
        ends = np.cumsum(counts, dtype=np.int64)
        total = int(ends[-1]) if len(ends) else 0
        cuts = np.searchsorted(ends, np.arange(_BLOCK_POSTINGS, total + _BLOCK_POSTINGS, _BLOCK_POSTINGS))
        first = 0
        for cut in (np.minimum(cuts, len(ends) - 1) + 1).tolist() if total else ():
            if cut <= first:
                continue
            part, before = counts[first:cut], int(ends[first - 1]) if first else 0
            size = int(ends[cut - 1]) - before
            at = np.repeat(begins[first:cut] - (ends[first:cut] - part - before), part)
            at += np.arange(size)
            numbers = self.numbers[at]
            if int(numbers.max()) >= limit:
                raise Malformed("the acoustic index names codes that are not there")
            yield np.repeat(rows[first:cut], part), numbers
            first = cut

    def _found(self, values: NDArray[np.uint64]) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
        """The values whose bucket says something, by key: row, first posting, count."""
        pairs = values & np.uint64((1 << self.key_bits) - 1)
        pairs <<= _HALF
        pairs |= np.arange(len(values), dtype=np.uint64)
        pairs.sort()
        keys = (pairs >> _HALF).astype(np.int64)
        begins = self.starts[keys].astype(np.int64)
        counts = self.starts[keys + 1] - begins
        kept = np.flatnonzero((counts > 0) & (counts <= self.most))
        return (pairs[kept] & _LOW).astype(np.uint32), begins[kept], counts[kept]


def key_bits_for(postings: int) -> int:
    """How many bits of a code make its key, for about 16 postings a bucket."""
    return min(MOST_KEY_BITS, max(LEAST_KEY_BITS, round(math.log2(max(1, postings))) - BUCKET_BITS))
