"""Which registered clips are in a recording, where, at what speed and how sure."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.align import Alignment, Normalised, align, normalise
from forensics.fingerprints.audio.codes import encode
from forensics.fingerprints.audio.features import HOP_S
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.score import score
from forensics.fingerprints.audio.votes import candidates as find_candidates

VERIFIED_PER_BLOCK = 12
"""Candidates aligned for each half minute of a recording."""
EQUAL = 0.8
"""Share of the best clip's similarity from which another clip in the same place is the same take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioMatch:
    """One registered clip in the recording.

    `score` is 1 at the threshold and grows with the length and the likeness of what matches (see `score.py`).
    Times are in seconds; `duration_s` is measured in the clip; `speed` is the recording's over the clip's.
    `similarity` is its course for screens that draw it: standard deviations above chance for each 40 ms.
    """

    item: str
    score: float
    accepted: bool
    query_start_s: float
    clip_start_s: float
    duration_s: float
    speed: float
    similarity: tuple[float, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class _Scored:
    run: Alignment
    score: float


def search(index: AudioIndex, samples: NDArray[np.int16], *, candidates: int = 0) -> list[AudioMatch]:
    """Find registered clips in a recording, mono at 8,000 Hz, of any length; strongest first.

    Every accepted match is listed, each place of a clip once, then up to `candidates` other clips with
    `accepted=False`. Where several clips fit one place, the best is accepted and those as similar: the same take
    registered twice.
    """
    if not len(index):
        return []
    codes = encode(samples, step=1)
    places = find_candidates(index, codes, most=VERIFIED_PER_BLOCK + candidates)
    if not places:
        return []
    recording = normalise(codes)
    clips: dict[int, Normalised] = {}
    found = []
    for place in places:
        clip = clips.setdefault(place.clip, normalise(index.clip(place.clip)))
        run = align(recording, clip, place)
        if run is not None:
            found.append(_Scored(run, score(recording, clip, run)))
    found.sort(key=lambda each: (-each.score, each.run.frame))
    return _report(index, found, candidates)


def _report(index: AudioIndex, found: list[_Scored], candidates: int) -> list[AudioMatch]:
    accepted: list[_Scored] = []
    others: list[_Scored] = []
    for each in found:
        rivals = [one for one in accepted if _share(one.run, each.run) > 0.5]
        if any(one.run.clip == each.run.clip for one in rivals):
            continue
        is_as_similar = all(_likeness(each.run) >= EQUAL * _likeness(one.run) for one in rivals)
        (accepted if each.score >= 1 and is_as_similar else others).append(each)
    best = {each.run.clip: each for each in reversed(others)}
    named = {each.run.clip for each in accepted}
    rest = [each for each in others if best[each.run.clip] is each and each.run.clip not in named]
    return [_match(index, each, is_accepted=True) for each in accepted] + [
        _match(index, each, is_accepted=False) for each in rest[:candidates]
    ]


def _likeness(run: Alignment) -> float:
    heard = run.similarity[run.similarity != 0]
    return float(heard.mean()) if len(heard) else 0.0


def _share(one: Alignment, other: Alignment) -> float:
    """How much of the shorter run, in the recording, the two have in common."""
    lengths = [each.frames / each.speed for each in (one, other)]
    ends = [each.frame + length for each, length in zip((one, other), lengths, strict=True)]
    return (min(ends) - max(one.frame, other.frame)) / max(1.0, min(lengths))


def _match(index: AudioIndex, each: _Scored, *, is_accepted: bool) -> AudioMatch:
    run = each.run
    return AudioMatch(
        item=index.ids[run.clip],
        score=round(each.score, 3),
        accepted=is_accepted,
        query_start_s=round(max(0.0, run.frame * HOP_S), 3),
        clip_start_s=round(run.clip_frame * HOP_S, 3),
        duration_s=round(run.frames * HOP_S, 3),
        speed=round(run.speed, 4),
        similarity=tuple(np.round(run.similarity, 1).tolist()),
    )
