"""Which registered clips are in a recording, where, at what speed and how sure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio import features
from forensics.fingerprints.audio.hearing import hear
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.proof import Proof, find_pitch, prove
from forensics.fingerprints.audio.runs import Run, lay
from forensics.fingerprints.audio.score import Verdict, judge
from forensics.fingerprints.audio.votes import candidates as find_candidates

WINDOW_S, STEP_S = 48.0, 36.0
"""Longer recordings are searched in windows; a clip of up to twelve seconds lies whole in one of them."""
LAID = 6
"""Candidates laid along each ten seconds of a window, for each supposition."""
PROVED = 2
"""Runs proved for each ten seconds of a window, and this many more."""
LEAST_TOTAL = 40.0
"""Rough evidence, in nats, below which a run is not proved."""
STRONG_TOTAL = 180.0
"""Rough evidence from which another pitch is looked for when the fine encoder hears less than it should."""
HEARD_SHARE = 0.75
"""The fine encoder's share of the rough evidence from which the pitch is taken to be right."""
LEAST_CHANGE = 0.01
"""Change of tempo from which it matters whether the pitch went along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a screen needs to draw a match: for each 80 ms of it, the registered code, the code heard, the evidence.

    Codes have 64 bits, those of `issued` and `heard` agree where the sound does; `evidence` is in nats, positive for
    the clip. `step_s` is measured in the clip.
    """

    issued: tuple[int, ...] = ()
    heard: tuple[int, ...] = ()
    evidence: tuple[float, ...] = ()
    step_s: float = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioMatch:
    """One registered clip in the recording.

    `score` is 1 at the threshold and grows with the length and the likeness of what matches (see `score.py`);
    `false_alarm` is the probability that a recording of this length which holds nothing registered scores as high
    against this register. Times are in seconds; `duration_s` is measured in the clip; `speed` and `pitch` are the
    recording's over the clip's. `family` are other registered clips accepted in the same place: the same take
    registered again.
    """

    item: str
    score: float
    accepted: bool
    query_start_s: float
    clip_start_s: float
    duration_s: float
    speed: float
    pitch: float = 1.0
    false_alarm: float = 1.0
    family: tuple[str, ...] = ()
    trace: Trace = field(default=Trace(), repr=False)


@dataclass(frozen=True, slots=True)
class _Found:
    proof: Proof
    verdict: Verdict
    begin: float
    """Recording frame, counted from the recording's beginning, at which the proved stretch begins."""

    @property
    def end(self) -> float:
        """Recording frame at which it ends."""
        return self.begin + self.proof.frames / self.proof.tempo

    @property
    def clip(self) -> tuple[int, int]:
        """Which clip it is."""
        return self.proof.run.segment, self.proof.run.ordinal


def search(index: AudioIndex, samples: NDArray[np.int16], *, candidates: int = 0) -> list[AudioMatch]:
    """Find registered clips in a recording, mono at 8,000 Hz, of any length; strongest first.

    Every accepted match is listed, each place of a clip once, then up to `candidates` other clips with
    `accepted=False`. Where several clips fit one place, those that are as good are its family.
    """
    if not len(index):
        return []
    found: list[_Found] = []
    for start, window in windows(samples):
        first = start / features.HOP
        for proof in _proofs(index, features.spectrum(window), candidates):
            verdict = judge(proof, seconds=len(samples) / features.RATE_HZ, clips=len(index))
            found.append(_Found(proof, verdict, first + proof.frame))
    found.sort(key=lambda each: (-each.verdict.score, each.begin))
    return _report(index, found, candidates)


def windows(samples: NDArray[np.int16]) -> Iterator[tuple[int, NDArray[np.int16]]]:
    """Cut a recording into windows that overlap: their first sample, and the samples."""
    size, step = int(WINDOW_S * features.RATE_HZ), int(STEP_S * features.RATE_HZ)
    for start in range(0, max(1, len(samples) - (size - step)), step):
        yield start, samples[start : start + size]


