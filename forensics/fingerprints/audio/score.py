"""How sure a proof is: a score that is 1 at the threshold, and the probability of a false alarm behind it.

What speaks for a clip is weighed by a logistic regression (evidence, length, agreement of the bits, the fine
evidence as a share of the rough, the share of what was compared that fits, tempo left alone and straightness) fitted
to true leaks and to impostors. Two kinds of impostors have tails of their own:

* *kin*: the same words by the same voice, another take. How many there are depends on what is registered, not on how
  much, so their rate counts for a recording;
* *chance*: unrelated sound. Every registered clip and every ten seconds of the recording are another chance.

Weights and tails, and where they come from, ship as `calibration.json`, made by
tests/benchmarks/training/calibrate.py.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from forensics.fingerprints.audio.proof import Proof

THRESHOLD = 1e-3
"""False-alarm probability of one recording from which a clip is no longer accepted, for each kind of impostor."""
CHANGED_TEMPO = 0.006
"""Change of tempo, in nepers, that counts as one: what real leaks seldom have and other takes mostly do."""
STRAIGHT, LEAST_STRAIGHTNESS = 0.96, 0.5
"""Straightness that any edit has, but for slow ones that cut and join; and the least that is told from less."""
CHANCE_S = 10.0
"""Seconds of a recording that are one chance of a false alarm."""
LEAST_FALSE_ALARM = 1e-5
"""What the calibration set can bear out at most: its tails are straight lines through some hundred recordings."""
SCALE = 5.0
"""Logits above the threshold by which a score is e times higher."""
TRAITS = ("evidence", "length", "agreement", "share", "cover", "tempo", "straightness")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`score` is 1 at the threshold; `likeness` is the share of the bits, by weight, that agree.

    `false_alarm` is at least LEAST_FALSE_ALARM, and means "at most" there.
    """

    score: float
    false_alarm: float
    likeness: float


@dataclass(frozen=True, slots=True)
class Tail:
    """How the rate of impostors falls with the logit: `log(rate) = intercept - slope * logit`."""

    intercept: float
    slope: float

    def log_rate(self, logit: float, chances: float = 1.0) -> float:
        """Natural logarithm of how many of that logit to expect."""
        return math.log(chances) + self.intercept - self.slope * logit

    def threshold(self, chances: float = 1.0) -> float:
        """The logit at which THRESHOLD of them are expected."""
        return (math.log(chances) + self.intercept - math.log(THRESHOLD)) / self.slope


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the TRAITS and the tails of the impostors."""

    weights: NDArray[np.float64]
    bias: float
    kin: Tail
    chance: Tail

    @staticmethod
    @cache
    def load() -> Calibration:
        """The shipped calibration; read once a process."""
        data = json.loads(resources.files(__package__).joinpath("calibration.json").read_bytes())
        weights = np.array([data["weights"][name] for name in TRAITS])
        return Calibration(weights, data["bias"], Tail(**data["kin"]), Tail(**data["chance"]))


def traits(proof: Proof) -> NDArray[np.float64]:
    """What speaks for a proof, in the order of TRAITS."""
    run = slice(proof.first, proof.last)
    weight = float(proof.weights[run].sum())
    return np.array(
        [
            math.log(max(proof.total, 1.0)),
            math.log(proof.last - proof.first),
            float(proof.agreements[run].sum()) / max(weight, 1e-6),
            math.log(min(1.0, max(proof.total / max(proof.run.total, 40.0), 0.05))),
            weight / max(float(proof.weights.sum()), 1e-6),
            float(abs(math.log(proof.tempo)) < CHANGED_TEMPO),
            math.log(max(min(proof.straightness / STRAIGHT, 1.0), LEAST_STRAIGHTNESS)),
        ]
    )


def judge(proof: Proof, *, seconds: float, clips: int) -> Verdict:
    """Score a proof in a recording of that length, against a register of that many clips."""
    calibration = Calibration.load()
    values = traits(proof)
    logit = float(values @ calibration.weights) + calibration.bias
    chances = max(1.0, seconds / CHANCE_S) * max(1, clips)
    threshold = max(calibration.kin.threshold(), calibration.chance.threshold(chances))
    rate = sum(
        math.exp(min(log_rate, 50.0))
        for log_rate in (calibration.kin.log_rate(logit), calibration.chance.log_rate(logit, chances))
    )
    return Verdict(
        score=math.exp(max(-SCALE, min((logit - threshold) / SCALE, SCALE))),
        false_alarm=max(LEAST_FALSE_ALARM, -math.expm1(-rate)),
        likeness=float(values[TRAITS.index("agreement")]),
    )
