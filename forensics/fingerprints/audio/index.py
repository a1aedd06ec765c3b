"""The registered clips as one array of codes, scanned whole for codes that are near."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.codes import VERSION, Codes, unpack

AUDIO_VERSION = f"audio-{VERSION}"
"""The format of fingerprints; a register written with another one cannot be searched."""

_BLOCK_CODES, _BLOCK_QUERIES = 1 << 11, 1 << 5
"""Pairs scanned at a time: their differences stay in the processor's cache."""

_Hits = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]
_NOTHING: _Hits = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8))


class AudioIndex:
    """Registered clips by their codes; read-only once built.

    The arrays are flat (codes of all clips end to end, and where each clip begins), so that they can be mapped
    from a file and shared.
    """

    def __init__(self, ids: list[str], starts: NDArray[np.int64], codes: Codes) -> None:
        self.ids = ids
        self._starts = starts
        self._codes = codes

    @classmethod
    def build(cls, items: Iterable[tuple[str, bytes]]) -> AudioIndex:
        """Build from clip ids and the blobs of `fingerprint`; raises Malformed for a blob that is none."""
        ids: list[str] = []
        clips: list[Codes] = []
        for identity, blob in items:
            ids.append(identity)
            clips.append(unpack(blob))
        starts = np.zeros(len(ids) + 1, dtype=np.int64)
        np.cumsum([len(clip) for clip in clips], out=starts[1:])
        values = np.concatenate([clip.values for clip in clips] or [np.zeros(0, dtype=np.uint64)])
        usable = np.concatenate([clip.is_usable for clip in clips] or [np.zeros(0, dtype=np.bool_)])
        return cls(ids, starts, Codes(values, usable))

    @property
    def version(self) -> str:
        """The format of the codes."""
        return AUDIO_VERSION

    @property
    def code_count(self) -> int:
        """Codes of all clips."""
        return len(self._codes)

    def __len__(self) -> int:
        return len(self.ids)

    def clip(self, number: int) -> Codes:
        """The codes of the clip with that position in `ids`."""
        span = slice(int(self._starts[number]), int(self._starts[number + 1]))
        return Codes(self._codes.values[span], self._codes.is_usable[span])

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
            usable = self._codes.is_usable[codes]
            parts.append((found[usable] + first, codes[usable], distances[usable]))
        found, codes, distances = (np.concatenate(column) for column in zip(*parts, strict=True))
        return found, codes, distances

    def _near_group(self, group: NDArray[np.uint64], radius: int) -> _Hits:
        values = self._codes.values
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
