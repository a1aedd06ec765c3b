"""Calibration: how much each trait of a proof says, and how seldom impostors score high.

Weights come from a logistic regression over true leaks and impostors of the tune half, none of them negative, so that
more of a trait never speaks against a clip. The tails are exponential, fitted to the highest of each recording's
impostors: kin are recordings of the registered voices, chance is other voices and music against synthetic codes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from forensics.fingerprints.audio import search
from forensics.fingerprints.audio.blocks import Blocks
from forensics.fingerprints.audio.codes import fingerprint
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.proof import Proof
from forensics.fingerprints.audio.score import CHANCE_S, TRAITS, Calibration, Tail, traits
from tests.benchmarks.audio_corpus import VOICES, Clip, Samples
from tests.benchmarks.audio_synthetic import synthetic_fingerprints
from tests.benchmarks.training.questions import EACH, Tuning

NOT_FITTED = ("speed_25", "pitch_3", "ex05", "babble_0", "tempo_15")
"""Kinds too hard to be found: fitting them would only blur the others."""
WITH_IMPOSTORS = ("gsm", "rerecord", "white_10", "babble_5", "speex", "ex2", "ex3", "ulaw")
"""Kinds in which other clips that were proved count as impostors."""
IMPOSTOR_WEIGHT = 3.0
RIDGE = 5e-4
KIN_CLIPS = 650
"""Registered clips of voices that share many phrases, to which the rate of kin is raised."""
FEWEST = 5
"""Recordings that make a tail at least."""
UNKNOWN = np.array([np.log(0.05) if name == "share" else 0.0 for name in TRAITS])
"""The traits of a leak of which nothing was proved."""
Traits = NDArray[np.float64]


@dataclass(slots=True)
class Evidence:
    """Traits of true leaks, those to fit and the others; of impostors, by recording (some have none).

    `kin` are recordings of the registered voices, `strange` all others.
    """

    leaks: list[Traits] = field(default_factory=list)
    not_fitted: list[Traits] = field(default_factory=list)
    kin: dict[str, list[Traits]] = field(default_factory=dict)
    strange: dict[str, list[Traits]] = field(default_factory=dict)

    @property
    def impostors(self) -> list[Traits]:
        """Of all recordings."""
        return [one for found in (*self.kin.values(), *self.strange.values()) for one in found]

    def collect(self, tuning: Tuning, each: int = EACH) -> None:
        """Ask every question and put every negative, with the encoders of this process."""
        index = AudioIndex.build((clip.name, fingerprint(clip.samples)) for clip in tuning.registered)
        for question in tuning.questions(each):
            proofs = proofs_of(index, question.samples)
            own = [proof for proof in proofs if _name(index, proof) == question.name]
            best = max(own, key=lambda proof: proof.total, default=None)
            leaks = self.not_fitted if question.kind in NOT_FITTED else self.leaks
            leaks.append(UNKNOWN if best is None else traits(best))
            others = [traits(proof) for proof in proofs if _name(index, proof) != question.name]
            if question.kind in WITH_IMPOSTORS and others:
                self.kin.setdefault(f"{question.kind} {question.name}", []).extend(others)
        for clip in tuning.negatives:
            same = tuning.same.get(clip.name, [])
            proofs = proofs_of(index, clip.samples)
            family = self.kin if clip.voice in VOICES else self.strange
            family[clip.name] = [traits(proof) for proof in proofs if _name(index, proof) not in same]


def calibrate(tuning: Tuning, path: Path, *, registry: int, each: int = EACH) -> None:
    """Measure all and write a calibration; `registry` is the number of synthetic clips that chance is measured by."""
    found = Evidence()
    found.collect(tuning, each)
    weights, bias = fit(np.array(found.leaks), np.array(found.impostors), np.array(found.not_fitted))
    among = tail(_highest(found.kin.values(), weights, bias), len(found.kin), least=20, part=12)
    if among is None:
        raise SystemExit("too few recordings of the registered voices have an impostor")
    kin = Tail(among.intercept + float(np.log(KIN_CLIPS / len(tuning.registered))), among.slope)
    measured = by_chance(tuning, (weights, bias), registry)
    chance = measured or Calibration.load().chance
    origin = (
        f"Fitted on the tune half of the bench's corpus (tests/benchmarks/training/calibrate.py): {len(found.leaks)} "
        f"distorted clips of {len(tuning.registered)} registered prompts, {len(found.impostors)} impostors in "
        f"{len(found.kin) + len(found.strange)} recordings. kin: {len(found.kin)} recordings of the registered voices, "
        f"raised to {KIN_CLIPS} registered clips. chance: {len(found.strange)} recordings of other voices and music "
        f"against {registry} synthetic clips{'' if measured else ', too few proved: the tail is the old one'}."
    )
    said = {
        "origin": origin,
        "weights": dict(zip(TRAITS, np.round(weights, 4).tolist(), strict=True)),
        "bias": round(bias, 4),
        "kin": {"intercept": round(kin.intercept, 4), "slope": round(kin.slope, 4)},
        "chance": {"intercept": round(chance.intercept, 4), "slope": round(chance.slope, 4)},
    }
    path.write_text(json.dumps(said, indent=1) + "\n")
    print(path.read_text(), flush=True)


def proofs_of(index: AudioIndex, samples: Samples) -> list[Proof]:
    """Everything the search proves of a recording, accepted or not."""
    blocks = Blocks()
    return [
        proof for block in chain(blocks.push(samples), blocks.finish()) for proof in search._proofs(index, block, 0)
    ]


def fit(
    leaks: NDArray[np.float64], impostors: NDArray[np.float64], not_fitted: NDArray[np.float64]
) -> tuple[Traits, float]:
    """Weights and bias of the traits; leaks count as one, impostors as IMPOSTOR_WEIGHT.

    Traits are scaled by their spread over all, those `not_fitted` too, which matters to the ridge alone.
    """
    both = np.concatenate([leaks, impostors])
    every = np.concatenate([both, not_fitted.reshape(-1, len(TRAITS))])
    mean, spread = every.mean(axis=0), np.maximum(every.std(axis=0), 1e-9)
    values = (both - mean) / spread
    is_leak = np.arange(len(both)) < len(leaks)
    share = np.where(is_leak, 1 / len(leaks), IMPOSTOR_WEIGHT / len(impostors))

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logit = values @ point[1:] + point[0]
        each = np.where(is_leak, np.logaddexp(0, -logit), np.logaddexp(0, logit))
        wrong = share * (1 / (1 + np.exp(-logit)) - is_leak)
        slopes = values.T @ wrong + 2 * RIDGE * point[1:]
        return float((share * each).sum() + RIDGE * (point[1:] ** 2).sum()), np.concatenate([[wrong.sum()], slopes])

    bounds = [(None, None)] + [(0, None)] * len(TRAITS)
    best = minimize(loss, np.zeros(len(TRAITS) + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    weights: Traits = best[1:] / spread
    return weights, float(best[0] - weights @ mean)


def tail(logits: NDArray[np.float64], recordings: int, *, least: int, part: int) -> Tail | None:
    """The tail of the highest logits of recordings: of one in `part` of them, of at least `least`.

    `logits` are of those recordings of which anything was proved; fewer make a shorter tail, too few None.
    """
    falling = np.sort(logits)[::-1]
    count = min(max(least, recordings // part), len(falling) - 1)
    if count < FEWEST:
        return None
    slope = 1 / float(np.mean(falling[:count] - falling[count]))
    return Tail(float(np.log(count / recordings) + slope * falling[count]), slope)


def by_chance(tuning: Tuning, judge: tuple[Traits, float], registry: int) -> Tail | None:
    """The tail of unrelated sound, for one chance: other voices and music against synthetic codes."""
    real = [fingerprint(clip.samples) for clip in tuning.registered]
    index = AudioIndex.build(synthetic_fingerprints(real, registry))
    strange = [clip for clip in tuning.negatives if clip.voice not in VOICES]
    found = [[traits(proof) for proof in proofs_of(index, clip.samples)] for clip in strange]
    print(f"chance: {sum(map(bool, found))} of {len(found)} recordings have an impostor", flush=True)
    whole = tail(_highest(found, *judge), len(found), least=15, part=15)
    if whole is None:
        return None
    return Tail(whole.intercept - float(np.log(registry * _mean_chances(strange))), whole.slope)


def _highest(found: Iterable[Sequence[Traits]], weights: Traits, bias: float) -> NDArray[np.float64]:
    """The highest logit of each recording of which anything was proved."""
    return np.array([max(float(one @ weights) + bias for one in each) for each in found if each])


def _mean_chances(clips: list[Clip]) -> float:
    return float(np.mean([max(1.0, clip.seconds / CHANCE_S) for clip in clips]))


def _name(index: AudioIndex, proof: Proof) -> str:
    return index.segments[proof.run.segment].id(proof.run.ordinal)
