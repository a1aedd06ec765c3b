"""Louder or softer."""

from __future__ import annotations

import random

from forensics.rulebook.making.sound import as_wave, heard
from forensics.rulebook.mutations.base import Mutation, Sample


class Gain(Mutation):
    """A recording so many decibels louder; what is too loud is clipped."""

    name = "gain"
    family = "sound"
    reaches_inside = True
    cost = 3
    variants = ("-12", "6")

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        sound = heard(sample)
        return as_wave(sample, sound.samples * 10 ** (float(argument) / 20), sound.rate) if sound else None
