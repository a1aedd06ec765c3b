"""Mining: where the rough encoder takes one clip of the tune half for another, which is mostly the same words again.

Clips that share a waveform are left out: they are the same take under two names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio import features
from forensics.fingerprints.audio.align import best_line, evidence
from forensics.fingerprints.audio.codes import STEP, Codes, fingerprint
from forensics.fingerprints.audio.hearing import Hearing, Supposition, hear
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.network import STRIDE, signs
from forensics.fingerprints.audio.runs import COARSE_OFFSETS, COARSE_SLOPES, FINE_OFFSETS, FINE_SLOPES
from forensics.fingerprints.audio.votes import OUTPUTS_PER_CODE, Candidate, candidates
from tests.benchmarks.audio_corpus import Clip
from tests.benchmarks.audio_harms import scaled
from tests.benchmarks.audio_takes import is_heard
from tests.benchmarks.training.material import log_bands

CANDIDATES = 16
LEAST_TOTAL = 60.0
"""Rough evidence, in nats, from which two clips are taken to say the same."""
LEAST_EVIDENCE = 1.5
"""Evidence of a code from which its place counts."""
LEAST_PLACES = 6
MARGIN = 10
UNCHANGED = Supposition(1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Take:
    """Frames of a source, and the frames of another one that say the same; whole and fractions, of 10 ms."""

    source: int
    other: int
    frames: NDArray[np.float64]
    other_frames: NDArray[np.float64]

    def within(self, first: int, count: int) -> Take | None:
        """What lies in some frames of the source; None for nothing."""
        inside = (self.frames >= first) & (self.frames < first + count)
        if not inside.any():
            return None
        return Take(self.source, self.other, self.frames[inside], self.other_frames[inside])


def mine(clips: dict[int, Clip]) -> Iterator[Take]:
    """Other takes among clips by number, with the encoders of this process, both of which are the rough one."""
    sounds = {number: scaled(clip.samples.astype(np.float64)) for number, clip in clips.items()}
    index = AudioIndex.build((str(number), fingerprint(samples)) for number, samples in sounds.items())
    for number, samples in sounds.items():
        hearing = hear(features.spectrum(samples), UNCHANGED)
        for candidate in candidates(index, [hearing], most=CANDIDATES):
            segment = index.segments[candidate.segment]
            other = int(segment.id(candidate.ordinal))
            take = (
                _take((number, other), hearing, segment.clip(candidate.ordinal), candidate) if other != number else None
            )
            if take is not None and not is_heard(samples, sounds[other]):
                yield take


def _take(numbers: tuple[int, int], hearing: Hearing, codes: Codes, candidate: Candidate) -> Take | None:
    """The frames in which a candidate's line has evidence; None when it is no line."""
    positions = np.flatnonzero(codes.is_usable)
    if not len(positions):
        return None
    grid = evidence(hearing.soft, hearing.surprise, hearing.is_usable, signs(codes.values[positions]))
    places = positions * float(OUTPUTS_PER_CODE) - candidate.clip_at
    coarse = best_line(grid, places, candidate.at + COARSE_OFFSETS, COARSE_SLOPES)
    line = best_line(grid, places, coarse.offset + FINE_OFFSETS, coarse.slope + FINE_SLOPES)
    if line.total < LEAST_TOTAL:
        return None
    run = slice(line.first, line.last)
    known = line.evidence[run] > LEAST_EVIDENCE
    if known.sum() < LEAST_PLACES:
        return None
    frames = (line.offset + line.slope * places[run][known].astype(np.float64)) * STRIDE
    return Take(*numbers, frames, (positions[run][known] * STEP).astype(np.float64))


def clean_bands(clips: dict[int, Clip]) -> dict[int, NDArray[np.float16]]:
    """Log bands of whole clips by number."""
    return {
        number: log_bands(features.band_powers(features.spectrum(scaled(clip.samples.astype(np.float64)))))
        for number, clip in clips.items()
    }


def save(path: Path, takes: list[Take]) -> None:
    """Write takes to a file."""
    said = np.array([(take.source, take.other, len(take.frames)) for take in takes], np.int64).reshape(-1, 3)
    frames = [np.stack([take.frames, take.other_frames]) for take in takes]
    np.savez(path, said=said, frames=np.concatenate(frames, axis=1) if frames else np.zeros((2, 0)))


def load(path: Path) -> dict[int, list[Take]]:
    """The takes of a file by their source."""
    with np.load(path, allow_pickle=False) as file:
        said, frames = file["said"], file["frames"]
    found: dict[int, list[Take]] = {}
    for (source, other, _), part in zip(said.tolist(), np.split(frames, np.cumsum(said[:-1, 2]), axis=1), strict=False):
        found.setdefault(source, []).append(Take(source, other, part[0], part[1]))
    return found
