"""The registered clips: immutable segments, each with its own lookup table, and which of their clips were removed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.codes import VERSION
from forensics.fingerprints.audio.segment import Segment

AUDIO_VERSION = f"audio-{VERSION}"
"""The format of fingerprints; a register written with another one cannot be searched."""


class AudioIndex:
    """Segments beside one another, searched one by one; read-only.

    A clip is named by the position of its segment in `segments` and its ordinal there. A removed clip stays in its
    segment until that is written anew: ask `is_live` before naming one.
    """

    def __init__(self, segments: Sequence[Segment], removed: NDArray[np.int64] | None = None) -> None:
        """`removed` are labels of clips that are no longer registered."""
        self.segments = tuple(segments)
        self._live = [_live(segment, removed) for segment in self.segments]

    @classmethod
    def build(cls, items: Iterable[tuple[str, bytes]]) -> AudioIndex:
        """Build in memory from clip ids and the blobs of `fingerprint`; raises Malformed for a blob that is none."""
        return cls([Segment.build(items)])

    @property
    def version(self) -> str:
        """The format of the codes."""
        return AUDIO_VERSION

    def __len__(self) -> int:
        """Clips that are registered, removed ones not counted."""
        pairs = zip(self.segments, self._live, strict=True)
        return sum(len(segment) if live is None else int(live.sum()) for segment, live in pairs)

    def is_live(self, segment: int, ordinals: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these clips of a segment are still registered."""
        live = self._live[segment]
        return np.ones(len(ordinals), np.bool_) if live is None else live[ordinals]


def _live(segment: Segment, removed: NDArray[np.int64] | None) -> NDArray[np.bool_] | None:
    """A flag for each clip, False where it was removed; None when none was."""
    dead = segment.ordinals(removed) if removed is not None else np.zeros(0, np.int64)
    if not len(dead):
        return None
    live = np.ones(len(segment), np.bool_)
    live[dead] = False
    return live
