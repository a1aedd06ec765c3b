"""Shingle hash -> where it stands in which passages, as sorted columns; and how much one hit is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forensics.fingerprints.text.pairs import Pairs
from forensics.fingerprints.text.shingles import Hashes, Ints, Shingles, TextPrint, unpacked

_MAX_POSTINGS = 4096
_MAX_REPEATS = 16
_MAX_PAIRS = 4_000_000
_STOCK_WORTH = 0.05
_FILTER_BITS_PER_HASH = 8


@dataclass(frozen=True, slots=True)
class Postings:
    """All shingles of all passages, sorted by hash; `found_at[i]:found_at[i + 1]` are the places of `unique[i]`."""

    unique: Hashes
    found_at: npt.NDArray[np.uint32]
    worth: npt.NDArray[np.float32]
    item: npt.NDArray[np.uint32]
    passage: npt.NDArray[np.uint16]
    shape: npt.NDArray[np.uint8]
    sieve: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, prints: Sequence[TextPrint], groups: npt.NDArray[np.uint32], stock: Hashes) -> Postings:
        """Index the passages; `groups[i]` is the clip that passage `i` belongs to, `stock` what everybody says.

        A million passages are forty million shingles: columns are made once and no more of them than are needed.
        Raises Malformed for a passage that was not packed by `Shingler.print`.
        """
        table, counts = unpacked(prints)
        item = np.repeat(np.arange(len(prints), dtype=np.uint32), counts)
        hashes = table["hash"].astype(np.uint64)
        ranks = np.lexsort((groups[item], hashes))
        hashes, item, passage, shape = hashes[ranks], item[ranks], table["start"][ranks], table["shape"][ranks]
        del table, ranks
        first = np.flatnonzero(np.append(True, hashes[1:] != hashes[:-1])) if len(hashes) else np.empty(0, np.int64)
        unique = hashes[first]
        worth = _worth(hashes, groups[item], first)
        worth[_places(unique, stock)] *= _STOCK_WORTH
        ends = np.append(first, len(hashes)).astype(np.uint32)
        return cls(unique, ends, worth, item, passage, shape, _sieve(unique))

    def find(self, shingles: Shingles) -> Pairs:
        """Every pair of a shingle of a text and a place where a passage has it; what is everywhere is left out."""
        rows = np.flatnonzero(_passes(self.sieve, shingles.hashes))
        slots = np.searchsorted(self.unique, shingles.hashes[rows])
        is_known = slots < len(self.unique)
        is_known[is_known] = self.unique[slots[is_known]] == shingles.hashes[rows[is_known]]
        rows, slots = rows[is_known], slots[is_known]
        rows, slots = self._bounded(rows, slots)
        starts, counts = self._span(slots)
        ends = np.cumsum(counts)
        places = np.repeat(starts - ends + counts, counts) + np.arange(counts.sum())
        return Pairs(
            self.item[places].astype(np.int64),
            np.repeat(shingles.start[rows], counts),
            np.repeat(shingles.shape[rows], counts),
            self.passage[places].astype(np.int64),
            self.shape[places],
            np.repeat(self.worth[slots], counts).astype(np.float64),
        )

    def _span(self, slots: Ints) -> tuple[Ints, Ints]:
        """Where the places of these hashes begin, and how many each has."""
        starts = self.found_at[slots].astype(np.int64)
        return starts, self.found_at[slots + 1] - starts

    def _bounded(self, rows: Ints, slots: Ints) -> tuple[Ints, Ints]:
        """Leave out hashes that are everywhere, and repeats of one hash, so that no text costs without bound."""
        _, counts = self._span(slots)
        ranks = np.argsort(slots, kind="stable")
        ordered = slots[ranks]
        repeat = np.empty(len(slots), np.int64)
        starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(ordered) else ranks
        lengths = np.diff(np.append(starts, len(ordered)))
        repeat[ranks] = np.arange(len(ordered)) - np.repeat(starts, lengths)
        fits = (counts <= _MAX_POSTINGS) & (repeat < _MAX_REPEATS)
        rows, slots, counts = rows[fits], slots[fits], counts[fits]
        rarest = np.argsort(counts, kind="stable")
        affordable = np.sort(rarest[np.cumsum(counts[rarest]) <= _MAX_PAIRS])
        return rows[affordable], slots[affordable]


def _places(unique: Hashes, wanted: Hashes) -> Ints:
    """Where some hashes stand among the unique ones; those that are not there are left out."""
    slots = np.searchsorted(unique, wanted)
    slots, wanted = slots[slots < len(unique)], wanted[slots < len(unique)]
    found: Ints = slots[unique[slots] == wanted]
    return found


def _worth(hashes: Hashes, groups: npt.NDArray[np.uint32], first: Ints) -> npt.NDArray[np.float32]:
    """1 for a shingle of one clip, 1 / sqrt(n) for one that n clips have."""
    if not len(hashes):
        return np.empty(0, np.float32)
    is_new = np.append(True, (hashes[1:] != hashes[:-1]) | (groups[1:] != groups[:-1]))
    clips = np.add.reduceat(is_new.astype(np.float32), first)
    worth: npt.NDArray[np.float32] = (1.0 / np.sqrt(clips)).astype(np.float32)
    return worth


def _sieve(unique: Hashes) -> npt.NDArray[np.uint8]:
    """A table of bits that says quickly of most hashes that no passage has them."""
    bits = min(1 << max(10, int(len(unique) * _FILTER_BITS_PER_HASH).bit_length()), 1 << 29)
    sieve = np.zeros(bits >> 3, np.uint8)
    places = np.unique(_bucket(unique, bits))
    np.bitwise_or.at(sieve, places >> 3, (1 << (places & 7)).astype(np.uint8))
    return sieve


def _passes(sieve: npt.NDArray[np.uint8], hashes: Hashes) -> npt.NDArray[np.bool_]:
    """Which of the hashes a passage may have."""
    places = _bucket(hashes, len(sieve) << 3)
    found: npt.NDArray[np.bool_] = (sieve[places >> 3] >> (places & 7).astype(np.uint8) & 1).astype(np.bool_)
    return found


def _bucket(hashes: Hashes, size: int) -> Ints:
    return (hashes & np.uint64(size - 1)).astype(np.int64)
