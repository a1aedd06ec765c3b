"""A part of a recording."""

from __future__ import annotations

import random

from forensics.rulebook.making.sound import as_wave, heard
from forensics.rulebook.mutations.base import Mutation, Sample

_LEAST_S = 0.2


class Crop(Mutation):
    """Half of a recording."""

    name = "crop"
    family = "sound"
    reaches_inside = True
    cost = 3
    variants = ("first", "last", "middle")

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        sound = heard(sample)
        if sound is None or sound.seconds < _LEAST_S:
            return None
        count = len(sound.samples)
        start = {"first": 0, "last": count // 2, "middle": count // 4}[argument]
        return as_wave(sample, sound.samples[start : start + count // 2].astype(float), sound.rate)
