"""Every code of an index compared with every query: what the search of `votes` still asks for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.codes import Codes
from forensics.fingerprints.audio.segment import Segment

_BLOCK_CODES, _BLOCK_QUERIES = 1 << 11, 1 << 5
"""Pairs scanned at a time: their differences stay in the processor's cache."""

_Hits = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]
_NOTHING: _Hits = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8))


class Exhaustive:
    """Clips and codes numbered through all segments."""

    segments: Sequence[Segment]

    def is_live(self, segment: int, ordinals: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these clips of a segment are still registered."""
        raise NotImplementedError

    @cached_property
    def ids(self) -> list[str]:
        """The ids of all clips, removed ones too."""
        return [segment.id(ordinal) for segment in self.segments for ordinal in range(len(segment))]

    @property
    def code_count(self) -> int:
        """Codes of all clips."""
        return len(self._values)

    def clip(self, number: int) -> Codes:
        """The codes of the clip with that position in `ids`."""
        span = slice(int(self._starts[number]), int(self._starts[number + 1]))
        return Codes(self._values[span], self._usable[span])

    def locate(self, codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The clip, and the position in it, of each code number."""
        clips = np.searchsorted(self._starts, codes, side="right") - 1
        return clips, codes - self._starts[clips]

    def near(self, queries: NDArray[np.uint64], *, radius: int) -> _Hits:
        """Every registered code within `radius` bits of a query: query number, code number, distance.

        A query that is near more than half a percent of all codes (and more than 256) tells nothing and is left out.
        """
        parts = [_NOTHING]
        for first in range(0, len(queries), _BLOCK_QUERIES):
            found, codes, distances = self._near_group(queries[first : first + _BLOCK_QUERIES, None], radius)
            usable = self._usable[codes]
            parts.append((found[usable] + first, codes[usable], distances[usable]))
        found, codes, distances = (np.concatenate(column) for column in zip(*parts, strict=True))
        return found, codes, distances

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        sizes = [np.diff(segment.starts) for segment in self.segments]
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate([np.zeros(0, np.int64), *sizes]))])

    @cached_property
    def _values(self) -> NDArray[np.uint64]:
        return np.concatenate([np.zeros(0, np.uint64), *(segment.codes for segment in self.segments)])

    @cached_property
    def _usable(self) -> NDArray[np.bool_]:
        """Codes that hold speech, of clips that are still registered."""
        parts = [np.zeros(0, np.bool_)]
        for number, segment in enumerate(self.segments):
            live = self.is_live(number, np.arange(len(segment)))
            parts.append(segment.all_usable() & np.repeat(live, np.diff(segment.starts)))
        return np.concatenate(parts)

    def _near_group(self, group: NDArray[np.uint64], radius: int) -> _Hits:
        values = self._values
        most = max(256, len(values) // 200)
        counts = np.zeros(len(group), dtype=np.int64)
        parts = [_NOTHING]
        for first in range(0, len(values), _BLOCK_CODES):
            distance = np.bitwise_count(values[first : first + _BLOCK_CODES] ^ group)
            hits = np.flatnonzero(distance <= radius)
            if not len(hits):
                continue
            rows, columns = np.divmod(hits, distance.shape[1])
            counts += np.bincount(rows, minlength=len(group))
            kept = counts[rows] <= most
            parts.append((rows[kept], columns[kept] + first, distance.ravel()[hits[kept]]))
        rows, columns, distances = (np.concatenate(column) for column in zip(*parts, strict=True))
        kept = counts[rows] <= most
        return rows[kept], columns[kept], distances[kept]