def _proofs(index: AudioIndex, powers: features.Values, candidates: int) -> Iterator[Proof]:
    tens = 1 + len(powers) // 1000
    runs = []
    for hearing in hear(powers):
        for candidate in find_candidates(index, hearing, most=LAID * tens + candidates):
            codes = index.segments[candidate.segment].clip(candidate.ordinal)
            run = lay(hearing, codes, candidate)
            if run is not None and run.total >= LEAST_TOTAL:
                runs.append(run)
    for run in _distinct(runs, PROVED * (1 + tens) + candidates):
        proof = _proof(index, powers, run)
        if proof is not None:
            yield proof


def _proof(index: AudioIndex, powers: features.Values, run: Run) -> Proof | None:
    """The proof under the likeliest pitch: changed with the tempo, not changed, or looked for."""
    codes = index.segments[run.segment].clip(run.ordinal)
    best = prove(powers, codes, run, run.tempo)
    if abs(run.tempo - 1) > LEAST_CHANGE and not _is_heard(best, run):
        best = _better(best, prove(powers, codes, run, 1.0))
    if run.total >= STRONG_TOTAL and not _is_heard(best, run):
        best = _better(best, prove(powers, codes, run, find_pitch(powers, codes, run)))
    return best


def _is_heard(proof: Proof | None, run: Run) -> bool:
    """Say whether the fine encoder hears as much as the rough one does, so that no other pitch need be tried."""
    return proof is not None and proof.total >= HEARD_SHARE * run.total


def _better(one: Proof | None, other: Proof | None) -> Proof | None:
    """The proof with more evidence; the first unless the other has clearly more."""
    return other if one is None or (other is not None and other.total > 1.1 * one.total) else one


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


def _report(index: AudioIndex, found: list[_Found], candidates: int) -> list[AudioMatch]:
    accepted: list[_Found] = []
    others: list[_Found] = []
    for each in found:
        rivals = [one for one in accepted if _share(one, each) > 0.5]
        if any(one.clip == each.clip for one in rivals):
            continue
        is_as_good = all(each.verdict.likeness >= one.verdict.likeness - _FAMILY for one in rivals)
        (accepted if each.verdict.score >= 1 and is_as_good else others).append(each)
    named = {each.clip for each in accepted}
    rest = {each.clip: each for each in reversed(others) if each.clip not in named}
    listed = sorted(rest.values(), key=lambda each: -each.verdict.score)[:candidates]
    return [_match(index, each, accepted, is_accepted=True) for each in accepted] + [
        _match(index, each, [], is_accepted=False) for each in listed
    ]


_FAMILY = 0.08
"""How much less like the recording than the best clip of a place another take in it may be."""


def _share(one: _Found, other: _Found) -> float:
    """How much of the shorter, in the recording, the two have in common."""
    common = min(one.end, other.end) - max(one.begin, other.begin)
    return common / max(1.0, min(one.end - one.begin, other.end - other.begin))


def _match(index: AudioIndex, each: _Found, accepted: list[_Found], *, is_accepted: bool) -> AudioMatch:
    proof = each.proof
    family = [one for one in accepted if one.clip != each.clip and _share(one, each) > 0.5]
    run = slice(proof.first, proof.last)
    begin = each.begin + features.CENTRE * (1 - 1 / proof.tempo)
    return AudioMatch(
        item=_id(index, each),
        score=round(each.verdict.score if is_accepted else min(each.verdict.score, _BELOW), 3),
        accepted=is_accepted,
        query_start_s=round(max(0.0, begin * features.HOP_S), 3),
        clip_start_s=round(proof.clip_frame * features.HOP_S, 3),
        duration_s=round(proof.frames * features.HOP_S, 3),
        speed=round(proof.tempo, 4),
        pitch=round(proof.pitch, 4),
        false_alarm=each.verdict.false_alarm,
        family=tuple(dict.fromkeys(_id(index, one) for one in family)),
        trace=Trace(
            issued=tuple(proof.issued[run].tolist()),
            heard=tuple(proof.heard[run].tolist()),
            evidence=tuple(np.round(proof.evidence[run], 1).tolist()),
        ),
    )


_BELOW = 0.99
"""What a clip scores at most that is in a place where another is."""


def _id(index: AudioIndex, each: _Found) -> str:
    segment, ordinal = each.clip
    return index.segments[segment].id(ordinal)
