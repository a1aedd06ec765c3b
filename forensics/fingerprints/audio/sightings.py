"""From proofs, block by block, to matches: each place of a clip once, whole, and which clips share a place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio import features
from forensics.fingerprints.audio.codes import STEP
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.proof import Proof
from forensics.fingerprints.audio.score import Verdict

FAMILY = 0.08
"""How much less like the recording than the best clip of a place another take in it, or what sounds alike, may be."""
BELOW = 0.99
"""What a clip scores at most that is in a place where another is."""
SAME_PLACE = 0.5
"""Of the shorter of two, in the recording: from here on they are in one place."""
SAME_SOUND = 25.0
"""Bits of 64 by which the codes of two clips in one place may differ on average and be one take: re-encoded, noisy or
cut elsewhere they differ by 0 to 21, other words at the same time by 28 and more."""
OTHER_SOUND = 29.0
"""Bits from which two clips are so unlike that one cannot be taken for the other: both are in the recording. The same
words said again by a speaking machine, at another pace or pitch or in another voice, differ by less."""
OTHER_CODES = 12
"""Codes that are enough to say so: 1 s."""
SAME_LINE = 30.0
"""Frames of the clip by which two stretches of it may be out of step and still be one."""
LONGEST_GAP = 100.0
"""Frames between two stretches of a clip that are still one."""
FORGOTTEN = 6000.0
"""Frames after which a reported match is no longer compared with new ones: 60 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a screen needs to draw a match: for each 80 ms of it, the registered code, the code heard, the evidence.

    Codes have 64 bits, those of `issued` and `heard` agree where the sound does; `evidence` is in nats, positive for
    the clip. `step_s` is measured in the clip. Of a clip longer than a block, the surest part is drawn.
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
    recording's over the clip's. `family` are other registered clips accepted in the same place that sound the same
    there: the same take registered again, not another clip that is played at the same time.
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
class Sighting:
    """A proof and its verdict. `begin` and `end` are frames of the recording, the others of the clip."""

    proof: Proof
    verdict: Verdict
    begin: float
    end: float
    clip_begin: float
    clip_end: float

    @classmethod
    def of(cls, proof: Proof, verdict: Verdict, first: int) -> Sighting:
        """A proof in a block that begins at frame `first` of the recording."""
        begin = first + proof.frame
        clip_end = proof.clip_frame + proof.frames
        return cls(proof, verdict, begin, begin + proof.frames / proof.tempo, proof.clip_frame, clip_end)

    @property
    def clip(self) -> tuple[int, int]:
        """Which clip it is."""
        return self.proof.run.segment, self.proof.run.ordinal

    @property
    def is_good(self) -> bool:
        """Say whether it reaches the threshold."""
        return self.verdict.score >= 1

    def shares_place(self, other: Sighting) -> bool:
        """Say whether the two have most of the shorter in common, in the recording."""
        common = min(self.end, other.end) - max(self.begin, other.begin)
        return common > SAME_PLACE * max(1.0, min(self.end - self.begin, other.end - other.begin))

    def continues(self, other: Sighting) -> bool:
        """Say whether the two are stretches of one playing of a clip, one over or right after the other."""
        if self.clip != other.clip or max(self.begin, other.begin) - min(self.end, other.end) > LONGEST_GAP:
            return False
        at = max(self.begin, other.begin)
        ours = self.clip_begin + (at - self.begin) * self.proof.tempo
        theirs = other.clip_begin + (at - other.begin) * other.proof.tempo
        return abs(ours - theirs) <= SAME_LINE

    def joined(self, other: Sighting) -> Sighting:
        """Both as one: the surer one's proof, and the stretch of both where both are good."""
        surer, weaker = (self, other) if self.verdict.score >= other.verdict.score else (other, self)
        if not weaker.is_good:
            return surer
        return replace(
            surer,
            begin=min(self.begin, other.begin),
            end=max(self.end, other.end),
            clip_begin=min(self.clip_begin, other.clip_begin),
            clip_end=max(self.clip_end, other.clip_end),
        )


