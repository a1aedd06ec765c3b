"""A digest of whole files that stays near when a file is edited: pieces of five bytes counted by buckets.

After TLSH (J. Oliver, C. Cheng, Y. Chen: TLSH - A Locality Sensitive Hash, 4th Cybercrime and Trustworthy Computing
Workshop 2013): of every window of five bytes six triples are hashed into 128 buckets; each bucket is told by the
quarter of the buckets its count lies in, and two files differ by how far their buckets differ. The table of the hash
is made here, so these digests are not those of other programs.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from forensics.errors import Malformed

VERSION: Final = "F1"
BUCKETS: Final = 128
LEAST_BYTES: Final = 512
LEAST_FILLED: Final = 96
"""Buckets that hold anything: fewer are of a file of zeros, or of one line again and again."""
MOST_BYTES: Final = 64 << 20
LENGTH_STEP: Final = 1.2
"""Lengths are told in steps of a fifth."""
_TRIPLES: Final = ((2, 3, 4), (1, 2, 4), (0, 3, 4), (1, 3, 4), (0, 2, 4), (0, 1, 4))
_BLOCK: Final = 1 << 20
_FAR: Final = 6
"""What a bucket counts that went from the lowest quarter to the highest."""

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]


def _table() -> Bytes:
    """A permutation of the 256 bytes that nobody chose."""
    keys = [hashlib.sha256(b"fuzzy %d" % number).digest() for number in range(256)]
    return np.argsort(np.array([int.from_bytes(key[:8], "big") for key in keys], np.uint64)).astype(np.uint8)


_TABLE: Final = _table()


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """The digest of a file: its length in steps, the ratios of its quartiles (percent), the quarter of each bucket."""

    length: int
    ratios: tuple[int, int]
    quarters: bytes

    def __str__(self) -> str:
        packed = np.packbits(_bits(self.quarters)).tobytes().hex()
        return f"{VERSION}:{self.length:02x}{self.ratios[0]:02x}{self.ratios[1]:02x}:{packed}"

    @classmethod
    def read(cls, text: str) -> Fuzzy:
        """Read what `str` wrote. Raises Malformed."""
        version, _, rest = text.partition(":")
        head, _, body = rest.partition(":")
        try:
            facts, packed = bytes.fromhex(head), bytes.fromhex(body)
        except ValueError as error:
            raise Malformed("is no fuzzy digest") from error
        if version != VERSION or len(facts) != 3 or len(packed) * 4 != BUCKETS:
            raise Malformed("is no fuzzy digest of this version")
        bits = np.unpackbits(np.frombuffer(packed, np.uint8)).reshape(-1, 2)
        quarters = (bits[:, 0] * 2 + bits[:, 1]).astype(np.uint8).tobytes()
        return cls(facts[0], (facts[1], facts[2]), quarters)

    def distance(self, other: Fuzzy) -> int:
        """How far two files are apart: 0 is the same counts, above 200 nothing in common."""
        apart = np.abs(
            np.frombuffer(self.quarters, np.uint8).astype(np.int64) - np.frombuffer(other.quarters, np.uint8)
        )
        body = int(np.where(apart == 3, _FAR, apart).sum())
        ratios = sum(abs(mine - theirs) // 4 for mine, theirs in zip(self.ratios, other.ratios, strict=True))
        return body + ratios + 4 * max(0, abs(self.length - other.length) - 1)


def fuzzy(data: bytes) -> Fuzzy:
    """The digest of a file. Raises Malformed, in words, for one too short or too uniform to be told from others."""
    if len(data) < LEAST_BYTES:
        raise Malformed(f"has {len(data)} bytes; fewer than {LEAST_BYTES} are like too many others")
    counts = _counts(np.frombuffer(data, np.uint8))
    filled = int((counts > 0).sum())
    first, middle, last = (
        int(each) for each in np.sort(counts)[[BUCKETS // 4 - 1, BUCKETS // 2 - 1, 3 * BUCKETS // 4 - 1]]
    )
    if filled < LEAST_FILLED or last == 0:
        raise Malformed(f"is too uniform to be told from others: {filled} of {BUCKETS} buckets are filled")
    quarters = (counts > first).astype(np.uint8) + (counts > middle) + (counts > last)
    ratios = (min(255, 100 * first // last), min(255, 100 * middle // last))
    return Fuzzy(length_of(len(data)), ratios, quarters.astype(np.uint8).tobytes())


def length_of(size: int) -> int:
    """A length in bytes, in steps of a fifth."""
    return min(255, round(math.log(max(1, size), LENGTH_STEP)))


def _counts(data: Bytes) -> Counts:
    """How many triples fall into each bucket."""
    counts = np.zeros(BUCKETS, np.int64)
    for start in range(0, len(data) - 4, _BLOCK):
        block = data[start : start + _BLOCK + 4]
        windows = [block[at : len(block) - 4 + at] for at in range(5)]
        for salt, triple in enumerate(_TRIPLES):
            state = _TABLE[windows[triple[0]] ^ np.uint8(_TABLE[salt + 2])]
            for place in triple[1:]:
                state = _TABLE[state ^ windows[place]]
            counts += np.bincount(state, minlength=256)[:BUCKETS]
    return counts


def _bits(quarters: bytes) -> Bytes:
    values = np.frombuffer(quarters, np.uint8)
    return np.stack([values >> 1, values & 1], axis=1).astype(np.uint8).reshape(-1)
