"""Another container for the same coded sound."""

from __future__ import annotations

import random

from forensics.rulebook.making.sound import moved
from forensics.rulebook.mutations.base import Mutation, Sample


class Remux(Mutation):
    """A recording in another container, its sound coded as it was."""

    name = "remux"
    family = "sound"
    reaches_inside = True
    variants = ("mka", "mov")

    def apply(self, sample: Sample, argument: str, chance: random.Random) -> Sample | None:
        """See `Mutation.apply`."""
        data = moved(sample, {"mka": "matroska", "mov": "mov"}[argument])
        return sample.changed(data, f"{sample.stem}.{argument}") if data else None
