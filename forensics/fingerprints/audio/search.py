"""Which registered clips are in a recording, where, at what speed and how sure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio import features
from forensics.fingerprints.audio.blocks import BLOCK_S, OVERLAP_S, Block, Blocks
from forensics.fingerprints.audio.codes import STEP
from forensics.fingerprints.audio.hearing import FAR, NEAR
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.proof import PROMISING, SHORT_FRAMES, Proof, find_pitch, prove
from forensics.fingerprints.audio.runs import Run, lay
from forensics.fingerprints.audio.score import judge
from forensics.fingerprints.audio.sightings import AudioMatch, Sighting, Sightings, Trace
from forensics.fingerprints.audio.votes import candidates as find_candidates

__all__ = ["AudioMatch", "Listening", "Trace", "search"]

LAID = 2
"""Clips laid along each ten seconds of a block, for each supposition it is heard under."""
CLEARLY = 0.6
"""Share of a clip's most votes from which it is laid under another supposition, or at another place, too."""
PROVED = 1
"""Runs proved for each ten seconds of a block, and one more, that turn out not to be heard."""
HEARD_MOST = 20
"""Runs proved for each ten seconds of a block at most: clips of a compilation, takes of one family."""
LEAST_TOTAL = 40.0
"""Rough evidence, in nats, below which a run is not proved."""
LEAST_STRENGTH, LEAST_STRENGTH_CHANGED = 26.0, 31.0
"""Rough evidence over the root of its codes, in nats, below which a run is proved only to list it as a candidate; at
another tempo, where other takes mostly lie, the second."""
LONG_FRAMES = 240.0
"""A run as long as this at the clip's own tempo is proved however weak: other takes do not keep step for so long."""
STRONG_TOTAL, STRONG_MEAN = 150.0, 8.0
"""Rough evidence, in all and for each code, from which another pitch is looked for when the fine one hears little."""
HEARD_SHARE = 0.75
"""The fine encoder's share of the rough evidence from which the pitch is taken to be right."""
PITCH_TEMPO = 0.03
"""Change of tempo up to which the pitch may have been edited alone: a changed pitch blurs where a clip lies."""
UNSURE = 0.06
"""Change of tempo that a short run cannot tell from none: no change is tried too, and taken when it fits as well."""
LEAST_CHANGE = 0.01
"""Change of tempo from which it matters whether the pitch went along."""


class Listening:
    """A search that goes on while a recording comes, in bounded memory: an hour of it, or a call as it is spoken.

    What is found does not depend on how the samples are cut, only on `block_s`, the seconds searched at a time. A
    clip is reported at most `block_s` and six seconds after its last one.
    """

    def __init__(
        self,
        index: AudioIndex,
        *,
        candidates: int = 0,
        seconds: float = 0.0,
        block_s: float = BLOCK_S,
        is_far: bool = False,
    ) -> None:
        """`seconds` is the recording's length where it is known; else every verdict counts what was heard so far.

        `is_far` looks for clips whose speed, tempo or pitch was changed by much, too, at twice the work.
        """
        self._index = index
        self._candidates = candidates
        self._seconds = seconds
        self._blocks = Blocks(block_s, FAR if is_far else NEAR)
        self._sightings = Sightings(index, candidates)

    def push(self, samples: NDArray[np.int16]) -> list[AudioMatch]:
        """Take the next samples, mono at 8,000 Hz; return the accepted matches that are complete now."""
        return [match for block in self._blocks.push(samples) for match in self._search(block)]

    def finish(self) -> list[AudioMatch]:
        """Return the other accepted matches, then up to `candidates` other clips with `accepted=False`."""
        matches = [match for block in self._blocks.finish() for match in self._search(block)]
        return matches + self._sightings.finish()

    def _search(self, block: Block) -> list[AudioMatch]:
        seconds = max(self._seconds, block.end * features.HOP_S)
        new = [
            Sighting.of(proof, judge(proof, seconds=seconds, clips=len(self._index)), block.first)
            for proof in proofs(self._index, block, self._candidates)
        ]
        return self._sightings.add(new, block.end - OVERLAP_S / features.HOP_S)


def search(
    index: AudioIndex,
    samples: NDArray[np.int16],
    *,
    candidates: int = 0,
    before_s: float = 0.0,
    is_far: bool = False,
) -> list[AudioMatch]:
    """Find registered clips in a recording, mono at 8,000 Hz, of any length; strongest first.

    Every accepted match is listed, each place of a clip once, then up to `candidates` other clips with
    `accepted=False`: one is the best of what had to be looked at, for more of them weaker likenesses are looked into.
    Where several clips fit one place, those that are as good are its family. `before_s` is how much of the recording
    was searched before these samples; `is_far` as in Listening.
    """
    if not len(index):
        return []
    seconds = before_s + len(samples) / features.RATE_HZ
    listening = Listening(index, candidates=candidates, seconds=seconds, is_far=is_far)
    matches = listening.push(samples) + listening.finish()
    return sorted(matches, key=lambda match: (not match.accepted, -match.score, match.query_start_s))


