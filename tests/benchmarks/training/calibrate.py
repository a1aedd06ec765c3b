"""Calibration: how much each trait of a proof says, and how seldom impostors score high.

Weights come from a logistic regression over true leaks and impostors of the tune half, none of them negative, so that
more of a trait never speaks against a clip. The tails are exponential, fitted to the highest of each recording's
impostors. Kin: every clip of the registered voices is put to a register of all of them, and what is found beside the
clip itself (or the same take under another name) is an impostor. Chance: other voices and music against synthetic
codes.
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

from forensics.fingerprints.audio.blocks import Blocks
from forensics.fingerprints.audio.codes import fingerprint
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.proof import Proof
from forensics.fingerprints.audio.score import CHANCE_S, TRAITS, Calibration, Tail, traits
from forensics.fingerprints.audio.search import proofs
from tests.benchmarks.audio_corpus import VOICES, Clip, Samples
from tests.benchmarks.audio_negatives import retakes
from tests.benchmarks.audio_registry import RETAKEN, registered_voices, spoken
from tests.benchmarks.audio_synthetic import synthetic_fingerprints
from tests.benchmarks.audio_takes import is_heard
from tests.benchmarks.training.questions import EACH, SEED, Tuning, is_known_take

NOT_FITTED = ("speed_25", "pitch_3", "ex05", "babble_0", "tempo_15")
"""Kinds too hard to be found: fitting them would only blur the others."""
SURE, SURE_NOT = 12.0, 8.0
"""Logits of leaks and impostors so far on their side of the first fit that the second one leaves them out."""
IMPOSTOR_WEIGHT = 3.0
RIDGE = 5e-4
KIN_CLIPS = 650
"""Registered clips of voices that share many phrases, to which the rate of kin is raised."""
RETAKES = 250
KIN_S, KIN_LEAST_S = 2.0, 1.0
"""What is registered to measure kin, and what is put to it, has at least this length."""
CANDIDATES = 8
"""Candidates asked for, so that runs too weak to be accepted are proved too."""
KIN_TAIL = {"least": 10, "part": 60}
DRAWS, CAREFUL = 1000, 0.75
FEWEST = 5
"""Recordings that make a tail at least."""
UNKNOWN = np.array([np.log(0.05) if name == "share" else 0.0 for name in TRAITS])
"""The traits of a leak of which nothing was proved."""
Traits = NDArray[np.float64]


@dataclass(slots=True)
class Evidence:
    """Traits of true leaks, those to fit and the others; of impostors, by recording (some have none).

    Retakes are by synthetic voices and are only counted, not fitted: no person repeats a sentence so exactly.
    """

    leaks: list[Traits] = field(default_factory=list)
    not_fitted: list[Traits] = field(default_factory=list)
    kin: dict[str, list[Traits]] = field(default_factory=dict)
    strange: dict[str, list[Traits]] = field(default_factory=dict)
    retakes: list[Traits] = field(default_factory=list)

    @property
    def impostors(self) -> list[Traits]:
        """Of all recordings."""
        return [one for found in (*self.kin.values(), *self.strange.values()) for one in found]

    def ask(self, tuning: Tuning, each: int) -> None:
        """Put every question and every strange negative, with the encoders of this process."""
        index = AudioIndex.build((clip.name, fingerprint(clip.samples)) for clip in tuning.registered)
        for question in tuning.questions(each):
            own = [one for one in proofs_of(index, question.samples) if _name(index, one) == question.name]
            best = max(own, key=lambda proof: proof.total, default=None)
            leaks = self.not_fitted if question.kind in NOT_FITTED else self.leaks
            leaks.append(UNKNOWN if best is None else traits(best))
        for clip in strange(tuning):
            self.strange[clip.name] = [traits(proof) for proof in proofs_of(index, clip.samples)]

    def ask_kin(self, clips: Sequence[Clip]) -> int:
        """Put every clip to a register of all of them that are long enough; return how many those are."""
        registered = {clip.name: clip for clip in clips if clip.seconds >= KIN_S}
        index = AudioIndex.build((clip.name, fingerprint(clip.samples)) for clip in registered.values())
        for clip in clips:
            found = [(_name(index, proof), traits(proof)) for proof in proofs_of(index, clip.samples)]
            others = {name for name, _ in found} - {clip.name}
            apart = {name for name in others if not is_known_take(clip.name, name)}
            apart = {name for name in apart if not is_heard(registered[name].samples, clip.samples)}
            self.kin[clip.name] = [one for name, one in found if name in apart]
        return len(registered)

    def ask_retakes(self) -> None:
        """Put other takes of synthetic clips to a register of those, none of which the bench asks for."""
        said = registered_voices()[RETAKEN : RETAKEN + RETAKES]
        registered, random = spoken("registered-for-tuning", said), np.random.default_rng(SEED)
        index = AudioIndex.build((clip.name, fingerprint(clip.samples)) for clip in registered)
        for clip in spoken("again-for-tuning", retakes(said, random), KIN_LEAST_S):
            found = [traits(proof) for proof in proofs_of(index, clip.samples)]
            self.retakes += sorted(found, key=lambda one: -float(one[0]))[:1]


def strange(tuning: Tuning) -> list[Clip]:
    """Negatives that are not of the registered voices: other voices and music."""
    return [clip for clip in tuning.negatives if clip.voice not in VOICES]


def calibrate(tuning: Tuning, path: Path, *, registry: int, each: int = EACH) -> None:
    """Measure all and write a calibration; `registry` is the number of synthetic clips that chance is measured by."""
    found = Evidence()
    found.ask(tuning, each)
    human = [clip for clip in tuning.clips if clip.voice in VOICES and clip.seconds >= KIN_LEAST_S]
    among_clips = found.ask_kin(human)
    found.ask_retakes()
    weights, bias = fit_twice(np.array(found.leaks), np.array(found.impostors), np.array(found.not_fitted))
    highest = _highest(found.kin.values(), weights, bias)
    print(f"kin, highest of each of {len(found.kin)}: {np.round(np.sort(highest)[:-20:-1], 2).tolist()}", flush=True)
    among = tail(highest, len(found.kin), **KIN_TAIL)
    if among is None:
        raise SystemExit("too few recordings of the registered voices have an impostor")
    raised = among.slope * margin(highest, len(found.kin), among) + float(np.log(KIN_CLIPS / among_clips))
    kin = Tail(among.intercept + raised, among.slope)
    above = np.array(found.retakes) @ weights + bias >= kin.threshold()
    print(f"retakes by synthetic voices: {above.sum()} of {len(above)} above the threshold", flush=True)
    measured = by_chance(tuning, (weights, bias), registry)
    chance = measured or Calibration.load().chance
    origin = (
        f"Fitted on the tune half of the bench's corpus (tests/benchmarks/training/calibrate.py): {len(found.leaks)} "
        f"distorted clips of {len(tuning.registered)} registered prompts against {len(found.impostors)} impostors. "
        f"kin: the highest of each of {len(found.kin)} recordings of three voices among {among_clips} others of the "
        f"same, raised to {KIN_CLIPS} and to what {CAREFUL:.0%} of bootstrap draws stay below. "
        f"chance: {len(found.strange)} recordings of other voices and music against "
        f"{registry} synthetic clips{'' if measured else ', too few proved: the tail is the old one'}."
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
        proof for block in chain(blocks.push(samples), blocks.finish()) for proof in proofs(index, block, CANDIDATES)
    ]


def fit_twice(
    leaks: NDArray[np.float64], impostors: NDArray[np.float64], not_fitted: NDArray[np.float64]
) -> tuple[Traits, float]:
    """Weights and bias fitted to all, then again to those that are not far on their own side."""
    weights, bias = fit(leaks, impostors, not_fitted)
    near = leaks[leaks @ weights + bias < SURE], impostors[impostors @ weights + bias > -SURE_NOT]
    return fit(*near, not_fitted)


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


def margin(logits: NDArray[np.float64], recordings: int, found: Tail) -> float:
    """Logits by which the threshold is raised, since the tail rests on few recordings.

    Drawn again from the same recordings, with repetition, CAREFUL of the thresholds are not higher.
    """
    every, random = np.full(recordings, -np.inf), np.random.default_rng(SEED)
    every[: len(logits)] = logits
    drawn = (tail(one[np.isfinite(one)], recordings, **KIN_TAIL) for one in random.choice(every, (DRAWS, recordings)))
    thresholds = [one.threshold() for one in drawn if one is not None]
    return max(0.0, float(np.quantile(thresholds, CAREFUL)) - found.threshold())


def by_chance(tuning: Tuning, judge: tuple[Traits, float], registry: int) -> Tail | None:
    """The tail of unrelated sound, for one chance: other voices and music against synthetic codes."""
    real = [fingerprint(clip.samples) for clip in tuning.registered]
    index = AudioIndex.build(synthetic_fingerprints(real, registry))
    clips = strange(tuning)
    found = [[traits(proof) for proof in proofs_of(index, clip.samples)] for clip in clips]
    print(f"chance: {sum(map(bool, found))} of {len(found)} recordings have an impostor", flush=True)
    whole = tail(_highest(found, *judge), len(found), least=10, part=30)
    if whole is None:
        return None
    return Tail(whole.intercept - float(np.log(registry * _mean_chances(clips))), whole.slope)


def _highest(found: Iterable[Sequence[Traits]], weights: Traits, bias: float) -> NDArray[np.float64]:
    """The highest logit of each recording of which anything was proved."""
    return np.array([max(float(one @ weights) + bias for one in each) for each in found if each])


def _mean_chances(clips: list[Clip]) -> float:
    return float(np.mean([max(1.0, clip.seconds / CHANCE_S) for clip in clips]))


def _name(index: AudioIndex, proof: Proof) -> str:
    return index.segments[proof.run.segment].id(proof.run.ordinal)
