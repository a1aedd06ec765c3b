"""Shingles that a text shares with passages, and which passages are worth aligning with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forensics.fingerprints.text.shingles import Ints, members

Floats = npt.NDArray[np.float64]
Row = tuple[int, int, int, int, int, float]


@dataclass(frozen=True, slots=True)
class Reach:
    """Per passage, what a text can cover of it at most, wherever it stands: elements, and their rare bits."""

    item: Ints
    covered: Ints
    told_bits: Floats


@dataclass(frozen=True, slots=True)
class Pairs:
    """Where a text and a passage share a shingle, column by column; the two may have it in different shapes."""

    item: Ints
    query: Ints
    query_shape: npt.NDArray[np.uint8]
    passage: Ints
    shape: npt.NDArray[np.uint8]
    worth: Floats

    def plus(self, other: Pairs) -> Pairs:
        """Both."""
        return Pairs(
            np.concatenate([self.item, other.item]),
            np.concatenate([self.query, other.query]),
            np.concatenate([self.query_shape, other.query_shape]),
            np.concatenate([self.passage, other.passage]),
            np.concatenate([self.shape, other.shape]),
            np.concatenate([self.worth, other.worth]),
        )

    def reach(self, bits: npt.NDArray[np.float32]) -> Reach:
        """What of each passage the text holds at most; `bits` are those of the text's elements."""
        places, told = self._elements(bits)
        ranks = np.argsort(places, kind="stable")
        places, told = places[ranks], told[ranks]
        first = np.flatnonzero(np.append(True, places[1:] != places[:-1])) if len(places) else ranks
        best = np.maximum.reduceat(told, first) if len(first) else told
        item, start, covered = np.unique(places[first] >> 16, return_index=True, return_counts=True)
        return Reach(item, covered, np.add.reduceat(best, start) if len(start) else best)

    def rows_of(self, items: Ints) -> Iterator[Row]:
        """The rows of some items, item by item, ordered by place in the text."""
        rows = np.flatnonzero(np.isin(self.item, items))
        rows = rows[np.lexsort((self.shape[rows], self.passage[rows], self.query[rows], self.item[rows]))]
        columns = (self.item, self.query, self.query_shape, self.passage, self.shape, self.worth)
        yield from zip(*(column[rows].tolist() for column in columns), strict=True)

    def _elements(self, bits: npt.NDArray[np.float32]) -> tuple[Ints, Floats]:
        """Every element of every pair: its item and place as one number, and its rare bits."""
        places: list[Ints] = [np.empty(0, np.int64)]
        told: list[Floats] = [np.empty(0, np.float64)]
        shapes = self.query_shape.astype(np.int64) << 8 | self.shape
        for both in np.unique(shapes):
            rows = np.flatnonzero(shapes == both)
            for ours, theirs in zip(members(int(both) >> 8), members(int(both) & 0xFF), strict=True):
                places.append(self.item[rows] << 16 | self.passage[rows] + theirs)
                told.append(bits[self.query[rows] + ours] * self.worth[rows])
        return np.concatenate(places), np.concatenate(told)
