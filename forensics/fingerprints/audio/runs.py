"""The rough alignment of a candidate: which codes of the clip lie where in the recording, and how fast it plays."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.align import best_line, evidence
from forensics.fingerprints.audio.codes import STEP, Codes
from forensics.fingerprints.audio.features import CENTRE
from forensics.fingerprints.audio.hearing import Hearing
from forensics.fingerprints.audio.network import STRIDE, signs
from forensics.fingerprints.audio.votes import OUTPUTS_PER_CODE, Candidate

COARSE_SLOPES = 1 + np.arange(-5, 5.5) / 100
COARSE_OFFSETS = np.arange(-6.0, 6.5)
FINE_SLOPES = np.arange(-0.0075, 0.008, 0.0025)
FINE_OFFSETS = np.array([-0.5, 0.0, 0.5])
UNCHANGED = 0.015
"""Change of tempo that is taken for none until the fine encoder says otherwise: leaks seldom change it a little."""
MARGIN = 20
"""Outputs beyond the clip's ends that are looked at, for its slope and offset."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a clip found in a recording. Frames are of 10 ms, fractions allowed.

    Clip frame `clip_frame` stands at recording frame `frame`; `frames` is the stretch's length in the clip; `tempo`
    and `pitch` are the recording's over the clip's, the pitch as supposed. `total` is the rough evidence, in nats.
    """

    segment: int
    ordinal: int
    frame: float
    clip_frame: float
    frames: float
    tempo: float
    pitch: float
    total: float

    @property
    def strength(self) -> float:
        """Evidence over the root of the number of codes: what tells a long weak run from a short strong one."""
        return self.total / math.sqrt(self.frames / (2 * STEP))

    def recording_frame(self, clip_frame: float) -> float:
        """Where a frame of the clip stands in the recording."""
        return self.frame + (clip_frame - self.clip_frame) / self.tempo

    def at_tempo(self, tempo: float) -> Run:
        """The same run at another tempo, about its middle."""
        half = self.frames / 2
        return replace(self, tempo=tempo, frame=self.frame + half / self.tempo - half / tempo)


def lay(hearing: Hearing, codes: Codes, candidate: Candidate) -> Run | None:
    """The best run of a candidate's rough codes; None when nothing of it is there."""
    positions = _near(np.flatnonzero(codes.is_usable[::2]) * 2, hearing, candidate)
    length = float(OUTPUTS_PER_CODE * len(codes))
    low = max(0, int(candidate.offset - 0.06 * candidate.clip_at) - MARGIN)
    high = min(len(hearing.soft), int(candidate.offset + length + 0.06 * (length - candidate.clip_at)) + MARGIN)
    if not len(positions) or high <= low:
        return None
    window = slice(low, high)
    grid = evidence(
        hearing.soft[window], hearing.surprise[window], hearing.is_usable[window], signs(codes.values[positions])
    )
    places = positions * float(OUTPUTS_PER_CODE) - candidate.clip_at
    centre = candidate.at - low
    coarse = best_line(grid, places, centre + COARSE_OFFSETS, COARSE_SLOPES)
    line = best_line(grid, places, coarse.offset + FINE_OFFSETS, coarse.slope + FINE_SLOPES)
    if line.last <= line.first:
        return None
    begin, end = places[line.first], places[line.last - 1]
    tempo = hearing.supposed.tempo / line.slope
    heard = (low + line.offset + line.slope * begin) * STRIDE
    run = Run(
        segment=candidate.segment,
        ordinal=candidate.ordinal,
        frame=(heard + CENTRE) / hearing.supposed.tempo - CENTRE,
        clip_frame=float((begin + candidate.clip_at) * STRIDE),
        frames=float((end - begin) * STRIDE + 1),
        tempo=tempo,
        pitch=hearing.supposed.pitch,
        total=line.total,
    )
    return run.at_tempo(1.0) if abs(tempo - 1) <= UNCHANGED else run


def _near(positions: NDArray[np.int64], hearing: Hearing, candidate: Candidate) -> NDArray[np.int64]:
    """Those of the codes of a long clip that can lie in the hearing."""
    there = candidate.offset + positions * OUTPUTS_PER_CODE
    return positions[(there > -2 * MARGIN) & (there < len(hearing.soft) + 2 * MARGIN)]
