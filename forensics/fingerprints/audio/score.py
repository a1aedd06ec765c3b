"""How sure an alignment is: 1 is the threshold, and what is below it is a candidate.

Two ways lead above the threshold, both measured on speech (tests/benchmarks/bench_audio.py):

* *clean*: codes so similar that no other take of the same words by the same voice comes near. Every transcoding of a
  recording does, also at a slightly different speed;
* *steady*: codes less similar, as in noise or a room, but all along the clip, on one line, at the recording's own
  speed. Another take strays from the line, runs at another speed, or shares one phrase only.

Anything else stays below, however much it climbs: inconclusive is an answer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.align import TOLL, Alignment, Normalised, wander
from forensics.fingerprints.audio.codes import STEP
from forensics.fingerprints.audio.features import PATCH_FRAMES

CODES_PER_PATCH = PATCH_FRAMES / STEP
"""Neighbouring codes share most of their sound: so many count as one."""
CLEAN_TOLL, CLEAN_CLIMB = 5.0, 2.2
STEADY_TOLL, STEADY_CLIMB = 2.5, 6.5
STEADY_WANDER, CLIMB_PER_WANDER = 0.7, 10.0
"""The most wander, in frames of 10 ms, and how much more climb each frame of it asks for."""
STEADY_SPEED = 0.006
WEAK_CLIMB, WEAK_MOST = 25.0, 0.95


def score(recording: Normalised, clip: Normalised, run: Alignment) -> float:
    """The score of an alignment: at least 1 means accepted."""
    clean = climb(run.similarity, CLEAN_TOLL) / CLEAN_CLIMB
    weak = min(WEAK_MOST, climb(run.similarity, TOLL) / WEAK_CLIMB)
    return max(clean, weak, _steadiness(recording, clip, run))


def _steadiness(recording: Normalised, clip: Normalised, run: Alignment) -> float:
    sum_ = total(run.line, STEADY_TOLL)
    if sum_ < STEADY_CLIMB or abs(run.speed - 1) > STEADY_SPEED:
        return 0.0
    strays = wander(recording, clip, run)
    return sum_ / (STEADY_CLIMB + CLIMB_PER_WANDER * strays) if strays <= STEADY_WANDER else 0.0


def climb(similarity: NDArray[np.float32], toll: float) -> float:
    """The largest sum of similarity minus `toll` over any run, in independent patches; silent codes count nothing."""
    heights = np.cumsum(np.concatenate([[0.0], np.where(similarity == 0, 0.0, similarity - toll)]))
    return float(np.max(heights - np.minimum.accumulate(heights)) / CODES_PER_PATCH)


def total(similarity: NDArray[np.float32], toll: float) -> float:
    """The sum of similarity minus `toll` over every code that is not silent, in independent patches."""
    heard = similarity[similarity != 0]
    return float(np.sum(heard - toll) / CODES_PER_PATCH)