class Sightings:
    """What was seen in the blocks so far; it is reported once no later block can add to it."""

    def __init__(self, index: AudioIndex, candidates: int) -> None:
        self._index = index
        self._candidates = candidates
        self._waiting: list[Sighting] = []
        self._reported: list[Sighting] = []
        self._named: set[tuple[int, int]] = set()
        self._others: dict[tuple[int, int], Sighting] = {}

    def add(self, new: list[Sighting], settled: float) -> list[AudioMatch]:
        """Take the sightings of a block; report those that end before frame `settled`, strongest first."""
        for each in sorted(new, key=_strongest):
            known = next((one for one in self._waiting if each.continues(one)), None)
            if known is None:
                self._waiting.append(each)
            else:
                self._waiting[self._waiting.index(known)] = known.joined(each)
        return self._report(self._taken(settled), settled)

    def finish(self) -> list[AudioMatch]:
        """Report the rest, then the strongest of the others, one for each clip that was not accepted anywhere."""
        matches = self._report(self._taken(inf), inf)
        rest = sorted((each for clip, each in self._others.items() if clip not in self._named), key=_strongest)
        return matches + [self._match(each, [], is_accepted=False) for each in rest[: self._candidates]]

    def _taken(self, settled: float) -> list[Sighting]:
        """What can be reported, taken out: not what shares its place with something that must wait."""
        late = [each for each in self._waiting if each.end > settled]
        early = [each for each in self._waiting if each.end <= settled]
        while held := [each for each in early if any(each.shares_place(one) for one in late)]:
            late += held
            early = [each for each in early if each not in held]
        self._waiting = late
        return sorted(early, key=_strongest)

    def _report(self, taken: list[Sighting], settled: float) -> list[AudioMatch]:
        accepted: list[Sighting] = []
        for each in taken:
            rivals = [one for one in [*self._reported, *accepted] if one.shares_place(each)]
            if any(one.clip == each.clip for one in rivals):
                continue
            if each.is_good and all(self._may_stand_beside(each, one) for one in rivals):
                accepted.append(each)
            else:
                self._pass(each)
        self._reported = [one for one in self._reported if one.end > settled - FORGOTTEN] + accepted
        self._named |= {each.clip for each in accepted}
        return [self._match(each, self._reported, is_accepted=True) for each in accepted]

    def _pass(self, each: Sighting) -> None:
        """Remember the best of a clip that is not accepted, of as many clips as may be asked for."""
        if not self._candidates:
            return
        best = self._others.get(each.clip)
        if best is None or each.verdict.score > best.verdict.score:
            self._others[each.clip] = each
        if len(self._others) > 64 + 4 * self._candidates:
            kept = sorted(self._others.values(), key=_strongest)[: 32 + 2 * self._candidates]
            self._others = {one.clip: one for one in kept}

    def _match(self, each: Sighting, accepted: list[Sighting], *, is_accepted: bool) -> AudioMatch:
        proof = each.proof
        family = [one for one in accepted if one.clip != each.clip and self._is_same_take(each, one)]
        run = slice(proof.first, proof.last)
        begin = each.begin + features.CENTRE * (1 - 1 / proof.tempo)
        return AudioMatch(
            item=self._id(each),
            score=round(each.verdict.score if is_accepted else min(each.verdict.score, BELOW), 3),
            accepted=is_accepted,
            query_start_s=round(max(0.0, begin * features.HOP_S), 3),
            clip_start_s=round(each.clip_begin * features.HOP_S, 3),
            duration_s=round((each.clip_end - each.clip_begin) * features.HOP_S, 3),
            speed=round(proof.tempo, 4),
            pitch=round(proof.pitch, 4),
            false_alarm=each.verdict.false_alarm,
            family=tuple(dict.fromkeys(self._id(one) for one in family)),
            trace=Trace(
                issued=tuple(proof.issued[run].tolist()),
                heard=tuple(proof.heard[run].tolist()),
                evidence=tuple(np.round(proof.evidence[run], 1).tolist()),
            ),
        )

    def _may_stand_beside(self, each: Sighting, rival: Sighting) -> bool:
        """Say whether a clip is as good as one in the same place, or so unlike it that it must be heard with it."""
        if each.verdict.likeness >= rival.verdict.likeness - FAMILY:
            return True
        bits = self._differences(each, rival)
        return len(bits) >= OTHER_CODES and float(bits.mean()) >= OTHER_SOUND

    def _is_same_take(self, one: Sighting, other: Sighting) -> bool:
        """Say whether two clips hold the same sound in one place."""
        if not one.shares_place(other):
            return False
        bits = self._differences(one, other)
        return len(bits) > 0 and float(bits.mean()) <= SAME_SOUND

    def _differences(self, one: Sighting, other: Sighting) -> NDArray[np.int64]:
        """Bits by which the fine codes of two clips differ where they stand over one another, each at the nearest."""
        ours, theirs = (self._index.segments[segment].clip(clip) for segment, clip in (one.clip, other.clip))
        places = np.arange(1, len(ours), 2)
        frames = one.begin + (places * STEP - one.clip_begin) / one.proof.tempo
        there = other.clip_begin + (frames - other.begin) * other.proof.tempo
        facing = 2 * np.rint((there / STEP - 1) / 2).astype(np.int64) + 1
        common = (frames >= max(one.begin, other.begin)) & (frames <= min(one.end, other.end))
        common &= (facing >= 0) & (facing < len(theirs))
        places, facing = places[common], facing[common]
        both = ours.is_usable[places] & theirs.is_usable[facing]
        different = ours.values[places[both]] ^ theirs.values[facing[both]]
        bits: NDArray[np.int64] = np.unpackbits(different.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1)
        return bits

    def _id(self, each: Sighting) -> str:
        segment, ordinal = each.clip
        return self._index.segments[segment].id(ordinal)


def _strongest(each: Sighting) -> tuple[float, float]:
    return -each.verdict.score, each.begin
