"""Candidates: registered clips whose codes are near the recording's along one line of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.codes import STEP
from forensics.fingerprints.audio.hearing import Hearing
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.network import STRIDE, Values, pack

RADIUS = 17
"""Bits of 64 by which a code may differ and still vote."""
EVERY = 2
"""Outputs between those that look for votes: 40 ms."""
BIN = 10
"""Outputs of offset that vote together, with the next bin: 5 % of speed drift over 4 s stays inside."""
FLIPS = 4
"""Bits of a key that are tried both ways: those the encoder is least sure of."""
OUTPUTS_PER_CODE = STEP // STRIDE

PLACES = 24
"""Candidates of one clip, of all hearings and playings in a block."""
_LISTED = 3000
"""Lines that are looked at in the order of their votes."""
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A clip that may be in the recording: its output `clip_at` near output `at` of the hearing with that number."""

    segment: int
    ordinal: int
    hearing: int
    at: float
    clip_at: float
    votes: float

    @property
    def offset(self) -> float:
        """Where the clip would begin in the hearing, in outputs."""
        return self.at - self.clip_at


@dataclass(frozen=True, slots=True)
class _Heard:
    """Outputs of all hearings that look for votes, and where each one stands."""

    soft: Values
    at: Numbers
    hearing: Numbers
    count: int


def candidates(index: AudioIndex, hearings: Sequence[Hearing], *, most: int) -> list[Candidate]:
    """Candidates of up to `most` clips, strongest first: each clip's PLACES strongest, once for each hearing."""
    outputs = [np.flatnonzero(hearing.is_usable[::EVERY]) * EVERY for hearing in hearings]
    heard = _Heard(
        soft=np.concatenate([hearing.soft[at] for hearing, at in zip(hearings, outputs, strict=True)]),
        at=np.concatenate(outputs),
        hearing=np.repeat(np.arange(len(hearings)), [len(at) for at in outputs]),
        count=len(hearings),
    )
    if not len(heard.at):
        return []
    found = [each for number in range(len(index.segments)) for each in _of_segment(index, number, heard, most)]
    found.sort(key=lambda each: -each.votes)
    clips = set(islice(dict.fromkeys((each.segment, each.ordinal) for each in found), most))
    return [each for each in found if (each.segment, each.ordinal) in clips]


def _of_segment(index: AudioIndex, number: int, heard: _Heard, most: int) -> list[Candidate]:
    segment = index.segments[number]
    keys = probes(heard.soft, segment.key_bits)
    width = keys.shape[1]
    rows, numbers, distances = segment.near(keys.ravel(), np.repeat(pack(heard.soft), width), radius=RADIUS)
    order = _order(numbers.astype(np.int64))  # clips are found faster one after the other
    ordinals, positions = segment.locate(numbers[order])
    kept = index.is_live(number, ordinals)
    order, ordinals, places = order[kept], ordinals[kept], positions[kept] * OUTPUTS_PER_CODE
    if not len(order):
        return []
    outputs, votes = rows[order] // width, RADIUS + 1.0 - distances[order].astype(np.float64)
    here = heard.at[outputs]
    bins = (here - places) // BIN
    lowest, span = int(bins.min()), int(bins.max() - bins.min()) + 2
    lines = (ordinals * heard.count + heard.hearing[outputs]) * span + bins - lowest
    lines, sums = _sums(lines, outputs.astype(np.int64), votes, here, places)
    joined = sums.copy()
    has_next = np.flatnonzero(np.diff(lines) == 1)
    joined[:, has_next] += sums[:, has_next + 1]
    return _apart(number, np.divmod(lines // span, heard.count), joined, most)


def _apart(number: int, clips: tuple[Numbers, Numbers], sums: NDArray[np.float64], most: int) -> list[Candidate]:
    """The lines as candidates, strongest first, but none beside a stronger one of the same clip and hearing.

    A sound that repeats itself gives votes at many places of the same few clips, which must not crowd out others.
    """
    least = np.partition(sums[0], -_LISTED)[-_LISTED] if sums.shape[1] > _LISTED else 0.0
    strong = np.flatnonzero(sums[0] >= least)
    strong = strong[np.argsort(-sums[0, strong], kind="stable")]
    ordinals, firsts = np.unique(clips[0][strong], return_index=True)
    best = ordinals[np.argsort(firsts)[:most]]
    chosen: dict[int, list[Candidate]] = {}
    for line in strong[np.isin(clips[0][strong], best)].tolist():
        votes, here, place = (float(each) for each in sums[:, line])
        ordinal, hearing = int(clips[0][line]), int(clips[1][line])
        known = chosen.setdefault(ordinal, [])
        new = Candidate(number, ordinal, hearing, here / votes, place / votes, votes)
        if len(known) < PLACES and not any(
            one.hearing == hearing and abs(new.offset - one.offset) <= 2 * BIN for one in known
        ):
            known.append(new)
    return [each for known in chosen.values() for each in known]


def _sums(
    lines: Numbers, outputs: Numbers, votes: NDArray[np.float64], here: Numbers, places: Numbers
) -> tuple[Numbers, NDArray[np.float64]]:
    """The distinct lines, rising, and their sums: of the votes, and of both kinds of places by votes.

    An output votes once for a line, with its nearest code: sounds that do not change are like many codes at once.
    """
    order = _order(lines * (int(outputs.max()) + 1) + outputs)
    lines, outputs = lines[order], outputs[order]
    is_new = np.diff(lines, prepend=-1) != 0
    ballots = np.flatnonzero(is_new | (np.diff(outputs, prepend=-1) != 0))
    counts = np.diff(np.append(ballots, len(lines)))
    vote = np.maximum.reduceat(votes[order], ballots)
    place = np.add.reduceat(places[order], ballots) / counts
    rows = np.stack([vote, vote * here[order][ballots], vote * place])
    firsts = np.flatnonzero(is_new[ballots])
    return lines[ballots][firsts], np.add.reduceat(rows, firsts, axis=1)


def _order(values: Numbers) -> Numbers:
    """What sorts the values: like argsort, but faster, since it sorts numbers and not pairs."""
    if len(values) >= 1 << 24 or (len(values) and int(values.max()) >= 1 << 39):
        return np.argsort(values)
    pairs = (values << 24) + np.arange(len(values))
    pairs.sort()
    return pairs & ((1 << 24) - 1)


def probes(soft: Values, key_bits: int) -> NDArray[np.uint64]:
    """Keys worth looking up for each output: its own, and those with unsure bits turned. Shape (outputs, keys)."""
    unsure = np.argpartition(np.abs(soft[:, :key_bits]), FLIPS, axis=1)[:, :FLIPS].astype(np.uint64)
    masks = np.uint64(1) << unsure
    keys = pack(soft)[:, None]
    for flip in range(FLIPS):
        keys = np.concatenate([keys, keys ^ masks[:, flip : flip + 1]], axis=1)
    return keys
