"""The rough encoder: the same sound again, whatever was done to it.

Every code is told from all other codes of the batch, by all bits and, with a third of the weight, by those alone that
are looked up in the index: the lowest 20.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from tests.benchmarks.training.batches import CLEAN_FRAMES, Batch, Logs, coloured, cut, moments
from tests.benchmarks.training.learning import BALANCE, Plan, balance, contrast, hear, learn
from tests.benchmarks.training.networks import Encoder, signs
from tests.benchmarks.training.pairs import Pair

PLAN = Plan(steps=1750, rate=3e-3)
STRETCHES = 128
KEY_BITS = 20
KEY_WEIGHT = 0.35
KEY_GAIN = 1.5
"""A key has fewer bits to be sure with."""


def train(pairs: list[Pair], plan: Plan, path: Path) -> None:
    """Train from nothing; the state is at `path`."""
    torch.manual_seed(plan.seed)
    random = np.random.default_rng(plan.seed)
    learn(Encoder("rough"), lambda encoder: step(encoder, batch(random, pairs)), plan, path)


def batch(random: Generator, pairs: list[Pair], stretches: int = STRETCHES) -> Batch:
    """Stretches from anywhere in any pair."""
    made = Batch(stretches)
    for row, number in enumerate(random.integers(0, len(pairs), stretches).tolist()):
        pair = pairs[number]
        length = min(CLEAN_FRAMES, len(pair.clean))
        piece = cut(random, pair, int(random.integers(0, len(pair.clean) - length + 1)))
        made.take(random, row, piece, _harmed(random, piece.changed), moments(random, length))
    return made


def step(encoder: Encoder, made: Batch) -> tuple[Tensor, Mapping[str, float]]:
    """The loss of one batch, and what to print of it."""
    heard = hear(encoder, made, apart=3)
    codes, gain = signs(heard.clean), encoder.scale.exp()
    soft = heard.changed * gain
    loss, right = contrast(soft @ codes.T, heard, share=0.7)
    keys = (soft[:, :KEY_BITS] * KEY_GAIN) @ codes[:, :KEY_BITS].T
    key_loss, key_right = contrast(keys, heard, share=0.7)
    errors = (torch.sign(heard.clean) != torch.sign(heard.changed)).float().mean(0)
    total = loss + KEY_WEIGHT * key_loss + BALANCE * balance(heard)
    return total, {
        "loss": loss.item(),
        "right": right.item(),
        "key loss": key_loss.item(),
        "key right": key_right.item(),
        "key bit errors": errors[:KEY_BITS].mean().item(),
        "bit errors": errors[KEY_BITS:].mean().item(),
    }


def _harmed(random: Generator, logs: Logs) -> Logs:
    """Half of the stretches in another colour, half of those under steady noise."""
    if not len(logs) or random.random() >= 0.5:
        return logs
    sound = coloured(random, logs)
    if random.random() < 0.5:
        sound = np.logaddexp(sound, sound.mean() - random.uniform(1, 5)).astype(np.float32)
    return sound
