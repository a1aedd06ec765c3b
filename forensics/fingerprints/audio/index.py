"""The registered clips as one array of codes, scanned whole for codes that are near."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.codes import VERSION, Codes, unpack

AUDIO_VERSION = f"audio-{VERSION}"
"""The format of fingerprints; a register written with another one cannot be searched."""

_BLOCK_CODES = 1 << 14
"""Codes scanned at a time: they and their distances stay in the processor's cache."""


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

    def near(
        self, queries: NDArray[np.uint64], *, radius: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
        """Every registered code within `radius` bits of a query: query number, code number, distance.

        A query that is near more than 2 % of all codes (and more than 256) tells nothing and is left out.
        """
        values = self._codes.values
        numbers: list[list[NDArray[np.int64]]] = [[] for _ in queries]
        distances: list[list[NDArray[np.uint8]]] = [[] for _ in queries]
        different = np.empty(min(_BLOCK_CODES, len(values)), dtype=np.uint64)
        distance = np.empty(len(different), dtype=np.uint8)
        for first in range(0, len(values), _BLOCK_CODES):
            block = values[first : first + _BLOCK_CODES]
            for number, query in enumerate(queries):
                np.bitwise_xor(block, query, out=different[: len(block)])
                np.bitwise_count(different[: len(block)], out=distance[: len(block)])
                hits = np.flatnonzero(distance[: len(block)] <= radius)
                if len(hits):
                    numbers[number].append(hits + first)
                    distances[number].append(distance[hits])
        most = max(256, len(values) // 50)
        return self._gather(numbers, distances, most)

    def _gather(
        self, numbers: list[list[NDArray[np.int64]]], distances: list[list[NDArray[np.uint8]]], most: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
        counts = np.array([sum(map(len, found)) for found in numbers], dtype=np.int64)
        kept = [number for number, count in enumerate(counts) if 0 < count <= most]
        codes = np.concatenate([part for number in kept for part in numbers[number]] or [np.zeros(0, np.int64)])
        near = np.concatenate([part for number in kept for part in distances[number]] or [np.zeros(0, np.uint8)])
        queries = np.repeat(np.array(kept, dtype=np.int64), counts[kept])
        usable = self._codes.is_usable[codes]
        return queries[usable], codes[usable], near[usable]
