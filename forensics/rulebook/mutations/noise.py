"""Noise."""

from __future__ import annotations

import random

import numpy as np

from forensics.rulebook.making.sound import as_wave, heard
from forensics.rulebook.mutations.base import Mutation, Sample


class Noise(Mutation):
    """A recording with white noise so many decibels below it."""

    name = "noise"
    family = "sound"
    reaches_inside = True
    cost = 3
    variants = ("20", "10")

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        sound = heard(sample)
        if sound is None:
            return None
        level = float(np.sqrt(np.mean(sound.samples.astype(float) ** 2))) * 10 ** (-float(argument) / 20)
        noise = np.random.default_rng(chance.randrange(1 << 32)).normal(0.0, max(level, 1.0), len(sound.samples))
        return as_wave(sample, sound.samples + noise, sound.rate)