def proofs(index: AudioIndex, block: Block, candidates: int) -> Iterator[Proof]:
    """Whatever is worth judging in a block; more of it when more than one candidate is asked for."""
    tens, more = 1 + block.searched_frames // 1000, candidates if candidates > 1 else 0
    laid = _runs(index, block, LAID * len(block.ears) * tens + more)
    runs = [run for run in laid if run.total >= LEAST_TOTAL and (more or _may_be_accepted(run))]
    unheard, pitches = PROVED * tens + 1 + more, tens
    for run in _distinct(runs, HEARD_MOST * tens + more):
        proof = _proof(index, block.powers, run)
        if pitches and _is_strong(run) and not _is_heard(proof, run):
            pitches -= 1
            codes, steady = index.segments[run.segment].clip(run.ordinal), run.at_tempo(1.0)
            pitch = find_pitch(block.powers, codes, steady, 1.0)
            proof = _better(proof, prove(block.powers, codes, steady, pitch))
        if proof is not None:
            yield proof
        unheard -= not _is_heard(proof, run)
        if unheard <= 0:
            break


def _runs(index: AudioIndex, block: Block, most: int) -> Iterator[Run]:
    """The clips with the most votes, laid along the block where and as they were heard best."""
    fresh = [ear.hearing.since(ear.fresh) for ear in block.ears]
    best: dict[tuple[int, int], float] = {}
    for found in find_candidates(index, fresh, most=most):
        clip = found.segment, found.ordinal
        if found.votes < CLEARLY * best.setdefault(clip, found.votes):
            continue
        ear, codes = block.ears[found.hearing], index.segments[found.segment].clip(found.ordinal)
        run = lay(ear.hearing, codes, replace(found, at=found.at + ear.fresh))
        if run is not None:
            yield replace(run, frame=run.frame + ear.shift)


def _proof(index: AudioIndex, powers: features.Values, run: Run) -> Proof | None:
    """The proof of a run whose pitch changed with the tempo, or did not; a short one may not have changed at all.

    Where it was heard best at a pitch that is neither, that pitch changed alone.
    """
    codes = index.segments[run.segment].clip(run.ordinal)
    if abs(run.pitch - 1) > UNSURE and abs(run.pitch / run.tempo - 1) > UNSURE:
        steady = run.at_tempo(1.0) if abs(run.tempo - 1) <= PITCH_TEMPO else run
        return prove(powers, codes, steady, find_pitch(powers, codes, steady, run.pitch))
    best = prove(powers, codes, run, run.tempo)
    if abs(run.tempo - 1) > LEAST_CHANGE and not _is_heard(best, run):
        best = _better(best, prove(powers, codes, run, 1.0))
    is_promising = best is not None and best.total >= PROMISING * run.total
    if is_promising and run.frames <= SHORT_FRAMES and 0 < abs(run.tempo - 1) <= UNSURE:
        best = _better(best, prove(powers, codes, run.at_tempo(1.0), 1.0), least=0.95)
    return best


def _may_be_accepted(run: Run) -> bool:
    """Say whether a run that weak was ever proved so well that it reached the threshold."""
    if abs(run.tempo - 1) > LEAST_CHANGE:
        return run.strength >= LEAST_STRENGTH_CHANGED
    return run.strength >= LEAST_STRENGTH or run.frames >= LONG_FRAMES


def _is_strong(run: Run) -> bool:
    """Say whether the rough encoder is so sure that a change of pitch is the likeliest reason to hear little.

    Editing changes the pitch alone, the tempo alone or both alike; both in ways of their own is another take.
    """
    return abs(run.tempo - 1) <= PITCH_TEMPO and run.total >= max(STRONG_TOTAL, STRONG_MEAN * run.frames / (2 * STEP))


def _is_heard(proof: Proof | None, run: Run) -> bool:
    """Say whether the fine encoder hears as much as the rough one does, so that no other pitch need be tried."""
    return proof is not None and proof.total >= HEARD_SHARE * run.total


def _better(one: Proof | None, other: Proof | None, *, least: float = 1.1) -> Proof | None:
    """The other proof when it has at least that share of the evidence of the one, else the one."""
    return other if one is None or (other is not None and other.total > least * one.total) else one


def _distinct(runs: list[Run], most: int) -> list[Run]:
    """The strongest runs, each place of a clip once, several suppositions or not."""
    kept: list[Run] = []
    for run in sorted(runs, key=lambda each: -each.total):
        begin = run.recording_frame(0)
        if all(
            (run.segment, run.ordinal) != (one.segment, one.ordinal) or abs(begin - one.recording_frame(0)) > 50
            for one in kept
        ):
            kept.append(run)
        if len(kept) == most:
            break
    return kept
